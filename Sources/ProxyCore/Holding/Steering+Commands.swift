import MilterProtocol
import TraceModel

/// Commands at their turn: to the milter, or answered in its place.
extension Steering {
  /// Where a command goes.
  enum Route {
    case forward
    /// The milter does not get it; the MTA is told CONTINUE, or what a stand-in says, where it waits.
    case standIn(Sentence, Divergence.Consequence)
  }

  mutating func leaveForMilter(
    _ entry: LegQueue.Entry, _ macros: [LegQueue.Entry], at now: Moment, _ controls: Controls,
    into effects: inout Effects
  ) {
    let kind: CommandKind? = if case .command(let kind) = entry.original.kind { kind } else { nil }
    let cause = entry.cause ?? .operator
    let entry = withAnswerStillDue(entry, kind, at: now, into: &effects)
    defer { conversation.left(entry.number) }
    switch entry.fate {
    case .answer(let answer):
      keepBack(macros, entry, .answered, cause, at: now, into: &effects)
      let reply = told(answer, about: kind)
      settle(entry.number, with: reply, cause, at: now, into: &effects)
      diverge(kind, told: reply.kind, at: now, into: &effects)
    case .drop:
      keepBack(macros, entry, .dropped, cause, at: now, into: &effects)
      if conversation.owes(entry.number) {
        settle(
          entry.number, with: .verdict(.continue), .policy("the MTA waits for an answer to what was dropped"),
          at: now, into: &effects)
      }
      diverge(kind, told: .continue, at: now, into: &effects)
    case .forward:
      for macro in macros { pass(macro, at: now, into: &effects) }
      if let kind {
        forward(entry, kind, at: now, controls, into: &effects)
      } else {
        pass(entry, at: now, into: &effects)
      }
    }
    if kind == .abort { endMessage("the MTA aborted it", at: now, into: &effects) }
  }

  /// An answer that waited here until the MTA took a verdict too many for it is taken back aloud.
  private mutating func withAnswerStillDue(
    _ entry: LegQueue.Entry, _ kind: CommandKind?, at now: Moment, into effects: inout Effects
  ) -> LegQueue.Entry {
    guard case .answer(let answer) = entry.fate, let kind, conversation.isAnsweredEarly(entry.number) else {
      return entry
    }
    let cause = entry.cause ?? .operator
    let refused = Instructed(
      .answer(answer), cause: cause, packet: entry.number, refusal: Refusal.answeredEarly(kind.name).sentence)
    record(.instructed(refused), at: now, into: &effects)
    if entry.wasReleased {
      let released = Released(number: entry.number, outcome: .forwarded, cause: cause)
      record(.released(released), at: now, into: &effects)
    }
    var entry = entry
    entry.fate = .forward
    // On nobody's behalf, unless somebody edited it as well.
    if !entry.isEdited { entry.cause = nil }
    return entry
  }

  /// SKIP where the MTA did not agree to it: it is told CONTINUE, and the milter gets no more of that body.
  private mutating func told(_ answer: Answer, about kind: CommandKind?) -> Reply {
    guard answer == .skip, kind == .body, !facts.negotiation.mtaFlags.contains(.skip) else {
      return answer.reply
    }
    milter.skipsBody = true
    return .verdict(.continue)
  }

  /// The milter did not get a command that the MTA has its answer for.
  private mutating func diverge(
    _ kind: CommandKind?, told: ReplyKind, at now: Moment, into effects: inout Effects
  ) {
    guard let kind, let stage = kind.stage else { return }
    let declined = milterDeclined(stage)
    if kind == .mail, milter.out != .connection { milter.beginMessage() }
    if kind == .rcpt, !declined { milter.missesRcpt = true }
    follow(Divergence.answered(stage, told: told, declined: declined), at: now, into: &effects)
  }

  /// A macro set, or a packet of no known kind, on its way to the milter.
  mutating func pass(_ entry: LegQueue.Entry, at now: Moment, into effects: inout Effects) {
    if entry.fate.isDrop {
      return drop(entry, entry.cause ?? .operator, at: now, into: &effects)
    }
    switch route(entry.original) {
    case .forward: send(entry, to: .milter, at: now, into: &effects)
    case .standIn(let why, _): drop(entry, .policy(why), at: now, into: &effects)
    }
  }

