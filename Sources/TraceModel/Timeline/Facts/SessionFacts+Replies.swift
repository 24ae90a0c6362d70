import MilterProtocol

/// Replies of the milter, and what leaves by our doing.
extension SessionFacts {
  mutating func replied(
    _ kind: ReplyKind, _ packet: Packet, number: Int, at time: Moment, forwarded: Bool
  ) -> Placement {
    let match = exchange.replied(number, at: time, settles: kind.settles)
    if kind == .optNeg { negotiation.answered = OptNeg(reading: packet) }
    if forwarded {
      _ = passed(kind, packet, number: number, author: .peer)
    } else {
      if unsent.count >= FactLimits.pending { unsent.removeFirst() }
      unsent.append(UnsentReply(number: number, kind: kind, verdict: kind.settles ? packet : nil))
    }
    return place(match)
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
    case (.mta, let original?): toMTA(original, edited: sent.packet, cause: sent.cause)
    case (.mta, nil): return madeForMTA(sent)
    }
    return nil
  }

  /// A packet that was received as stopped went on at once, as it came, before anybody was told.
  package mutating func passed(_ number: Int, to leg: Leg, at time: Moment) {
    switch leg {
    case .milter: toMilter(number, edited: nil, at: time)
    case .mta: toMTA(number, edited: nil, cause: .policy("as it came"))
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
  private mutating func toMTA(_ original: Int, edited: Packet?, cause: Cause) {
    let i = unsent.firstIndex { $0.number == original }
    let held = i.map { unsent.remove(at: $0) }
    if let edited, case .reply(let kind) = edited.kind {
      _ = passed(kind, edited, number: original, author: .ours(cause))
    } else if let held, let packet = held.verdict {
      _ = passed(held.kind, packet, number: original, author: .peer)
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
      exchange.commanded(
        Exchange.Pending(command: number, stage: stage, message: 0, asked: .at(time), owed: false))
    }
    return placement
  }

  private mutating func madeForMTA(_ sent: Sent) -> Placement? {
    guard let packet = sent.packet, let number = sent.number else { return nil }
    changed(.injected, number, sent.cause)
    guard case .reply(let kind) = packet.kind else { return Placement() }
    return place(passed(kind, packet, number: number, author: .ours(sent.cause)))
  }

  /// A reply reaches the MTA.
  private mutating func passed(
    _ kind: ReplyKind, _ packet: Packet, number: Int, author: Author
  ) -> Exchange.Match? {
    let match = exchange.passed(number, settles: kind.settles)
    switch kind.role {
    case .negotiation: negotiation.told = OptNeg(reading: packet)
    case .verdict:
      guard let match else { break }
      settle(
        VerdictFact(kind, packet, number: number, stage: match.stage, author: author), match)
    case .modification: modified(kind, number: number, author: author)
    case .keepAlive, .misplaced: break
    }
    return match
  }

  private mutating func settle(_ verdict: VerdictFact, _ match: Exchange.Match) {
    latest = Settled(verdict: verdict, command: match.command, message: match.message)
    switch verdict.stage {
    case .connect: connectVerdict = verdict
    case .helo: heloVerdict = verdict
    case .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .negotiation: break
    }
    if match.message != 0, match.message == message?.number {
      message?.settled(verdict, command: match.command)
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
