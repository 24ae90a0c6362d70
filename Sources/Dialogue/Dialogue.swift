import MilterProtocol

// The theory of one conversation.
//
// An MTA sends commands, a milter sends replies, and we stand between: two legs, one conversation. There is no request
// number: replies belong to commands by order alone. A `Dialogue` follows both legs from what travels on them, and
// everything that is known of who owes whom what is here:
//
//  1. Pending replies: which command does this reply answer, who waits about it, since when? (`PendingReplies`)
//  2. Position, on each leg: how far has the MTA come, and what was the milter sent? (`LegState`, `Position`)
//  3. Messages: their numbers within the connection, and how far the one in progress is. (`Messages`)
//  4. Negotiation: what was offered, shown, answered and told; which stages are not sent or not answered, by flags and
//     by version. (`Negotiation`)
//  5. Macros in force. (`MacrosInForce`)
//  6. Which MTA this is, and whose patience runs how long. (`MTASigns`, `Patience`)
//
//          OPTNEG           CONNECT        HELO*
//   start ───────▶ negotiating ──▶ ready ──▶ connect ──▶ helo ◀──────────────┐ ABORT, from anywhere below
//                                                        │ MAIL              │
//     ┌──────────────────────────────────────────────────┘                   │
//     ▼        RCPT+         DATA        HEADER*        EOH       BODY*      │
//    mail ───▶ rcpt ───▶ data ───▶ header ───▶ eoh ───▶ body ───▶ bodyEOB ───┤
//     │ r t y          (r t y: back to rcpt)                      │ verdict  │
//     ▼ early verdict: done (r t y) or out (a d)                  ▼          │
//    done, out ───────────────── MAIL, HELO ────────────────────▶ done ──────┘
//
//  QUIT and a close lead to closed from anywhere, QUIT_NC back to ready.
//
// A packet travels in one of four ways (`Way`). One that only passes is followed on both legs at once; one that is held,
// edited, dropped, answered or made by us is followed on each leg when it is there. The same value serves a relay, an
// operator's changes, a trace that is read back, and a capture: whoever has the packets can ask it.
//
// Invariants
//
//  - Nothing here knows which sides are sockets, and nothing reads a clock.
//  - A command that somebody waits about is among the pending replies, once; nothing else is.
//  - Whatever a peer sends, the dialogue goes on: after an illegal command it stands where that command leads, so that
//    one slip is one finding.
//  - In the good case nothing is allocated, and what is kept does not grow.
//
// Oddities of MTAs (docs/protocol.md, sections 3 and 6; seen with Postfix 3.7 and Sendmail 8.17)
//
//  - Postfix sends ABORT after every message and twice before QUIT; Sendmail only when a message is dropped after MAIL was
//    answered. A new MAIL may therefore follow a finished or refused message directly.
//  - Postfix sends a second HELO before the ABORTs that it causes, Sendmail after.
//  - Both send MACRO for stages that are switched off, and Postfix empty ones.
//  - After a refused DATA both send RCPT and DATA again; libmilter does not answer those.
//  - Postfix closes without QUIT once a milter accepted or refused the connection.

