import MilterProtocol
import TraceModel

/// A finding as an object of JSON, with its words.
struct FindingJSON {
  let clock: WallClock

  init(startedAt: Int64) { clock = WallClock(startedAt: startedAt) }

  /// What stands between the braces.
  ///
  /// - Parameter message: nil where it is not known.
  func appendMembers(
    _ finding: Finding, of connection: Int, message: Int?, at time: Moment, to bytes: inout [UInt8]
  ) {
    bytes.append(key: "\"id\":", finding.rule.id)
    bytes.append(key: ",\"severity\":", finding.severity.name)
    bytes.append(key: ",\"title\":", finding.rule.title)
    bytes.append(key: ",\"text\":", finding.text)
    bytes.append(key: ",\"consequence\":", finding.consequence)
    if !finding.cure.isEmpty { bytes.append(key: ",\"cure\":", finding.cure) }
    Self.append(finding.logs, to: &bytes)
    if let cause = finding.cause {
      bytes.append(key: ",\"cause\":{\"id\":", cause.rule.id)
      bytes.append(key: ",\"n\":", cause.packet)
      bytes.append(ascii: "}")
    }
    bytes.append(key: ",\"conn\":", connection)
    bytes.append(key: ",\"msg\":", message)
    bytes.append(key: ",\"n\":", finding.packet)
    bytes.append(key: ",\"time\":", clock.rfc3339(time.microseconds))
  }

  /// The lines that logs have, where there are any: `,"log":[{"by":"postfix","line":"…"}]`.
  static func append(_ logs: [ExpectedLog], to bytes: inout [UInt8]) {
    let lines = logs.flatMap { log in log.lines.map { (log, $0) } }
    guard !lines.isEmpty else { return }
    bytes.append(ascii: ",\"log\":")
    bytes.append(list: lines) { bytes, told in
      let (log, line) = told
      bytes.append(key: "{\"by\":", log.speaker.rawValue)
      if log.isAssumed { bytes.append(ascii: ",\"assumed\":true") }
      if !line.program.isEmpty { bytes.append(key: ",\"program\":", line.program) }
      bytes.append(key: ",\"line\":", line.text)
      bytes.append(key: ",\"when\":", line.condition)
      bytes.append(ascii: "}")
    }
  }
}
