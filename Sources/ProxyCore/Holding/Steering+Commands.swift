import Dialogue
import MilterProtocol
import TraceModel

/// Commands at their turn: to the milter, or answered in its place.
extension Steering {
  /// Where a command goes.
  enum Route {
    case forward
    /// The milter does not get it; the MTA is told CONTINUE, or what our role says, where it waits.
    case keptFromMilter(Sentence, Divergence.Consequence)
  }

  mutating func leaveForMilter(
    _ entry: LegQueue.Entry, _ macros: [LegQueue.Entry], _ turn: inout Turn
  ) {
    let kind: CommandKind? = if case .command(let kind) = entry.original.kind { kind } else { nil }
    let cause = entry.cause ?? .operator
    let entry = withAnswerStillDue(entry, kind, &turn)
    if !entry.faults.isEmpty {
      faulty.ofAnswer = Faulty.OfAnswer(command: entry.number, faults: entry.faults, cause: cause)
    }
    defer { leaveNothing(&turn) }
    switch entry.fate {
    case .provoked(let provoked): leave(provoked, insteadOf: entry, kind, macros, &turn)
    case .answerRaw(let packet):
      keepBack(macros, entry, .answered, cause, &turn)
      settleRaw(entry.number, with: packet, cause, &turn)
      if kind == .quit { close(.mta, because: "QUIT came") }
    case .answer(let answer):
      let isOwed = pending.owes(entry.number)
      keepBack(macros, entry, .answered, cause, &turn)
      let reply = told(answer, at: kind?.stage)
      if isOwed { settle(entry.number, with: reply, cause, &turn) }
      diverge(kind, told: reply.kind, &turn)
    case .drop:
      let isOwed = pending.owes(entry.number)
      keepBack(macros, entry, .dropped, cause, &turn)
      if isOwed {
        settle(
          entry.number, with: .verdict(.continue), .policy("the MTA waits for an answer to what was dropped"),
          &turn)
      }
      diverge(kind, told: .continue, &turn)
    case .forward:
      for macro in macros { pass(macro, &turn) }
      if let kind {
        forward(entry, kind, &turn)
      } else {
        pass(entry, &turn)
      }
    }
    if kind == .abort { giveUpModifications("the MTA aborted it", &turn) }
  }

  /// An answer that waited here until the MTA took a verdict too many for it is taken back aloud.
  private mutating func withAnswerStillDue(
    _ entry: LegQueue.Entry, _ kind: CommandKind?, _ turn: inout Turn
  ) -> LegQueue.Entry {
    guard case .answer(let answer) = entry.fate, let kind,
      pending.command(entry.number)?.mta == .toldByAnother
    else { return entry }
    let cause = entry.cause ?? .operator
    let refused = Instructed(
      .answer(answer), cause: cause, packet: entry.number,
      refusal: Refusal.answeredEarly(kind.name).sentence)
    record(.instructed(refused), &turn)
    if entry.wasReleased {
      let released = Released(number: entry.number, outcome: .forwarded, cause: cause)
      record(.released(released), &turn)
    }
    var entry = entry
    entry.fate = .forward
    // On nobody's behalf, unless somebody edited it as well.
    if !entry.isEdited { entry.cause = nil }
    return entry
  }

  /// SKIP where the MTA did not agree to it: it is told CONTINUE, and the milter gets no more of that body.
  mutating func told(_ answer: Answer, at stage: Stage?) -> Reply {
    guard answer == .skip, !dialogue.negotiation.mtaFlags.contains(.skip) else { return answer.reply }
    if stage == .body { divergence.skipBody() }
    return .verdict(.continue)
  }

  /// The milter did not get a command that the MTA has its answer for.
  private mutating func diverge(_ kind: CommandKind?, told: ReplyKind, _ turn: inout Turn) {
    guard let kind, let stage = kind.stage else { return }
    let declined = dialogue.negotiation.milterDeclines(stage)
    if kind == .mail, divergence.out != .connection { beganMessageWithoutMilter() }
    if kind == .rcpt, !declined { divergence.keptRecipient() }
    follow(Divergence.answered(stage, told: told, declined: declined), &turn)
  }

  private mutating func beganMessageWithoutMilter() {
    divergence.beganMessage()
    modifications.beganMessage()
  }