/// Follows one conversation on both its legs: where each packet stands, which command a reply answers, who waits.
package struct Dialogue: Sendable {
  package private(set) var negotiation = Negotiation()
  package private(set) var pending = PendingReplies()
  package private(set) var messages = Messages()
  package private(set) var macros = MacrosInForce()
  package private(set) var mtaLeg = LegState()
  package private(set) var milterLeg = LegState()
  /// A verdict came for which nobody had been asked: MTA and milter no longer agree on what a verdict answers.
  package private(set) var isDesynchronised = false
  /// Not every packet has travelled on both legs as it came: they have to be looked at one by one.
  package private(set) var isSteered = false
  /// The latest command of the MTA that opens a stage.
  package private(set) var stage: Stage?
  /// Macro packets since the last command.
  package private(set) var macrosAhead: [MacrosAhead] = []
  private var signs = MTASigns()
  /// When the first command about the mail's content came that the last ones are about: the SMTP client has sent its final
  /// dot, and waits since then.
  private var contentSince: Moment?
  private var told: Patience

  package struct MacrosAhead: Sendable {
    package let number: Int
    package let letter: UInt8
  }

  /// - Parameter patience: what the operator said of the MTA and of the time that it and the milter take.
  package init(patience: Patience = Patience()) { told = patience }

  /// Which MTA this is: as the operator said, or as far as one can tell by now; nil where nobody knows.
  package var mta: KnownMTA? { told.told.mta.mta ?? signs.mta }

  /// Whose patience runs how long.
  package var patience: Patience {
    var patience = told
    patience.mta = mta
    return patience
  }

  /// What is known of the MTA beyond what it shows by itself.
  package mutating func tell(_ patience: MTAPatience) { told.told = patience }

  package func leg(_ leg: Leg) -> LegState { leg == .mta ? mtaLeg : milterLeg }
}

// MARK: - What travels

extension Dialogue {
  /// How a packet travels.
  package enum Way: Sendable {
    /// It came in on its sender's leg and left on the other as it came, at once.
    case through
    /// It came in, and stays here for now.
    case came
    /// What had come leaves on the other leg, as it was or changed.
    case left
    /// It is of our own making, in the place of its sender.
    case made

    /// It travels on its sender's leg.
    package var comes: Bool { self == .through || self == .came }
    /// It travels on the other leg.
    package var leaves: Bool { self != .came }
  }

  /// A packet travelled; its sender says in which direction.
  ///
  /// - Parameters:
  ///   - shape: the packet dissected.
  ///   - number: of the packet in the trace; what leaves changed has the number that it came with.
  @discardableResult
  package mutating func travelled(
    _ packet: Packet, _ shape: PacketShape, number: Int, _ way: Way, at now: Moment
  ) -> Placement {
    if way != .through { isSteered = true }
    switch packet.kind {
    case .command(.macro): return macro(packet, number: number, way)
    case .command(let kind): return command(kind, packet, shape, number: number, way, at: now)
    case .reply(let kind): return reply(kind, packet, shape, number: number, way, at: now)
    case .unknown, .empty:
      if packet.sender == .mta, way.comes { macrosAhead.removeAll() }
      if way == .left { kept(number) }
      return Placement(stage: nil, message: messages.open)
    }
  }

  /// A command or macros came by in a trace of which only the macros in force are asked for.
  package mutating func recall(_ packet: Packet, number: Int) {
    guard case .command(let kind) = packet.kind else { return }
    kind == .macro ? macros.announced(packet, number: number) : macros.commanded(kind)
  }

  /// A packet that came goes nowhere: it was dropped, or answered here, or its connection ended.
  package mutating func kept(_ number: Int) {
    pending.keptCommand(number)
    pending.keptReply(number)
  }

  /// The peer at the far end of a leg is gone, or we closed it.
  package mutating func closed(_ leg: Leg) {
    mtaLeg.closed(leg)
    milterLeg.closed(leg)
    messages.connectionEnded()
    switch leg {
    case .mta: pending.abandonAll()
    case .milter: pending.milterLeft()
    }
  }

  // MARK: Commands

  private mutating func macro(_ packet: Packet, number: Int, _ way: Way) -> Placement {
    if way.leaves { milterLeg.commanded(.macro, number, [], isFirstDue: false) }
    guard way.comes else { return Placement() }
    mtaLeg.commanded(.macro, number, [], isFirstDue: false)
    let letter = packet.payload.isEmpty ? 0 : packet.bytes[packet.payload.lowerBound]
    var placement = Placement(stage: Stage(rawValue: letter), message: 0)
    if let kind = CommandKind(rawValue: letter), placement.stage != nil {
      placement.message = messages.enter(kind, byMacros: true, milterHasLeft: milterHasLeft)
    }
    if macrosAhead.count < FactLimits.pending {
      macrosAhead.append(MacrosAhead(number: number, letter: letter))
    }
    macros.announced(packet, number: number)
    signs.note(macros: packet, isRequested: negotiation.requestsMacros(at: .connect))
    return placement
  }

