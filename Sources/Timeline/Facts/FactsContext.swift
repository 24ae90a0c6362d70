import Dialogue
import MilterProtocol
import TraceModel

/// One packet with the facts as they are after it: what expressions are asked about where facts are at hand.
package struct FactsContext: PacketContext {
  package var packet: Packet?
  package var kind: PacketKind
  package var sender: Leg
  package var frameBytes: Int
  package var connection: Int
  package var number: Int
  package var time: Moment
  package var placement: Placement
  package var flags: PacketFlags
  package var findings: [Finding]
  package var startedAt: Int64
  package var utcOffset: Int
  package var content: MailContent?
  package var facts: SessionFacts
  /// The message's queue id where the trace learns it only later.
  package var laterQueueID: Head?

  package init(
    _ packet: Packet, number: Int, at time: Moment, connection: Int, placement: Placement,
    facts: SessionFacts, flags: PacketFlags = [], findings: [Finding] = [], startedAt: Int64 = 0,
    utcOffset: Int = 0
  ) {
    self.packet = packet
    self.kind = packet.kind
    self.sender = packet.sender
    self.frameBytes = packet.bytes.count
    self.connection = connection
    self.number = number
    self.time = time
    self.placement = placement
    self.flags = flags
    self.findings = findings
    self.startedAt = startedAt
    self.utcOffset = utcOffset
    self.facts = facts
  }

  /// For a packet that has left and is not at hand.
  ///
  /// - Parameter kind: what it counts as.
  package init(
    ofGone kind: PacketKind, number: Int, at time: Moment, connection: Int, placement: Placement,
    facts: SessionFacts, startedAt: Int64
  ) {
    let nothing = Packet(frame: [0, 0, 0, 0], from: .mta)
    self.init(
      nothing, number: number, at: time, connection: connection, placement: placement, facts: facts,
      startedAt: startedAt)
    packet = nil
    self.kind = kind
  }

  package var stage: Stage? { placement.stage }
  package var message: Int { placement.message }
  package var took: Moment.Span? { placement.took }
  package var severity: Finding.Severity? { findings.map(\.severity).max() }
  package var findingIDs: [String] { findings.map(\.rule.id) }

  package var tap: ArraySlice<UInt8>? { (facts.opened?.tap).map { Array($0.utf8)[...] } }
  package var heloName: ArraySlice<UInt8>? { facts.helo?.slice }
  package var clientHost: ArraySlice<UInt8>? { facts.client?.hostname.slice }
  package var clientAddress: ArraySlice<UInt8>? { facts.client?.address?.slice }
  package var clientPort: UInt16? { facts.client?.port }
  package var clientFamily: UInt8? { facts.client?.family }
  package func macro(_ name: [UInt8]) -> ArraySlice<UInt8>? { facts.macros.bytes(of: name) }

  package func macro(_ name: [UInt8], announcedFor letter: UInt8) -> ArraySlice<UInt8>? {
    facts.macros.bytes(named: name, announcedFor: letter)
  }
  package var earlierMail: EarlierMail? { facts.message(before: placement)?.asEarlier }

  private var mail: MessageFacts? { facts.message(at: placement) }
  package var queueID: ArraySlice<UInt8>? { (mail?.queueID ?? laterQueueID)?.slice }
  package var messageFrom: ArraySlice<UInt8>? { mail?.envelopeSender?.address.slice }
  package var messageArguments: [ArraySlice<UInt8>] { mail?.sender?.arguments.map(\.slice) ?? [] }
  package var messageRecipients: [ArraySlice<UInt8>] { mail?.accepted.map(\.address.slice) ?? [] }
  package var latestRecipient: ArraySlice<UInt8>? { mail?.recipients.last?.address.slice }
  package var announcedAddress: ArraySlice<UInt8>? { mail?.address(announcedBy: number)?.slice }
  package var messageBytes: Int { mail?.bytes ?? 0 }

  package func messageHeaders(named name: [UInt8]) -> [ArraySlice<UInt8>] {
    mail?.headers(named: name).map(\.value.slice) ?? []
  }
}
