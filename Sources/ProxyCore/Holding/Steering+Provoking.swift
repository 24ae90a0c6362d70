import Conformance
import MilterProtocol
import TraceModel

/// A rule of the findings that is to be provoked on a connection under way (`provoke R02`): from when it is asked for,
/// each of its spots is done at the next packet that fits.
struct Provoking: Sendable {
  let id: String
  /// Who hears it.
  let leg: Leg
  var spots: ArraySlice<LiveProvocation.Spot>
  let cause: Cause
}

/// What is done in the place of a packet.
struct Provoked: Sendable {
  let leg: Leg
  let steps: [LiveProvocation.Step]
  let cause: Cause
}

extension Steering {
  /// - Parameter goal: where what leaves for the packet goes with which it is asked for; nil where it is none that waits.
  mutating func provoke(_ id: String, toward goal: Leg?, _ cause: Cause) -> Refusal? {
    guard let live = Provocation.of(id)?.live, !live.toMTA.isEmpty || !live.toMilter.isEmpty else {
      let why = Provocation.refusal(of: id) ?? "there is no such rule"
      return Refusal("\(others: id) cannot be provoked: \(others: why)")
    }
    let isForMilter = live.toMTA.isEmpty || goal == .milter && !live.toMilter.isEmpty
    if isForMilter, isMilter {
      return Refusal("\(others: id) is what an MTA does, and there is no milter here but us")
    }
    var spots = (isForMilter ? live.toMilter : live.toMTA)[...]
    let negotiation = dialogue.negotiation
    // A milter's answer that waits here is not the MTA's yet.
    let isNegotiated = negotiation.answered != nil && !pending.allOwed.contains { $0.stage == .negotiation }
    if let first = spots.first, first.stage == .negotiation, isNegotiated {
      guard !first.flags.isEmpty, first.flags.isSubset(of: negotiation.mtaFlags), spots.count > 1 else {
        return Refusal(
          "\(others: id) begins with OPTNEG, which this connection has behind it: on optneg do provoke \(others: id)"
        )
      }
      spots.removeFirst()
    }
    faulty.provoke(Provoking(id: live.id, leg: isForMilter ? .milter : .mta, spots: spots, cause: cause))
    return nil
  }

  /// Whether something is to be done in the place of the packet whose turn it is; then that is planned.
  mutating func isProvoked(_ leg: Leg, _ index: Int, _ turn: inout Turn) -> Bool {
    guard faulty.isUnderWay else { return false }
    let entry = queues[leg].entries[index]
    guard !entry.isPassing, case .forward = entry.fate,
      let place = faulty.provoking.firstIndex(where: { rule in
        rule.spots.first.map { fits(entry, leg, $0, for: rule.leg) } ?? false
      }), let (spot, peer, cause) = faulty.takeSpot(of: place)
    else { return false }
    queues[leg].entries[index].cause = cause
    if spot.flags.isEmpty {
      plan(spot.steps[...], for: peer, leg, index, cause, turn)
    } else if isMilter {
      faulty.wantedFlags.formUnion(spot.flags)
    } else {
      want(spot.flags, leg, index)
    }
    return true
  }

  private func fits(_ entry: LegQueue.Entry, _ leg: Leg, _ spot: LiveProvocation.Spot, for peer: Leg) -> Bool
  {
    switch (entry.original.kind, peer) {
    case (.command(let kind), _):
      guard let stage = kind.stage, spot.stage == stage || spot.stage == nil && stage != .negotiation else {
        return false
      }
      if peer == .milter {
        guard case .forward = route(entry.original) else { return false }
        return spot.header.map { isHeader(entry.original, named: $0) } ?? true
      }
      // Behind us, the milter's reply is the spot, unless the MTA expects none.
      return isMilter || stage != .negotiation && !dialogue.negotiation.mtaWaits(at: stage)
    case (.reply(let kind), .mta):
      guard kind.settles, let asked = pending.command(answeredBy: entry.number), asked.isOwed else {
        return false
      }
      return asked.stage == spot.stage
    case (.reply, .milter), (.unknown, _), (.empty, _): return false
    }
  }

  private func isHeader(_ packet: Packet, named name: [UInt8]) -> Bool {
    guard case .command(.header(let header)) = PacketValue(decoding: packet) else { return false }
    return String(decoding: header.name, as: UTF8.self).lowercased()
      == String(decoding: name, as: UTF8.self).lowercased()
  }

  /// The answer to OPTNEG has these as well, as far as they were offered.
  private mutating func want(_ flags: ProtocolFlags, _ leg: Leg, _ index: Int) {
    guard case .reply(.optNeg(var answer)) = PacketValue(decoding: queues[leg].entries[index].current) else {
      return
    }
    answer.protocolFlags.formUnion(flags.intersection(dialogue.negotiation.offered?.protocolFlags ?? []))
    queues[leg].entries[index].current = Packet(encoding: Reply.optNeg(answer))
  }