  private mutating func forward(
    _ entry: LegQueue.Entry, _ kind: CommandKind, at now: Moment, _ controls: Controls,
    into effects: inout Effects
  ) {
    let route = route(entry.original)
    if case .standIn(let why, let consequence) = route {
      if kind == .mail { milter.beginMessage() }
      drop(entry, .policy(why), at: now, into: &effects)
      follow(consequence, at: now, into: &effects)
      guard let stage = kind.stage, conversation.owes(entry.number) else { return }
      guard standIn != nil else {
        return settle(entry.number, with: .verdict(.continue), .policy(why), at: now, into: &effects)
      }
      // A verdict that a lost milter left behind may be the answer.
      guard queues[.milter].isEmpty else { return }
      return settleByStandIn(entry.number, stage, at: now, into: &effects)
    }
    var entry = entry
    if kind == .optNeg { narrow(&entry, controls) }
    send(entry, to: .milter, at: now, into: &effects)
    noteForwarded(kind, entry.number, at: now)
    if let stage = kind.stage, conversation.owes(entry.number), !milterAnswers(at: stage) {
      settle(
        entry.number, with: .verdict(.continue), .policy("the milter promised no reply"), at: now,
        into: &effects)
    }
  }

  private func narrow(_ entry: inout LegQueue.Entry, _ controls: Controls) {
    guard let offer = controls.offer, !entry.isEdited,
      case .command(.optNeg(let offered)) = PacketValue(decoding: entry.current)
    else { return }
    let shown = offer.narrowed(offered)
    guard shown != offered else { return }
    entry.current = Packet(encoding: .optNeg(shown) as Command)
    entry.cause = .policy("--offer")
  }

  /// Where a command goes, by what the milter believes and asked for.
  func route(_ packet: Packet) -> Route {
    if standIn != nil { return .standIn("there is no milter", .none) }
    guard case .command(let kind) = packet.kind else { return .forward }
    let subject = kind == .macro ? packet.macroCommand : kind
    guard let subject else { return .forward }
    // MAIL is a new chance for a milter that is out of the message.
    let out: Divergence.Out = subject == .mail && milter.out == .message ? .no : milter.out
    if !Divergence.reaches(subject, out: out) {
      return .standIn("the milter is out of this \(out == .message ? "message" : "connection")", .none)
    }
    if let flag = subject.stage?.noCommandFlag, facts.negotiation.milterFlags.contains(flag),
      !facts.negotiation.mtaFlags.contains(flag)
    {
      // Both MTAs send the macros of these stages even where the command is declined (protocol.md 3.3).
      let isUsual = flag.isSubset(of: [.noConnect, .noHelo, .noMail, .noRcpt, .noData, .noUnknown])
      return kind == .macro && isUsual ? .forward : .standIn("the milter declined \(subject.name)", .none)
    }
    if milter.missesRcpt, !milter.sawRcpt, Divergence.needsRecipient(subject) {
      return .standIn("the milter knows of no recipient", .aborted)
    }
    if subject == .body, milter.skipsBody { return .standIn("the rest of the body is skipped", .none) }
    return .forward
  }

  /// Macros stay with the command that they are for; others go on.
  private mutating func keepBack(
    _ macros: [LegQueue.Entry], _ entry: LegQueue.Entry, _ outcome: Released.Outcome, _ cause: Cause,
    at now: Moment, into effects: inout Effects
  ) {
    for macro in macros {
      if macro.original.macroCommand.map({ .command($0) }) == entry.original.kind {
        drop(macro, .policy("macros travel with their command"), at: now, into: &effects)
      } else {
        pass(macro, at: now, into: &effects)
      }
    }
    record(
      .released(Released(number: entry.number, outcome: outcome, cause: cause)), at: now, into: &effects)
  }

  /// Brings the milter to where it can go on.
  mutating func follow(
    _ consequence: Divergence.Consequence, at now: Moment, into effects: inout Effects
  ) {
    guard standIn == nil else { return }
    if consequence.abort, milter.isInMessage {
      milter.isInMessage = false
      sendOurs(
        Packet(encoding: Command.abort), to: .milter, .policy("the message is over for the MTA"), at: now,
        into: &effects)
    }
    milter.out = max(milter.out, consequence.out)
  }
}

extension Packet {
  /// The command that a macro set belongs to, if it is one.
  var macroCommand: CommandKind? {
    guard kind == .command(.macro) else { return nil }
    return bytes[payload].first.flatMap(CommandKind.init(rawValue:))
  }
}
