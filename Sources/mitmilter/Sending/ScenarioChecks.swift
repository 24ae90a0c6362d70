import CommandLanguage
import MilterProtocol
import ProxyRuntime
import TraceFormat
import TraceModel

/// What came of the expectations of a scenario on one connection.
struct ScenarioChecks {
  struct Answer {
    let check: ScenarioConnections.Check
    let holds: Bool
    /// What the milter said there.
    let came: String
  }

  let name: String

  /// - Parameters:
  ///   - notes: before each act, in order.
  ///   - records: of the connection.
  func answers(
    to checks: [ScenarioConnections.Check], notes: [Sentence], _ session: SentSession, _ records: [Record]
  ) -> [Answer] {
    var starts: [Int] = []
    for (place, record) in records.enumerated() where starts.count < notes.count {
      if case .noted(let text, nil) = record.event, text == notes[starts.count] { starts.append(place) }
    }
    return checks.map { check in
      guard check.note < starts.count else {
        return Answer(check: check, holds: false, came: "it was not said: the session was over")
      }
      let range =
        starts[check.note]..<(check.note + 1 < starts.count ? starts[check.note + 1] : records.count)
      let selection = PacketSelection(check.expression, utcOffset: Clock.localOffset)
      selection.catchUp(with: session.source)
      let holds = selection.rows.contains { range.contains(session.index.glance(at: Int($0)).record) }
      let packets = records[range].compactMap { record -> Packet? in
        if case .received(let received) = record.event { received.packet } else { nil }
      }
      return Answer(check: check, holds: holds, came: Self.words(packets))
    }
  }

  private static func words(_ packets: [Packet]) -> String {
    if packets.isEmpty { return "it was not said: its mail was over, or the milter wants none" }
    let replies = packets.filter { $0.sender == .milter }
    if replies.isEmpty { return "the milter said nothing" }
    return "the milter said " + replies.map { $0.kind.name }.joined(separator: ", ")
  }

  func text(_ answer: Answer) -> String {
    let place = "\(ListingText.inert(name)):\(answer.check.line)"
    return "\(place): not as expected: \(ListingText.inert(answer.check.text)); \(answer.came)\n"
  }

  func append(_ answer: Answer, to bytes: inout [UInt8]) {
    bytes.append(key: "{\"scenario\":", name)
    bytes.append(key: ",\"line\":", answer.check.line)
    bytes.append(key: ",\"expect\":", answer.check.text)
    bytes.append(ascii: answer.holds ? ",\"expected\":true" : ",\"expected\":false")
    bytes.append(key: ",\"came\":", answer.came)
    bytes.append(ascii: "}\n")
  }
}