  /// A macro set, or a packet of no known kind, on its way to the milter.
  mutating func pass(_ entry: LegQueue.Entry, _ turn: inout Turn) {
    if entry.fate.isDrop { return drop(entry, entry.cause ?? .operator, &turn) }
    switch route(entry.original) {
    case .forward: send(entry, to: .milter, &turn)
    case .keptFromMilter(let why, _): drop(entry, .policy(why), &turn)
    }
  }

  mutating func forward(_ entry: LegQueue.Entry, _ kind: CommandKind, _ turn: inout Turn) {
    let isOwed = pending.owes(entry.number)
    if case .keptFromMilter(let why, let consequence) = route(entry.original) {
      if kind == .mail { beganMessageWithoutMilter() }
      drop(entry, .policy(why), &turn)
      follow(consequence, &turn)
      // As libmilter does (`mi_engine` in engine.c).
      if kind == .quit, role != nil { close(.mta, because: "QUIT came") }
      guard let stage = kind.stage, isOwed else { return }
      guard role != nil else { return settle(entry.number, with: .verdict(.continue), .policy(why), &turn) }
      // A verdict that a lost milter left behind may be the answer.
      guard queues[.milter].isEmpty else { return }
      return settleByRole(entry.number, stage, &turn)
    }
    var entry = entry
    if kind == .optNeg { narrow(&entry, turn.settings) }
    send(entry, to: .milter, &turn)
    noteForwarded(kind, turn.now)
    if let stage = kind.stage, isOwed, !dialogue.negotiation.milterAnswers(at: stage) {
      settle(entry.number, with: .verdict(.continue), .policy("the milter promised no reply"), &turn)
    }
  }

  private func narrow(_ entry: inout LegQueue.Entry, _ settings: ProxySettings) {
    guard let offer = settings.offer, !entry.isEdited,
      case .command(.optNeg(let offered)) = PacketValue(decoding: entry.current)
    else { return }
    let shown = offer.narrowed(offered)
    guard shown != offered else { return }
    entry.current = Packet(encoding: .optNeg(shown) as Command)
    entry.cause = .policy("--offer")
  }

  /// Where a command goes, by what the milter believes and asked for.
  func route(_ packet: Packet) -> Route {
    if role != nil { return .keptFromMilter("there is no milter", .none) }
    guard case .command(let kind) = packet.kind else { return .forward }
    let subject = kind == .macro ? packet.macroCommand : kind
    guard let subject else { return .forward }
    if let stage = subject.stage, let flag = stage.noCommandFlag {
      let negotiation = dialogue.negotiation
      if negotiation.milterFlags.contains(flag), !negotiation.mtaFlags.contains(flag),
        Divergence.reaches(subject, out: divergence.out)
      {
        // Both MTAs send the macros of these stages even where the command is declined (protocol.md 3.3).
        let isUsual = flag.isSubset(of: [.noConnect, .noHelo, .noMail, .noRcpt, .noData, .noUnknown])
        return kind == .macro && isUsual
          ? .forward : .keptFromMilter("the milter declined \(subject.name)", .none)
      }
    }
    return divergence.barrier(to: subject).map { .keptFromMilter($0.why, $0.consequence) } ?? .forward
  }

  /// Macros stay with the command that they are for; others go on.
  mutating func keepBack(
    _ macros: [LegQueue.Entry], _ entry: LegQueue.Entry, _ outcome: Released.Outcome, _ cause: Cause,
    _ turn: inout Turn
  ) {
    for macro in macros {
      if macro.original.macroCommand.map({ .command($0) }) == entry.original.kind {
        drop(macro, .policy("macros travel with their command"), &turn)
      } else {
        pass(macro, &turn)
      }
    }
    record(.released(Released(number: entry.number, outcome: outcome, cause: cause)), &turn)
  }

  /// Brings the milter to where it can go on.
  mutating func follow(_ consequence: Divergence.Consequence, _ turn: inout Turn) {
    guard role == nil else { return }
    if consequence.abort, dialogue.milterLeg.isInMessage {
      sendOurs(
        Packet(encoding: Command.abort), to: .milter, .policy("the message is over for the MTA"), &turn)
    }
    divergence.follow(consequence)
  }
}

extension Packet {
  /// The command that a macro set belongs to, if it is one.
  var macroCommand: CommandKind? {
    guard kind == .command(.macro) else { return nil }
    return bytes[payload].first.flatMap(CommandKind.init(rawValue:))
  }
}
