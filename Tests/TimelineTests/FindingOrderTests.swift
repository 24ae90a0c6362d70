import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct FindingOrderTests {
  /// The ids in the order of the list, what follows from another in brackets.
  private func order(_ findings: [Finding]) -> [String] {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail())
    for finding in findings { play.append(.found(finding)) }
    var index = TimelineIndex()
    for record in play.records { index.append(record) }
    var order = FindingOrder()
    // Bit by bit, as live.
    for count in 0...index.findings.count { order.follow(index.findings, upTo: count) }
    return order.lines.map { line in
      let id = index.findings[line.finding].rule.id
      return line.isConsequence ? "(\(id))" : id
    }
  }

  private let left = Finding.Cause(.noVerdict, packet: nil)

  @Test func whatWeighsMostIsFirstAndWhatFollowsUnderItsCause() {
    #expect(
      order([
        Finding(.probe, packet: nil, "a note"), Finding(.noVerdict, packet: nil, "an error"),
        Finding(.slowReply, packet: nil, "a warning"),
        Finding(.milterLeft, packet: nil, "because", cause: left),
        Finding(.replyUnheard, packet: nil, "because", cause: left),
      ]) == ["R03", "(W05)", "(R18)", "W01", "W07"])
  }

  @Test func withoutItsCauseAFindingStandsByItself() {
    #expect(order([Finding(.milterLeft, packet: nil, "because", cause: left)]) == ["W05"])
  }

  @Test func fewerFindingsThanBeforeAreListedAnew() {
    let entry = { (place: Int) in
      FindingEntry(record: place, row: nil, connection: 0, rule: .probe, time: .zero, cause: nil)
    }
    var order = FindingOrder()
    order.follow([entry(0), entry(1), entry(2)], upTo: 3)
    order.follow([entry(0), entry(1), entry(2)], upTo: 1)
    #expect(order.lines.map(\.finding) == [0])
  }
}
