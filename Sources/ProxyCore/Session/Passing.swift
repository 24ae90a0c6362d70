import Dialogue
import Findings
import MilterProtocol
import TraceModel

/// Follows one connection that nobody may act on: every packet leaves as it came, and what is odd is remarked on.
struct Passing: Sendable {
  private(set) var dialogue: Dialogue
  private var remarks = Remarks()

  init(patience: Patience) { dialogue = Dialogue(patience: patience) }

  var milterOwes: Bool { dialogue.pending.asked != nil }

  mutating func received(_ packet: Packet, of connection: Int, _ turn: inout Turn) {
    follow(packet, of: connection, &turn)
    turn.act(.forward(to: packet.sender.other))
  }

  /// Numbers and records a packet that is on its way to the other peer.
  @discardableResult
  mutating func follow(_ packet: Packet, of connection: Int, _ turn: inout Turn) -> Placement {
    let number = turn.effects.takePacketNumber()
    let dissection = Dissection(packet)
    var findings: [Finding] = []
    remarks.remark(
      on: packet, dissection, number: number, .through, before: dialogue, turn.now, into: &findings)
    let place = dialogue.travelled(packet, dissection.shape, number: number, .through, at: turn.now)
    turn.record(.received(Received(number: number, packet: packet, forwarded: true)), of: connection)
    for finding in findings { turn.record(.found(finding), of: connection) }
    return place
  }

  /// A peer said its last.
  mutating func noteEnd(
    of leg: Leg, _ how: Closed.Ending, unfinished: Int, of connection: Int, _ turn: inout Turn
  ) {
    var findings: [Finding] = []
    remarks.remark(onEndOf: leg, unfinished: unfinished, before: dialogue, at: turn.now, into: &findings)
    dialogue.closed(leg)
    turn.record(.closed(Closed(leg: leg, how: how)), of: connection)
    for finding in findings { turn.record(.found(finding), of: connection) }
  }
}
