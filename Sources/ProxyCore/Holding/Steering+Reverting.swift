import MilterProtocol
import TraceModel

/// Changes of a held packet taken back, one or all.
extension Steering {
  mutating func revert(
    _ reverted: Instruction.Reverted, _ leg: Leg, _ index: Int, _ cause: Cause, _ turn: inout Turn
  ) {
    let number = queues[leg].entries[index].number
    var again: [PendingModifications.PendingChange] = []
    var isDone = false
    while reverted == .all || !isDone {
      guard let change = queues[leg].entries[index].changes.popLast() else { break }
      isDone = takeBack(change, leg, index, &again) || isDone
    }
    let refusal = isDone ? nil : Refusal("nothing was changed in packet \(packet: number)")
    record(
      .instructed(
        Instructed(.revert(reverted), cause: cause, packet: number, refusal: refusal?.sentence)), &turn)
    // With all of its own taken back, only what was asked for with other packets counts again.
    for change in again where reverted == .last || change.packet != number {
      record(
        .instructed(Instructed(change.written, cause: change.cause, packet: change.packet)), &turn)
    }
  }

  /// Returns whether there was something left to take back: a modification may have come to nothing meanwhile.
  private mutating func takeBack(
    _ change: LegQueue.Before, _ leg: Leg, _ index: Int, _ again: inout [PendingModifications.PendingChange]
  ) -> Bool {
    switch change {
    case .packet(let packet, let fate, let cause, let skipsBody, let faults):
      queues[leg].entries[index].restore(packet, fate, cause, skipsBody: skipsBody, faults)
    case .macros(let number, let packet, let cause):
      guard let macros = queues[leg].index(of: number) else { return false }
      queues[leg].entries[macros].restore(packet, .forward, cause, skipsBody: false, [])
    case .noModification:
      guard let restored = modifications.takeBack(for: queues[leg].entries[index].number) else {
        return false
      }
      again += restored
    }
    return true
  }
}
