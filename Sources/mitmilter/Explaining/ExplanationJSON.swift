import LogLines
import TraceFormat

/// A line of JSON for each line of a log; `docs/explain.md` explains the members.
enum ExplanationJSON {
  static func append(
    _ explanation: Explanation, line: String, _ place: TracePlaces.Place?, to bytes: inout [UInt8]
  ) {
    bytes.append(key: "{\"line\":", line)
    bytes.append(key: ",\"about\":", "milter")
    bytes.append(key: ",\"speaker\":", explanation.text.speaker.rawValue)
    bytes.append(key: ",\"text\":", explanation.text.format)
    bytes.append(key: ",\"means\":", explanation.meaning)
    bytes.append(key: ",\"said\":", explanation.said)
    bytes.append(key: ",\"decided\":", explanation.decided)
    bytes.append(key: ",\"follows\":", explanation.follows)
    bytes.append(key: ",\"versions\":", explanation.version)
    append(explanation.causes, as: "likely", to: &bytes)
    bytes.append(key: ",\"check\":", explanation.check)
    bytes.append(key: ",\"write\":", explanation.write)
    append(explanation.rules.map(\.id), as: "findings", to: &bytes)
    append(explanation.facts, to: &bytes)
    if let place {
      bytes.append(ascii: ",\"packet\":{")
      bytes.append(key: "\"n\":", place.number)
      bytes.append(key: ",\"conn\":", place.connection)
      bytes.append(key: ",\"time\":", place.time)
      bytes.append(ascii: "}")
    }
    bytes.append(ascii: "}\n")
  }

  static func append(_ one: Unrelated, to bytes: inout [UInt8]) {
    bytes.append(key: "{\"line\":", one.line)
    bytes.append(key: ",\"about\":", one.neighbour?.rawValue ?? "other")
    bytes.append(key: ",\"means\":", ExplanationText.words(one))
    bytes.append(ascii: "}\n")
  }

  private static func append(_ facts: Explanation.Facts, to bytes: inout [UInt8]) {
    bytes.append(key: ",\"milter\":", facts.milter)
    bytes.append(key: ",\"stage\":", facts.stage)
    bytes.append(key: ",\"queue\":", facts.queue)
    bytes.append(key: ",\"client\":", facts.client)
    bytes.append(key: ",\"reply\":", facts.reply)
  }

  private static func append(_ words: [String], as name: StaticString, to bytes: inout [UInt8]) {
    guard !words.isEmpty else { return }
    bytes.append(ascii: ",\"")
    bytes.append(ascii: name)
    bytes.append(ascii: "\":[")
    for (place, word) in words.enumerated() { bytes.append(key: place == 0 ? "" : ",", word) }
    bytes.append(ascii: "]")
  }
}
