import Dialogue
import MilterProtocol
import TraceModel

/// An expression about findings, for those that are about no packet (a close, a peer that does not speak milter).
package struct FindingPredicate: Sendable {
  private let matcher: Matcher

  /// nil where the expression does not ask about findings.
  package init?(_ expression: Expression) {
    guard expression.fields.contains(where: { $0.term.source == .finding }) else { return nil }
    matcher = Matcher(expression)
  }

  /// Asks about the finding alone, as about an empty packet of its connection that has it; no to any other record.
  package func matches(_ record: Record, startedAt: Int64, utcOffset: Int) -> Bool {
    guard case .found(let finding) = record.event, finding.packet == nil else { return false }
    let nothing = Packet(frame: [0, 0, 0, 0], from: .mta)
    return matcher.matches(
      FactsContext(
        nothing, number: 0, at: record.time, connection: record.connection,
        placement: Placement(), facts: SessionFacts(), findings: [finding], startedAt: startedAt,
        utcOffset: utcOffset))
  }
}