  private mutating func plan(
    _ steps: ArraySlice<LiveProvocation.Step>, for peer: Leg, _ leg: Leg, _ index: Int, _ cause: Cause,
    _ turn: borrowing Turn
  ) {
    var steps = steps
    if case .pause(let span)? = steps.first {
      steps.removeFirst()
      queues[leg].entries[index].notBefore = turn.now + span
      faulty.isPausing = true
    }
    // A packet of the same kind is what the one that fits becomes, so that whoever waits for it is served.
    let original = queues[leg].entries[index].original
    if !steps.contains(.itself), peer == leg.other,
      let place = steps.firstIndex(where: { $0.isPacket(like: original) }),
      case .packet(let packet) = steps[place]
    {
      queues[leg].entries[index].current = packet
      steps[place] = .itself
    }
    if steps.isEmpty {
      queues[leg].entries[index].fate = .drop
    } else if Array(steps) != [.itself] || faulty.isPausing {
      queues[leg].entries[index].fate = .provoked(Provoked(leg: peer, steps: Array(steps), cause: cause))
    }
  }

  // MARK: - Leaving

  /// In the place of a command.
  mutating func leave(
    _ provoked: Provoked, insteadOf entry: LegQueue.Entry, _ kind: CommandKind?, _ macros: [LegQueue.Entry],
    _ turn: inout Turn
  ) {
    faulty.isPausing = false
    if isMilter {
      keepBack(macros, entry, .answered, provoked.cause, &turn)
      prepare(provoked, for: entry.number, &turn)
      faulty.hasAnswer(entry.number)
      for step in provoked.steps { perform(step, provoked, entry.number, &turn) }
      return
    }
    for macro in macros { pass(macro, &turn) }
    let isKept = provoked.leg == .milter && !provoked.steps.contains(.itself)
    if isKept { drop(entry, provoked.cause, &turn) }
    if provoked.leg == .mta, let kind { forward(entry, kind, &turn) }
    for step in provoked.steps {
      if step == .itself, let kind {
        forward(entry, kind, &turn)
      } else {
        perform(step, provoked, entry.number, &turn)
      }
    }
  }

  /// In the place of the milter's reply.
  mutating func leave(
    _ provoked: Provoked, insteadOf entry: LegQueue.Entry, _ said: ReplyKind, _ turn: inout Turn
  ) {
    faulty.isPausing = false
    var entry = entry
    entry.fate = .forward
    let asked = pending.command(answeredBy: entry.number)
    let isKept = !provoked.steps.contains(.itself)
    if isKept {
      drop(entry, provoked.cause, &turn)
      if let asked { prepare(provoked, for: asked.number, &turn) }
    }
    for step in provoked.steps {
      if step == .itself {
        settleByMilter(entry, said, &turn)
      } else {
        perform(step, provoked, entry.number, &turn)
      }
    }
    if isKept, let asked, let told = provoked.told {
      follow(Divergence.overruled(asked.stage, said: said, told: told), &turn)
    }
  }

  /// What waits for the verdict that is among the steps leaves in front of them.
  private mutating func prepare(_ provoked: Provoked, for command: Int, _ turn: inout Turn) {
    if let owed = pending.command(command), owed.isOwed, let told = provoked.told {
      prepareToSettle(owed.stage, told, &turn)
    }
  }

  private mutating func perform(
    _ step: LiveProvocation.Step, _ provoked: Provoked, _ number: Int, _ turn: inout Turn
  ) {
    switch step {
    case .packet(let packet):
      sendOurs(packet, to: provoked.leg, provoked.cause, &turn)
      if packet.kind == .command(.abort) { divergence.follow(.outOfMessage) }
    case .bytes(let bytes):
      record(.noted(text: "\(bytes.count) bytes leave for the \(provoked.leg.noun)", packet: number), &turn)
      if !faulty.muted.contains(provoked.leg) { put(bytes, on: provoked.leg, [], &turn) }
    case .close: close(provoked.leg, because: "an instruction closed it")
    case .reset: close(provoked.leg, because: "an instruction broke it", resets: true)
    case .itself, .pause: break
    }
  }
}

extension Provoked {
  /// The first verdict among the steps.
  fileprivate var told: ReplyKind? {
    for case .packet(let packet) in steps {
      if case .reply(let kind) = packet.kind, kind.settles { return kind }
    }
    return nil
  }
}

extension LiveProvocation.Step {
  fileprivate func isPacket(like other: Packet) -> Bool {
    if case .packet(let packet) = self {
      packet.code == other.code && packet.sender == other.sender
    } else {
      false
    }
  }
}
