import Findings
import MilterProtocol
import TraceModel

/// Says what would be remarked on a packet that is to leave in the place of another.
struct PacketJudge {
  /// What the connection has agreed on.
  let flags: ProtocolFlags
  let mta: KnownMTA?
  let stage: Stage?
  /// What the milter was offered, where the packet may be an answer to that.
  let offered: OptNeg?

  typealias Remark = (rule: FindingRule, text: Sentence)

  init(_ detail: PacketDetail) {
    flags = detail.facts.negotiation.mtaFlags
    mta = detail.mta
    stage = detail.stage
    offered = detail.facts.negotiation.shown ?? detail.facts.negotiation.offered
  }

  func remarks(on packet: Packet) -> [Remark] {
    let remarks = packet.remarks(flags: flags, mta: mta, stage: stage, offered: offered)
    let announced = packet.bytes.prefix(Limits.lengthBytes).reduce(0) { $0 << 8 | Int($1) }
    let following = packet.bytes.count - Limits.lengthBytes
    if announced == following { return remarks }
    // No packet that arrives is like this: what cuts the stream goes by the length.
    let text: Sentence =
      "the length says \(announced), \(following) bytes follow: the receiver loses its place"
    return [(.lengthAbsurd, text)] + remarks
  }
}
