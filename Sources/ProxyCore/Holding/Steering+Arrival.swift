import MilterProtocol
import TraceModel

/// What comes in: who waits for it, whether it has to stop here, and what rules say.
extension Steering {
  func mtaWaits(at stage: Stage) -> Bool {
    guard let flag = stage.noReplyFlag else { return true }
    return !facts.negotiation.mtaFlags.contains(flag)
  }

  func milterAnswers(at stage: Stage) -> Bool {
    guard let flag = stage.noReplyFlag else { return true }
    return !facts.negotiation.milterFlags.contains(flag)
  }

  /// The milter switched the command off.
  func milterDeclined(_ stage: Stage) -> Bool {
    guard let flag = stage.noCommandFlag else { return false }
    return facts.negotiation.milterFlags.contains(flag)
  }

  /// The milter promised no reply somewhere where the MTA was told to wait for one, or the other way round.
  private var repliesDiffer: Bool {
    let negotiation = facts.negotiation
    return negotiation.milterFlags.intersection(.allNoReply) != negotiation.mtaFlags.intersection(.allNoReply)
  }

  /// - Parameter isAnswered: whether the MTA had its answer before, from a milter that gave one too many.
  mutating func noteArrival(
    of packet: Packet, _ number: Int, isAnswered: Bool, at now: Moment, into effects: inout Effects
  ) {
    guard case .command(let kind) = packet.kind, let stage = kind.stage else { return }
    if kind == .mail { endEarlierMessage(at: now, into: &effects) }
    guard mtaWaits(at: stage) else { return }
    guard isAnswered else { return conversation.arrived(number, stage, at: now) }
    conversation.arrivedAnswered(number)
    if stage == .bodyEOB {
      endMessage("the MTA had its answer to the end of message before it asked", at: now, into: &effects)
    }
  }

  /// Whether nothing but a rule can have a say about the packet: without one it costs one record and no copy.
  func mayPass(_ packet: Packet, _ controls: Controls) -> Bool {
    let kind = packet.kind
    guard queues[packet.sender].isEmpty, !isStepping else { return false }
    switch kind {
    case .command(.optNeg): return standIn == nil && controls.offer == nil
    case .command(.macro):
      // Macros travel with their command, which may be kept.
      guard !controls.rules.keepsMacros(for: packet.macroCommand) else { return false }
      if case .forward = route(packet) { return true }
      return false
    case .command(let command):
      guard case .forward = route(packet) else { return false }
      // A promise of no reply that the MTA does not know of has to be kept for the milter.
      if let stage = command.stage, mtaWaits(at: stage), !milterAnswers(at: stage) { return false }
      return true
    case .reply(.optNeg): return controls.negotiation == .transparent
    case .reply(let reply):
      guard let asked = conversation.asked.first else { return !repliesDiffer && conversation.owed.isEmpty }
      // What goes on changes nothing for modifications that wait for the end.
      let isPlain = changes.isEmpty || reply == .continue && asked.stage != .bodyEOB
      return isPlain && asked.told == nil && conversation.owes(asked.number)
    case .unknown, .empty: return standIn == nil
    }
  }

  mutating func noteStraight(_ packet: Packet, _ number: Int, at now: Moment, into effects: inout Effects) {
    switch packet.kind {
    case .command(let kind): noteForwarded(kind, number, at: now)
    case .reply(let kind):
      if kind == .replBody { milter.replacedBody = true }
      guard kind.settles, let asked = conversation.replied() else { return }
      conversation.settled(asked.number, kind)
      noteVerdict(kind, at: asked.stage)
    case .unknown, .empty: break
    }
    if packet.kind == .command(.abort) { endMessage("the MTA aborted it", at: now, into: &effects) }
  }

  /// The milter is now where libmilter is after such a verdict of its own.
  mutating func noteVerdict(_ kind: ReplyKind, at stage: Stage) {
    if Divergence.endsMessage(kind, at: stage) || kind == .accept { milter.isInMessage = false }
  }

  mutating func noteForwarded(_ kind: CommandKind, _ number: Int, at now: Moment) {
    lastToMilter = now
    if let stage = kind.stage {
      conversation.forwarded(number, stage, isAsked: milterAnswers(at: stage))
    }
    switch kind {
    case .mail:
      milter.beginMessage()
      milter.isInMessage = true
    case .rcpt:
      milter.sawRcpt = true
      milter.isInMessage = true
    case .data, .header, .eoh, .body: milter.isInMessage = true
    case .bodyEOB, .abort, .quit, .quitNC: milter.isInMessage = false
    case .optNeg, .macro, .connect, .helo, .unknown: break
    }
  }

  /// What rules say about a packet that just arrived, with the facts as they are after it.
  mutating func examine(
    _ entry: LegQueue.Entry, _ placement: Placement?, at now: Moment, _ controls: inout Controls,
    into effects: inout Effects
  ) -> [LegQueue.Order] {
    guard controls.rules.mayMatch(entry.original.kind, from: entry.original.sender) else { return [] }
    let context = FactsContext(
      entry.original, number: entry.number, at: now, connection: connection,
      placement: placement ?? Placement(), facts: facts, findings: entry.findings)
    let ruling = controls.rules.ruling(on: context)
    for label in ruling.told {
      record(.noted(text: "matched rule \(others: label)", packet: entry.number), at: now, into: &effects)
      effects.acts.append(
        .say("rule \(label): packet \(entry.number), \(entry.original.kind.name), connection \(connection)"))
    }
    return ruling.orders
  }
}
