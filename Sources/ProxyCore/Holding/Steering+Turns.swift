import MilterProtocol
import TraceModel

/// What comes to its turn, and how it leaves.
extension Steering {
  /// Lets everything leave that may, in both directions, until nothing moves.
  mutating func run(at now: Moment, _ controls: inout Controls, into effects: inout Effects) {
    while turn(.mta, at: now, &controls, into: &effects)
      || turn(.milter, at: now, &controls, into: &effects)
      || settleForLostMilter(at: now, into: &effects)
    {
    }
    throttle(into: &effects)
  }

  /// What may pile up here while something is held; then its sender waits.
  private static let costLimit = 16 << 20

  /// Stops a sender whose packets pile up, and lets it go on at a quarter of the limit.
  mutating func throttle(into effects: inout Effects) {
    for leg in Leg.allCases {
      if queues[leg].cost > Self.costLimit, !stopped.contains(leg) {
        stopped.insert(leg)
        effects.acts.append(.stopReading(leg))
      } else if queues[leg].cost < Self.costLimit / 4, stopped.contains(leg) {
        stopped.remove(leg)
        effects.acts.append(.resumeReading(leg))
      }
    }
  }

  private mutating func turn(
    _ leg: Leg, at now: Moment, _ controls: inout Controls, into effects: inout Effects
  ) -> Bool {
    guard let index = queues[leg].turn else { return false }
    // Macros in front of it come first to their orders, never alone to their leaving.
    for i in queues[leg].entries.startIndex...index {
      while !queues[leg].entries[i].orders.isEmpty {
        let order = queues[leg].entries[i].orders.removeFirst()
        carryOut(order.instruction, on: leg, i, order.cause, at: now, &controls, into: &effects)
      }
    }
    let entry = queues[leg].entries[index]
    if isStepping, entry.hold == nil, !entry.wasReleased, !entry.isPassing {
      isStepping = false
      hold(leg, index, .operator, at: now, controls, into: &effects)
    }
    for i in queues[leg].entries.startIndex...index {
      if let notBefore = queues[leg].entries[i].notBefore, notBefore <= now {
        queues[leg].entries[i].notBefore = nil
      }
    }
    guard queues[leg].kept == nil, !waitsForAnother(leg, index) else { return false }
    leave(leg, index, at: now, controls, into: &effects)
    return true
  }

  /// A command that we answer must not overtake one that the milter still has to answer.
  private func waitsForAnother(_ leg: Leg, _ index: Int) -> Bool {
    let entry = queues[leg].entries[index]
    guard leg == .mta, let first = conversation.owed.first, first.number != entry.number,
      conversation.owes(entry.number)
    else { return false }
    guard case .forward = entry.fate, case .forward = route(entry.original),
      case .command(let kind) = entry.original.kind, let stage = kind.stage
    else { return true }
    return !milterAnswers(at: stage)
  }

  private mutating func leave(
    _ leg: Leg, _ index: Int, at now: Moment, _ controls: Controls, into effects: inout Effects
  ) {
    var macros: [LegQueue.Entry] = []
    for _ in queues[leg].entries.startIndex..<index { macros.append(queues[leg].removeFirst()) }
    let entry = queues[leg].removeFirst()
    if let bytes = entry.passing {
      for macro in macros { pass(macro, at: now, into: &effects) }
      effects.acts.append(.sendBytes(bytes, to: leg.other))
      return
    }
    switch leg {
    case .mta: leaveForMilter(entry, macros, at: now, controls, into: &effects)
    case .milter: leaveForMTA(entry, at: now, controls, into: &effects)
    }
  }

  // MARK: - Leaving

  mutating func send(
    _ entry: LegQueue.Entry, to leg: Leg, at now: Moment, into effects: inout Effects
  ) {
    let sent = Sent(
      leg: leg, original: entry.number, number: nil, packet: entry.isEdited ? entry.current : nil,
      cause: entry.cause ?? .policy("in its turn"))
    record(.sent(sent), at: now, into: &effects)
    watch(entry.current, entry.number, on: leg, known: entry.findings, at: now, into: &effects)
    effects.acts.append(.send(entry.current, to: leg))
  }

  mutating func sendOurs(
    _ packet: Packet, to leg: Leg, _ cause: Cause, wanted: FindingRule? = nil, at now: Moment,
    into effects: inout Effects
  ) {
    let number = effects.takePacketNumber()
    let sent = Sent(leg: leg, original: nil, number: number, packet: packet, cause: cause)
    record(.sent(sent), at: now, into: &effects)
    watch(packet, number, on: leg, wanted: wanted, at: now, into: &effects)
    effects.acts.append(.send(packet, to: leg))
  }

  mutating func drop(
    _ entry: LegQueue.Entry, _ cause: Cause, at now: Moment, into effects: inout Effects
  ) {
    record(
      .released(Released(number: entry.number, outcome: .dropped, cause: cause)), at: now, into: &effects)
  }
}
