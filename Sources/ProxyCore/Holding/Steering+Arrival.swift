import CommandLanguage
import Dialogue
import Mail
import MilterProtocol
import Timeline
import TraceModel

/// What comes in: whether it has to stop here, and what rules say.
extension Steering {
  /// The milter promised no reply somewhere where the MTA was told to wait for one, or the other way round.
  private var repliesDiffer: Bool {
    let negotiation = dialogue.negotiation
    return negotiation.milterFlags.intersection(.allNoReply) != negotiation.mtaFlags.intersection(.allNoReply)
  }

  mutating func noteArrival(of packet: Packet, _ placement: Placement, _ turn: inout Turn) {
    guard case .command(let kind) = packet.kind, let stage = kind.stage else { return }
    if kind == .mail, !modifications.isEmpty {
      refuse(modifications.giveUp(butFor: facts.messageCount), &turn)
    }
    // Without the milter's fault it has no answer yet.
    if stage == .bodyEOB, placement.answeredBefore != nil {
      giveUpModifications("the MTA had its answer to the end of message before it asked", &turn)
    }
  }

  /// Whether nothing but a rule can have a say about the packet: without one it costs one record and no copy.
  func mayPass(_ packet: Packet, _ settings: ProxySettings) -> Bool {
    guard queues[packet.sender].isEmpty, !queues.isStepping, !faulty.isUnderWay else { return false }
    switch packet.kind {
    case .command(.optNeg): return role == nil && settings.offer == nil
    case .command(.macro):
      // Macros travel with their command, which may be kept.
      guard !settings.rules.keepsMacros(for: packet.macroCommand) else { return false }
      if case .forward = route(packet) { return true }
      return false
    case .command(let command):
      guard case .forward = route(packet) else { return false }
      // A promise of no reply that the MTA does not know of has to be kept for the milter.
      guard let stage = command.stage else { return true }
      return !dialogue.negotiation.mtaWaits(at: stage) || dialogue.negotiation.milterAnswers(at: stage)
    case .reply(.optNeg): return settings.negotiation == .transparent
    case .reply(let reply):
      guard let asked = pending.asked else { return !repliesDiffer && pending.owed == nil }
      // What goes on changes nothing for modifications that wait for the end.
      let isPlain = modifications.isEmpty || reply == .continue && asked.stage != .bodyEOB
      return isPlain && asked.isOwed
    case .unknown, .empty: return role == nil
    }
  }

  mutating func noteStraight(_ packet: Packet, _ turn: inout Turn) {
    switch packet.kind {
    case .command(let kind):
      noteForwarded(kind, turn.now)
      if kind == .abort { giveUpModifications("the MTA aborted it", &turn) }
    case .reply(let kind): modifications.milterSent(kind)
    case .unknown, .empty: break
    }
  }

  mutating func noteForwarded(_ kind: CommandKind, _ now: Moment) {
    deadlines.reachedMilter(at: now)
    divergence.forwarded(kind)
    if kind == .mail { modifications.beganMessage() }
    if kind == .bodyEOB { modifications.cameToItsEnd() }
  }

  /// What rules say about a packet that just arrived, with the facts as they are after it.
  mutating func examine(
    _ entry: LegQueue.Entry, _ placement: Placement, _ turn: inout Turn
  ) -> [LegQueue.Order] {
    guard turn.settings.rules.mayMatch(entry.original.kind, from: entry.original.sender) else { return [] }
    var context = FactsContext(
      entry.original, number: entry.number, at: turn.now, connection: connection, placement: placement,
      facts: facts, findings: entry.findings, startedAt: turn.startedAt, utcOffset: turn.utcOffset)
    if turn.settings.rules.contentKinds.contains(entry.original.kind, from: entry.original.sender) {
      context.content = content(at: placement)
    }
    return orders(
      by: turn.settings.rules.ruling(on: context, &turn.effort), entry.original.kind, entry.number, &turn)
  }

  /// What the mail says whose end a packet is about.
  func content(at placement: Placement) -> MailContent? {
    guard placement.stage == .bodyEOB, let body = modifications.body.beginning else { return nil }
    return MailContent(
      headers: PendingModifications.headers(of: facts.message(at: placement)), body: body, .builtIn)
  }

  /// What the rules want of a packet, with what is to be told of them.
  mutating func orders(
    by ruling: RuleBook.Ruling, _ kind: PacketKind, _ number: Int?, _ turn: inout Turn
  ) -> [LegQueue.Order] {
    let packet = number.map { "packet \($0), " } ?? ""
    for (label, isNew) in ruling.givenUp {
      record(
        .noted(
          text: "rule \(others: label) did not act: to search for its pattern would take too long",
          packet: number), &turn)
      guard isNew else { continue }
      turn.act(
        .say(
          "rule \(label) did not act on \(packet)\(kind.name), connection \(connection): to search for its pattern would keep all mail waiting; it is told here once, in the trace each time"
        ))
    }
    for label in ruling.told {
      record(.noted(text: "matched rule \(others: label)", packet: number), &turn)
      turn.act(.say("rule \(label): \(packet)\(kind.name), connection \(connection)"))
    }
    guard isMilter else { return ruling.orders }
    // In a milter's place the operator judges what no rule has: that shows once all rules have had their say.
    return ruling.orders.filter { !$0.isOfBreakpoint } + ruling.orders.filter(\.isOfBreakpoint)
  }
}
