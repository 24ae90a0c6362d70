import Dialogue
import MilterProtocol
import TraceModel

/// Replies at their turn, and answers of our own.
extension Steering {
  mutating func leaveForMTA(_ entry: LegQueue.Entry, _ turn: inout Turn) {
    guard case .reply(let said) = entry.original.kind else { return send(entry, to: .mta, &turn) }
    if case .provoked(let provoked) = entry.fate {
      leave(provoked, insteadOf: entry, said, &turn)
    } else if said.settles {
      settleByMilter(entry, said, &turn)
    } else {
      relay(entry, said, &turn)
    }
  }

  /// What settles nothing: modifications, PROGRESS, what does not belong.
  private mutating func relay(_ entry: LegQueue.Entry, _ said: ReplyKind, _ turn: inout Turn) {
    if entry.fate.isDrop { return drop(entry, entry.cause ?? .operator, &turn) }
    if case .told = pending.discussed?.mta {
      return drop(entry, .policy("late: the MTA has its answer"), &turn)
    }
    if said == .replBody {
      if modifications.replacesBody {
        return drop(entry, .policy("our own new body takes its place"), &turn)
      }
    }
    modifications.milterSent(said)
    send(entry, to: .mta, &turn)
  }

  /// The milter settles the oldest command that it was asked about, if it was asked.
  mutating func settleByMilter(_ entry: LegQueue.Entry, _ said: ReplyKind, _ turn: inout Turn) {
    guard let asked = pending.command(answeredBy: entry.number) else {
      return passUnasked(entry, said, isAsked: false, &turn)
    }
    switch asked.mta {
    case .toldByAnother: return passUnasked(entry, said, isAsked: true, &turn)
    case .told(let told):
      let late = Cause.policy("late: the MTA has its answer")
      drop(entry, entry.fate.isDrop ? entry.cause ?? .operator : late, &turn)
      return follow(Divergence.overruled(asked.stage, said: said, told: told), &turn)
    case .expectsNone: return drop(entry, .policy("the MTA was told to expect no reply"), &turn)
    case .waits: break
    }
    var entry = entry
    if said == .optNeg { negotiate(&entry, turn.settings) }
    waitForModifications(&entry, said, at: asked.stage)
    let told = entry.leaves(instead: said)
    prepareToSettle(asked.stage, told, &turn)
    send(entry, to: .mta, &turn)
    if asked.stage == .body, entry.skipsBody && told == .continue || said == .skip && told != said {
      divergence.skipBody()
    }
    guard told != said else { return }
    follow(Divergence.overruled(asked.stage, said: said, told: told), &turn)
  }

  /// A verdict that nobody asked for, or that is about a command for which the MTA had its answer: the milter's own doing,
  /// unless it broke a promise that we covered for. The MTA takes it for the answer to what it waits about, or will ask next.
  private mutating func passUnasked(
    _ entry: LegQueue.Entry, _ said: ReplyKind, isAsked: Bool, _ turn: inout Turn
  ) {
    if entry.fate.isDrop { return drop(entry, entry.cause ?? .operator, &turn) }
    let flags = dialogue.negotiation
    guard isAsked || flags.milterFlags.intersection(.allNoReply).isSubset(of: flags.mtaFlags) else {
      return drop(entry, .policy("the milter had promised no reply"), &turn)
    }
    guard let owed = pending.owed else { return send(entry, to: .mta, &turn) }
    var entry = entry
    waitForModifications(&entry, said, at: owed.stage)
    let told = entry.leaves(instead: said)
    prepareToSettle(owed.stage, told, &turn)
    send(entry, to: .mta, &turn)
    if told != said { follow(Divergence.overruled(owed.stage, said: said, told: told), &turn) }
  }

  /// An early ACCEPT means that no end of message follows; the modifications that wait for it want one.
  private func waitForModifications(_ entry: inout LegQueue.Entry, _ said: ReplyKind, at stage: Stage) {
    guard said == .accept, !entry.isEdited, !modifications.isEmpty, stage.endsEarly else { return }
    entry.current = Packet(encoding: Reply.verdict(.continue))
    entry.cause = .policy("modifications wait for end of message, which ACCEPT would skip")
  }

