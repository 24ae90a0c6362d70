import MilterProtocol

/// Replies of the milter, and what leaves by our doing.
extension SessionFacts {
  mutating func replied(
    _ kind: ReplyKind, _ packet: Packet, number: Int, at time: Moment, forwarded: Bool
  ) -> Placement {
    let meant = exchange.replied(at: time, settles: kind.settles)
    if kind == .optNeg { negotiation.answered = OptNeg(reading: packet) }
    if forwarded {
      var heard = passed(kind, packet, number: number, at: time, author: .peer)
      if let meant, heard?.command == meant.command { heard?.took = meant.took }
      return place(heard)
    }
    if unsent.count >= FactLimits.pending { unsent.removeFirst() }
    unsent.append(UnsentReply(number: number, kind: kind, verdict: kind.settles ? packet : nil))
    return place(meant)
  }

  /// A packet left other than by plain forwarding. Returns the place of one that has a number of its own.
  @discardableResult
  package mutating func sent(_ sent: Sent, at time: Moment) -> Placement? {
    if sent.original != nil, sent.packet != nil, let original = sent.original {
      changed(.edited, original, sent.cause)
    }
    switch (sent.leg, sent.original) {
    case (.milter, let original?): toMilter(original, edited: sent.packet, at: time)
    case (.milter, nil): return madeForMilter(sent, at: time)
    case (.mta, let original?): toMTA(original, edited: sent.packet, at: time, cause: sent.cause)
    case (.mta, nil): return madeForMTA(sent, at: time)
    }
    return nil
  }

  /// A packet that was received as stopped went on at once, as it came, before anybody was told.
  package mutating func passed(_ number: Int, to leg: Leg, at time: Moment) {
    switch leg {
    case .milter: toMilter(number, edited: nil, at: time)
    case .mta: toMTA(number, edited: nil, at: time, cause: .policy("as it came"))
    }
  }

  /// A command that was held goes on.
  private mutating func toMilter(_ original: Int, edited: Packet?, at time: Moment) {
    if edited?.kind == .command(.optNeg) {
      negotiation.shown = edited.flatMap { OptNeg(reading: $0) }
    } else if edited == nil, exchange.stage(ofCommand: original) == .negotiation {
      negotiation.shown = negotiation.offered
    }
    if let stage = exchange.stage(ofCommand: original), milterAnswers(stage) {
      exchange.asked(original, at: time)
    }
  }

  /// A reply that was held goes on, as it was or with other words.
  private mutating func toMTA(_ original: Int, edited: Packet?, at time: Moment, cause: Cause) {
    let i = unsent.firstIndex { $0.number == original }
    let held = i.map { unsent.remove(at: $0) }
    if let edited, case .reply(let kind) = edited.kind {
      _ = passed(kind, edited, number: original, at: time, author: .ours(cause))
    } else if let held, let packet = held.verdict {
      _ = passed(held.kind, packet, number: original, at: time, author: .peer)
    } else if let held {
      modified(held.kind, number: original, author: .peer)
    }
  }

  private mutating func madeForMilter(_ sent: Sent, at time: Moment) -> Placement? {
    guard let packet = sent.packet, let number = sent.number else { return nil }
    changed(.injected, number, sent.cause)
    var placement = Placement()
    guard case .command(let kind) = packet.kind, let stage = kind.stage else { return placement }
    placement.stage = stage
    if milterAnswers(stage) {
      _ = exchange.commanded(
        Exchange.Pending(command: number, stage: stage, message: 0, asked: .at(time), owed: false), at: time)
    }
    return placement
  }

  private mutating func madeForMTA(_ sent: Sent, at time: Moment) -> Placement? {
    guard let packet = sent.packet, let number = sent.number else { return nil }
    changed(.injected, number, sent.cause)
    guard case .reply(let kind) = packet.kind else { return Placement() }
    var heard = passed(kind, packet, number: number, at: time, author: .ours(sent.cause))
    heard?.took = nil
    return place(heard)
  }

  /// A reply reaches the MTA.
  private mutating func passed(
    _ kind: ReplyKind, _ packet: Packet, number: Int, at time: Moment, author: Author
  ) -> Exchange.Match? {
    let match = exchange.told(at: time, settles: kind.settles)
    switch kind.role {
    case .negotiation: negotiation.told = OptNeg(reading: packet)
    case .verdict:
      let verdict = VerdictFact(
        kind, packet, number: number, stage: match?.stage ?? .unknown, author: author)
      if let match {
        settle(verdict, command: match.command, message: match.message)
      } else if stage != nil {
        exchange.cameEarly(verdict, at: time, under: DeliveryRules(told: self))
      }
    case .modification:
      // One that the MTA reads as the answer to its next command changes nothing (R08; protocol.md 4.7).
      if match != nil { modified(kind, number: number, author: author) }
    case .keepAlive, .misplaced: break
    }
    return match
  }

  /// The MTA has its answer to a command.
  mutating func settle(_ verdict: VerdictFact, command: Int, message number: Int) {
    latest = Settled(verdict: verdict, command: command, message: number)
    switch verdict.stage {
    case .connect: connectVerdict = verdict
    case .helo: heloVerdict = verdict
    case .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .negotiation: break
    }
    if number != 0, number == message?.number {
      message?.settled(verdict, command: command)
    }
  }

  private mutating func modified(_ kind: ReplyKind, number: Int, author: Author) {
    guard kind.role == .modification else { return }
    message?.modified(ModificationFact(kind: kind, packet: number, author: author))
  }

  private func place(_ match: Exchange.Match?) -> Placement {
    var placement = Placement()
    placement.stage = match?.stage
    placement.answers = match?.command
    placement.took = match?.took
    if let match {
      placement.message = match.message
    } else if let message, message.phase == .open {
      placement.message = message.number
    }
    return placement
  }
}

extension ReplyKind {
  /// It answers its command, so that the next reply answers another one.
  package var settles: Bool {
    switch role {
    case .verdict, .negotiation: true
    case .keepAlive, .modification, .misplaced: false
    }
  }
}
