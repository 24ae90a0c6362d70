import Dialogue
import Findings
import MilterProtocol

/// A dialogue with its remarks, as whoever only watches has them.
package struct Follower {
  package private(set) var dialogue = Dialogue()
  private var remarks = Remarks()

  package init() {}

  /// A packet passed from one peer to the other.
  @discardableResult
  package mutating func received(
    _ packet: Packet, number: Int, at now: Moment, findings: inout [Finding]
  ) -> Placement {
    let dissection = Dissection(packet)
    remarks.remark(
      on: packet, dissection, number: number, .through, before: dialogue, now, into: &findings)
    return dialogue.travelled(packet, dissection.shape, number: number, .through, at: now)
  }

  package mutating func closed(
    _ leg: Leg, unfinished: Int = 0, at now: Moment, findings: inout [Finding]
  ) {
    remarks.remark(onEndOf: leg, unfinished: unfinished, before: dialogue, at: now, into: &findings)
    dialogue.closed(leg)
  }
}