  private mutating func command(
    _ kind: CommandKind, _ packet: Packet, _ shape: PacketShape, number: Int, _ way: Way, at now: Moment
  ) -> Placement {
    var placement = Placement(stage: kind.stage, message: 0)
    if way.comes { came(kind, packet, shape, number, way, &placement, at: now) }
    guard way.leaves else { return placement }
    if kind == .optNeg { negotiation.show(OptNeg(shape, of: packet)) }
    let asked = pending.asked
    milterLeg.commanded(
      kind, number, negotiation.milterFlags, isFirstDue: asked == nil || asked?.number == number)
    if way == .through { return placement }
    if let stage = kind.stage {
      pending.reachedMilter(stage, number, isAnswered: negotiation.milterAnswers(at: stage), at: now)
    } else if way != .made {
      pending.keptCommand(number)
    }
    return placement
  }

  /// A command of the MTA is here.
  private mutating func came(
    _ kind: CommandKind, _ packet: Packet, _ shape: PacketShape, _ number: Int, _ way: Way,
    _ placement: inout Placement, at now: Moment
  ) {
    placement.message = messages.enter(kind, byMacros: false, milterHasLeft: milterHasLeft)
    if !macrosAhead.isEmpty {
      placement.macros = macrosAhead.compactMap { $0.letter == kind.rawValue ? $0.number : nil }
      macrosAhead.removeAll(keepingCapacity: true)
    }
    switch kind {
    case .optNeg:
      if let offer = OptNeg(shape, of: packet) {
        negotiation.offer(offer)
        signs.note(offer: offer)
      }
    case .connect:
      if case .connect(let connect) = shape {
        signs.note(client: connect.family, port: connect.port, address: packet.bytes[connect.address])
      }
    case .abort:
      pending.abandonAll()
      if placement.message != 0 { messages.aborted() }
    case .quit, .quitNC:
      pending.abandonAll()
      messages.connectionEnded()
    case .macro, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown: break
    }
    macros.commanded(kind)
    if kind.stage != nil { pending.giveUpDeclined(by: negotiation.mtaFlags) }
    mtaLeg.commanded(kind, number, negotiation.mtaFlags, isFirstDue: pending.owed == nil)
    guard let stage = kind.stage else { return }
    self.stage = stage
    contentSince = stage.isOfContent ? contentSince ?? now : nil
    let early = pending.came(
      stage, number, message: placement.message, isOwed: negotiation.mtaWaits(at: stage),
      passes: way == .through ? negotiation.milterAnswers(at: stage) : nil, client: contentSince ?? now,
      at: now)
    guard let early, let command = pending.command(number) ?? placed(stage, number, placement, at: now) else {
      return
    }
    placement.answeredBefore = early.number
    placement.waited = Moment.Span(microseconds: 0)
    heard(early.kind, command, at: now)
  }

  /// A command that nobody waits about any more, for the verdict that it took as it came.
  private func placed(_ stage: Stage, _ number: Int, _ placement: Placement, at now: Moment) -> PendingReply?
  {
    PendingReply(
      stage: stage, number: number, message: placement.message, came: now, client: now, mta: .toldByAnother,
      milter: .expectsNone, isHere: false)
  }

  private var milterHasLeft: Bool { mtaLeg.marks.contains(.milterClosed) }

  // MARK: Replies

  /// Whether CONN_FAIL is a verdict: Postfix and Sendmail give the milter up over it (docs/mtas.md).
  package var takesConnFail: Bool { mta == .stalwart }

  /// What settles its stage with this MTA.
  private func settles(_ kind: ReplyKind) -> Bool { kind.settles || kind == .connFail && takesConnFail }

