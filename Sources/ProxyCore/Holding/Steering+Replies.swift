import MilterProtocol
import TraceModel

/// Replies at their turn, and answers of our own.
extension Steering {
  mutating func leaveForMTA(
    _ entry: LegQueue.Entry, at now: Moment, _ controls: Controls, into effects: inout Effects
  ) {
    guard case .reply(let said) = entry.original.kind else {
      return send(entry, to: .mta, at: now, into: &effects)
    }
    if said.settles {
      settleByMilter(entry, said, at: now, controls, into: &effects)
    } else {
      relay(entry, said, at: now, into: &effects)
    }
  }

  /// What settles nothing: modifications, PROGRESS, what does not belong.
  private mutating func relay(
    _ entry: LegQueue.Entry, _ said: ReplyKind, at now: Moment, into effects: inout Effects
  ) {
    if entry.fate.isDrop { return drop(entry, entry.cause ?? .operator, at: now, into: &effects) }
    if conversation.asked.first?.told != nil {
      return drop(entry, .policy("late: the MTA has its answer"), at: now, into: &effects)
    }
    if said == .replBody {
      if changes.contains(where: { $0.change.replacesBody }) {
        return drop(entry, .policy("our own new body takes its place"), at: now, into: &effects)
      }
      milter.replacedBody = true
    }
    send(entry, to: .mta, at: now, into: &effects)
  }

  /// The milter settles the oldest command that it was asked about, if it was asked.
  private mutating func settleByMilter(
    _ entry: LegQueue.Entry, _ said: ReplyKind, at now: Moment, _ controls: Controls,
    into effects: inout Effects
  ) {
    var entry = entry
    let replied = entry.isUnasked ? nil : conversation.replied()
    if let replied { noteVerdict(said, at: replied.stage) }
    guard let asked = replied, !asked.isAnsweredEarly else {
      return passUnasked(entry, said, isAsked: replied != nil, at: now, into: &effects)
    }
    if let told = asked.told {
      let late = Cause.policy("late: the MTA has its answer")
      drop(entry, entry.fate.isDrop ? entry.cause ?? .operator : late, at: now, into: &effects)
      return follow(Divergence.overruled(asked.stage, said: said, told: told), at: now, into: &effects)
    }
    guard conversation.owes(asked.number) else {
      return drop(entry, .policy("the MTA was told to expect no reply"), at: now, into: &effects)
    }
    if said == .optNeg { negotiate(&entry, controls) }
    waitForChanges(&entry, said, at: asked.stage)
    let told = entry.leaves(instead: said)
    prepareToSettle(asked.number, told, at: now, into: &effects)
    send(entry, to: .mta, at: now, into: &effects)
    conversation.settled(asked.number, told)
    guard told != said else { return }
    if said == .skip, asked.stage == .body { milter.skipsBody = true }
    follow(Divergence.overruled(asked.stage, said: said, told: told), at: now, into: &effects)
  }

  /// A verdict that nobody asked for, or that is about a command for which the MTA had its answer: the milter's own doing,
  /// unless it broke a promise that we covered for. The MTA takes it for the answer to what it waits about, or will ask next.
  private mutating func passUnasked(
    _ entry: LegQueue.Entry, _ said: ReplyKind, isAsked: Bool, at now: Moment, into effects: inout Effects
  ) {
    if entry.fate.isDrop { return drop(entry, entry.cause ?? .operator, at: now, into: &effects) }
    let flags = facts.negotiation
    guard isAsked || flags.milterFlags.intersection(.allNoReply).isSubset(of: flags.mtaFlags) else {
      return drop(entry, .policy("the milter had promised no reply"), at: now, into: &effects)
    }
    guard let owed = conversation.owed.first else { return send(entry, to: .mta, at: now, into: &effects) }
    var entry = entry
    waitForChanges(&entry, said, at: owed.stage)
    let told = entry.leaves(instead: said)
    prepareToSettle(owed.number, told, at: now, into: &effects)
    send(entry, to: .mta, at: now, into: &effects)
    conversation.settledEarly(owed.number)
    if told != said {
      follow(Divergence.overruled(owed.stage, said: said, told: told), at: now, into: &effects)
    }
  }

  /// An early ACCEPT means that no end of message follows; the modifications that wait for it want one.
  private func waitForChanges(_ entry: inout LegQueue.Entry, _ said: ReplyKind, at stage: Stage) {
    guard said == .accept, !entry.isEdited, !changes.isEmpty, stage.endsEarly else { return }
    entry.current = Packet(encoding: Reply.verdict(.continue))
    entry.cause = .policy("modifications wait for end of message, which ACCEPT would skip")
  }

  private func negotiate(_ entry: inout LegQueue.Entry, _ controls: Controls) {
    guard !entry.isEdited, let offered = facts.negotiation.offered,
      case .reply(.optNeg(let answered)) = PacketValue(decoding: entry.current)
    else { return }
    let told = controls.negotiation.told(answered, offered: offered)
    guard told != answered else { return }
    entry.current = Packet(encoding: .optNeg(told) as Reply)
    entry.cause = .policy("--negotiation \(controls.negotiation.rawValue)")
  }

  // MARK: - Answers of our own

  /// Once nothing is left of what a lost milter said, a stand-in answers what it was asked; whether there was anything.
  mutating func settleForLostMilter(at now: Moment, into effects: inout Effects) -> Bool {
    guard standIn != nil, let owed = conversation.owed.first, queues[.milter].isEmpty,
      queues[.mta].index(of: owed.number) == nil
    else { return false }
    settleByStandIn(owed.number, owed.stage, at: now, into: &effects)
    return !conversation.owes(owed.number)
  }

  /// A stand-in's answer to a command that the MTA waits about.
  mutating func settleByStandIn(
    _ number: Int, _ stage: Stage, at now: Moment, into effects: inout Effects
  ) {
    guard let standIn else { return }
    let reply: Reply
    if stage == .negotiation {
      guard let offered = facts.negotiation.offered else { return }
      reply = .optNeg(standIn.answer(to: offered))
    } else {
      reply = standIn.reply(at: stage)
    }
    settle(number, with: reply, .policy(standIn.why), at: now, into: &effects)
  }

  /// Tells the MTA, in a packet of our own, what becomes of its command.
  mutating func settle(
    _ command: Int, with reply: Reply, _ cause: Cause, at now: Moment, into effects: inout Effects
  ) {
    prepareToSettle(command, reply.kind, at: now, into: &effects)
    sendOurs(Packet(encoding: reply), to: .mta, cause, at: now, into: &effects)
    conversation.settled(command, reply.kind)
  }

  /// Before the final reply of end of message leave the modifications that were kept for it.
  private mutating func prepareToSettle(
    _ command: Int, _ told: ReplyKind, at now: Moment, into effects: inout Effects
  ) {
    guard let owed = conversation.owed.first(where: { $0.number == command }) else { return }
    if owed.stage == .bodyEOB, told == .continue || told == .accept {
      inject(at: now, into: &effects)
    } else if Divergence.endsMessage(told, at: owed.stage) {
      endMessage("the message ended with \(told.name) at \(owed.stage.name)", at: now, into: &effects)
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