  private func negotiate(_ entry: inout LegQueue.Entry, _ settings: ProxySettings) {
    guard !entry.isEdited, let offered = dialogue.negotiation.offered,
      case .reply(.optNeg(let answered)) = PacketValue(decoding: entry.current)
    else { return }
    let told = settings.negotiation.told(answered, offered: offered)
    guard told != answered else { return }
    entry.current = Packet(encoding: .optNeg(told) as Reply)
    entry.cause = .policy("--negotiation \(settings.negotiation.rawValue)")
  }

  // MARK: - Answers of our own

  /// Once nothing is left of what a lost milter said, our role answers what it was asked; whether there was anything.
  mutating func settleForLostMilter(_ turn: inout Turn) -> Bool {
    guard role != nil, let owed = pending.owed, queues[.milter].isEmpty,
      queues[.mta].index(of: owed.number) == nil, owed.number > faulty.answered
    else { return false }
    settleByRole(owed.number, owed.stage, &turn)
    return !pending.owes(owed.number)
  }

  /// Our answer, where we are the milter, to a command that the MTA waits about.
  mutating func settleByRole(_ number: Int, _ stage: Stage, _ turn: inout Turn) {
    guard let role else { return }
    guard stage != .negotiation else {
      guard let offered = dialogue.negotiation.offered else { return }
      var answer = role.answer(to: offered)
      answer.protocolFlags.formUnion(faulty.wantedFlags.intersection(offered.protocolFlags))
      return settle(number, with: .optNeg(answer), .policy(role.why), &turn)
    }
    let answer = role.answer(at: stage)
    // Half of a change is none that anybody wanted: the mail comes again.
    if stage == .bodyEOB, modifications.milterChangedMail, answer == .accept || answer == .continue {
      return settle(
        number, with: .verdict(.tempfail), .policy("the milter failed in the middle of its changes"), &turn)
    }
    settle(number, with: told(answer, at: stage), .policy(role.why), &turn)
  }

  /// Tells the MTA, in a packet of our own, what becomes of the command that it waits about first.
  mutating func settle(_ command: Int, with reply: Reply, _ cause: Cause, _ turn: inout Turn) {
    if let owed = pending.command(command) { prepareToSettle(owed.stage, reply.kind, &turn) }
    answer(command, Packet(encoding: reply), cause, &turn)
  }

  /// Where we are the milter, bytes that somebody gave for an answer leave, whether one is due or not.
  mutating func settleRaw(_ command: Int, with packet: Packet, _ cause: Cause, _ turn: inout Turn) {
    if let owed = pending.command(command), owed.isOwed, case .reply(let kind) = packet.kind {
      prepareToSettle(owed.stage, kind, &turn)
    }
    faulty.hasAnswer(command)
    answer(command, packet, cause, &turn)
  }

  private mutating func answer(_ command: Int, _ packet: Packet, _ cause: Cause, _ turn: inout Turn) {
    guard let asked = faulty.ofAnswer, asked.command == command else {
      return sendOurs(packet, to: .mta, cause, &turn)
    }
    faulty.ofAnswer = nil
    faulty.hasAnswer(command)
    leave(packet, of: nil, to: .mta, with: asked.faults, asked.cause, &turn)
  }

  /// Before the final reply of end of message leave the modifications that were kept for it.
  mutating func prepareToSettle(_ stage: Stage, _ told: ReplyKind, _ turn: inout Turn) {
    if stage == .bodyEOB, told == .continue || told == .accept {
      sendModifications(&turn)
    } else if told.endsMessage(at: stage) {
      giveUpModifications("the message ended with \(told.name) at \(stage.name)", &turn)
    }
  }
}

extension LegQueue.Entry {
  /// What kind of reply leaves; `said` where it is none.
  fileprivate func leaves(instead said: ReplyKind) -> ReplyKind {
    if case .reply(let kind) = current.kind { kind } else { said }
  }
}

extension Stage {
  /// A verdict here can end the message before its end (protocol.md 4.2).
  fileprivate var endsEarly: Bool {
    switch self {
    case .mail, .rcpt, .data, .header, .eoh, .body: true
    case .negotiation, .connect, .helo, .bodyEOB, .unknown: false
    }
  }
}
