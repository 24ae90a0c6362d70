import MilterProtocol
import TraceModel

/// Modifications that wait for the end of the message (``PendingModifications``).
extension Steering {
  mutating func keep(
    _ change: Change, _ asked: Asked, _ number: Int?, _ cause: Cause, _ turn: inout Turn
  ) -> Refusal? {
    do throws(Refusal) {
      let lost = try modifications.keep(
        change, written: asked.written, for: number, cause, facts, isOurRole: isMilter)
      refuse(lost, &turn)
      return nil
    } catch {
      return error
    }
  }

  /// They leave now.
  mutating func sendModifications(_ turn: inout Turn) {
    let (lost, leaving) = modifications.leave(facts)
    refuse(lost, &turn)
    for modification in leaving { sendOurs(modification.packet, to: .mta, modification.cause, &turn) }
  }

  /// No end of message comes for them.
  mutating func giveUpModifications(_ why: Sentence, _ turn: inout Turn) {
    if !modifications.isEmpty { refuse(modifications.giveUp(why), &turn) }
  }

  mutating func refuse(_ lost: [PendingModifications.Lost], _ turn: inout Turn) {
    for lost in lost {
      let instructed = Instructed(
        lost.change.written, cause: lost.change.cause,
        packet: lost.change.packet, refusal: lost.why)
      record(.instructed(instructed), &turn)
    }
  }
}
