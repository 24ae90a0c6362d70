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
    var effort = SearchEffort.ofFilter
    return matcher.matches(
      FindingContext(
        finding: finding, connection: record.connection, time: record.time, startedAt: startedAt,
        utcOffset: utcOffset), &effort)
  }
}

/// A finding without a packet as expressions see it: no packet, no facts.
private struct FindingContext: PacketContext {
  let finding: Finding
  let connection: Int
  let time: Moment
  let startedAt: Int64
  let utcOffset: Int

  var packet: Packet? { Packet(frame: [0, 0, 0, 0], from: .mta) }
  var kind: PacketKind { .empty }
  var sender: Leg { .mta }
  var stage: Stage? { nil }
  var message: Int { 0 }
  var number: Int { 0 }
  var took: Moment.Span? { nil }
  var flags: PacketFlags { [] }
  var frameBytes: Int { Limits.lengthBytes }
  var severity: Finding.Severity? { finding.severity }
  var findingIDs: [String] { [finding.rule.id] }
  var tap: ArraySlice<UInt8>? { nil }
  var heloName: ArraySlice<UInt8>? { nil }
  var clientHost: ArraySlice<UInt8>? { nil }
  var clientAddress: ArraySlice<UInt8>? { nil }
  var clientPort: UInt16? { nil }
  var clientFamily: UInt8? { nil }
  var content: MailContent? { nil }
  var queueID: ArraySlice<UInt8>? { nil }
  var messageFrom: ArraySlice<UInt8>? { nil }
  var messageArguments: [ArraySlice<UInt8>] { [] }
  var messageRecipients: [ArraySlice<UInt8>] { [] }
  var latestRecipient: ArraySlice<UInt8>? { nil }
  var announcedAddress: ArraySlice<UInt8>? { nil }
  var messageBytes: Int { 0 }
  func macro(_ name: [UInt8]) -> ArraySlice<UInt8>? { nil }
  func messageHeaders(named name: [UInt8]) -> [ArraySlice<UInt8>] { [] }
}
