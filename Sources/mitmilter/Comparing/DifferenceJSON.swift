import Comparison
import TraceFormat

/// A line of JSON for each difference, and one for what it comes to; `docs/diff.md` explains the members.
enum DifferenceJSON {
  /// - Parameter pair: nil where it is about the whole traces.
  static func append(_ difference: Difference, _ pair: ComparedPair?, to bytes: inout [UInt8]) {
    bytes.append(key: "{\"kind\":", difference.kind.rawValue)
    bytes.append(key: ",\"stage\":", difference.stage?.name)
    bytes.append(key: ",\"about\":", difference.about)
    if pair?.isByOrder == true { bytes.append(ascii: ",\"byOrder\":true") }
    append(",\"first\":{", difference.first, pair?.first, to: &bytes)
    append(",\"second\":{", difference.second, pair?.second, to: &bytes)
    bytes.append(ascii: "}\n")
  }

  private static func append(
    _ key: StaticString, _ said: Difference.Said?, _ place: ComparedPair.Place?, to bytes: inout [UInt8]
  ) {
    guard said != nil || place != nil else { return }
    bytes.append(ascii: key)
    // What follows the first member has a comma before it.
    bytes.append(ascii: "\"has\":")
    bytes.append(ascii: said == nil ? "false" : "true")
    bytes.append(key: ",\"text\":", said?.text)
    bytes.append(key: ",\"n\":", said?.packet)
    bytes.append(key: ",\"conn\":", place?.connection)
    if let place, place.message > 0 { bytes.append(key: ",\"msg\":", place.message) }
    bytes.append(ascii: "}")
  }

  static func append(_ tally: ComparisonTally, to bytes: inout [UInt8]) {
    bytes.append(ascii: tally.isAlike ? "{\"alike\":true" : "{\"alike\":false")
    bytes.append(key: ",\"mails\":{\"alike\":", tally.alike)
    bytes.append(key: ",\"different\":", tally.different)
    bytes.append(key: ",\"onlyFirst\":", tally.onlyFirst)
    bytes.append(key: ",\"onlySecond\":", tally.onlySecond)
    bytes.append(key: ",\"byOrder\":", tally.byOrder)
    bytes.append(ascii: "},\"differences\":{")
    var isFirst = true
    for kind in Difference.Kind.allCases {
      guard let count = tally.kinds[kind] else { continue }
      if !isFirst { bytes.append(ascii: ",") }
      isFirst = false
      bytes.append(ascii: "\"")
      bytes.append(escaping: kind.rawValue)
      bytes.append(key: "\":", count)
    }
    bytes.append(ascii: "}}\n")
  }
}
