import MilterProtocol
import TraceModel

/// What comes to its turn, and how it leaves.
extension Steering {
  /// Lets everything leave that may, in both directions, until nothing moves.
  mutating func run(_ turn: inout Turn) {
    while goesOn(.mta, &turn) || goesOn(.milter, &turn) || settleForLostMilter(&turn) {}
    queues.throttle(&turn)
  }

  private mutating func goesOn(_ leg: Leg, _ turn: inout Turn) -> Bool {
    guard let index = queues[leg].turn else { return false }
    // Macros in front of it come first to their orders, never alone to their leaving.
    for i in queues[leg].entries.startIndex...index { carryOutOrders(leg, i, &turn) }
    if queues.stepStops(leg, index) { hold(leg, index, .operator, &turn) }
    if reorders(leg, index) { return true }
    queues.passDelays(leg, upTo: index, at: turn.now)
    guard queues[leg].kept == nil, !waitsForAnother(leg, index) else { return false }
    if isProvoked(leg, index, &turn) { return true }
    leave(leg, index, &turn)
    return true
  }

  /// What rules want, up to a question: what comes behind that waits for its answer.
  mutating func carryOutOrders(_ leg: Leg, _ index: Int, _ turn: inout Turn) {
    while !queues[leg].entries[index].orders.isEmpty, queues[leg].entries[index].hold?.question == nil {
      let order = queues[leg].entries[index].orders.removeFirst()
      if order.isOfBreakpoint, isMilter, queues[leg].entries[index].fate.isDecided { continue }
      carryOut(order.asked, on: leg, index, order.cause, &turn)
    }
  }

  /// A command that we answer must not overtake one that the milter still has to answer.
  private func waitsForAnother(_ leg: Leg, _ index: Int) -> Bool {
    let entry = queues[leg].entries[index]
    guard leg == .mta, let first = pending.owed, first.number != entry.number, pending.owes(entry.number),
      first.number > faulty.answered
    else { return false }
    guard case .forward = entry.fate, case .forward = route(entry.original),
      case .command(let kind) = entry.original.kind, let stage = kind.stage
    else { return true }
    return !dialogue.negotiation.milterAnswers(at: stage)
  }

  private mutating func leave(_ leg: Leg, _ index: Int, _ turn: inout Turn) {
    var macros: [LegQueue.Entry] = []
    for _ in queues[leg].entries.startIndex..<index { macros.append(queues[leg].removeFirst()) }
    let entry = queues[leg].removeFirst()
    if let bytes = entry.passing {
      for macro in macros { pass(macro, &turn) }
      if mutes(leg.other, nil, &turn) { return }
      return turn.act(.sendBytes(faulty.takeJoined(leg.other) + bytes, to: leg.other))
    }
    switch leg {
    case .mta: leaveForMilter(entry, macros, &turn)
    case .milter: leaveForMTA(entry, &turn)
    }
  }
}