  private mutating func reply(
    _ kind: ReplyKind, _ packet: Packet, _ shape: PacketShape, number: Int, _ way: Way, at now: Moment
  ) -> Placement {
    let meant = way.comes ? said(kind, packet, shape, number: number, at: now) : nil
    guard way.leaves else { return place(meant, took: meant?.thought(until: now)) }
    let heard = reached(kind, packet, shape, number: number, way, at: now)
    // Whatever became of a verdict that came, the milter is through with its command.
    if way == .left, !settles(kind) { pending.keptReply(number) }
    var took: Moment.Span?
    if way == .through, let meant, meant.number == heard?.number { took = meant.thought(until: now) }
    var placement = place(heard, took: took)
    if settles(kind), let heard { placement.waited = now - heard.came }
    return placement
  }

  /// The milter said something. Returns the command that it is about.
  private mutating func said(
    _ kind: ReplyKind, _ packet: Packet, _ shape: PacketShape, number: Int, at now: Moment
  ) -> PendingReply? {
    if kind == .optNeg, let answer = OptNeg(shape, of: packet) { negotiation.answer(answer) }
    guard settles(kind) else {
      milterLeg.replied(at: now, isProgress: kind == .progress)
      return pending.asked
    }
    let meant = pending.cameFromMilter(number)
    if let meant {
      milterLeg.settled(kind, meant, at: now, isOfMessage: meant.message == messages.number)
    } else {
      milterLeg.surplus()
      if mtaLeg.position != .start, !mtaLeg.isLeftByMTA, !isLostAtEnd(at: now) || isDesynchronised {
        isDesynchronised = true
      }
    }
    return meant
  }

  /// Something reached the MTA. Returns the command that it is about there.
  private mutating func reached(
    _ kind: ReplyKind, _ packet: Packet, _ shape: PacketShape, number: Int, _ way: Way, at now: Moment
  ) -> PendingReply? {
    if kind == .optNeg, let answer = OptNeg(shape, of: packet) { negotiation.tell(answer) }
    guard settles(kind) else {
      mtaLeg.replied(at: now, isProgress: kind == .progress)
      return pending.owed
    }
    guard let command = pending.reachedMTA(kind, number, isOurs: way == .made) else {
      mtaLeg.surplus()
      if stage != nil, !mtaLeg.isLeftByMTA, !isLostAtEnd(at: now) { pending.cameEarly(kind, number) }
      return nil
    }
    heard(kind, command, at: now)
    return command
  }

  /// The MTA has its answer to a command.
  private mutating func heard(_ verdict: ReplyKind, _ command: PendingReply, at now: Moment) {
    mtaLeg.settled(verdict, command, at: now, isOfMessage: command.message == messages.number)
    messages.heard(verdict, at: command.stage, of: command.message)
  }

  /// Whether a verdict that finds no command goes nowhere: Postfix's cleanup process reads the answers to the end of
  /// message and drops what it read with them (protocol.md 4.7; seen with Postfix 3.7).
  package func isLostAtEnd(at now: Moment) -> Bool {
    guard mta == .postfix, pending.owed == nil, let last = mtaLeg.settledLast else { return false }
    return last.stage == .bodyEOB && last.at == now && mtaLeg.lastCommand == .bodyEOB
  }

  private func place(_ command: PendingReply?, took: Moment.Span?) -> Placement {
    var placement = Placement(stage: command?.stage, message: command?.message ?? messages.open)
    placement.answers = command?.number
    placement.took = took
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

  /// Whether after this verdict nothing more of the message is asked (protocol.md 4.2).
  package func endsMessage(at stage: Stage) -> Bool {
    switch stage {
    case .negotiation, .connect, .helo, .unknown: false
    case .bodyEOB: true
    case .rcpt, .data: self == .accept || self == .discard
    case .mail, .header, .eoh, .body: self == .accept || self == .discard || refuses
    }
  }

  package var refuses: Bool {
    switch self {
    case .reject, .tempfail, .replyCode, .shutdown, .connFail: true
    case .optNeg, .continue, .accept, .discard, .skip, .progress, .addHeader, .insHeader, .chgHeader,
      .addRcpt,
      .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine, .setSymList:
      false
    }
  }
}
