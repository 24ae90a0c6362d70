import Dialogue
import MilterProtocol

// An MTA of a kind, that sends mails.
//
// What Postfix, Sendmail and an MTA that is neither say to a milter about a client and its mails, and what they do about what it
// answers. Facts: docs/protocol.md, sections 2 to 6; the tests compare with recorded sessions of Postfix 3.7 and Sendmail 8.17.
//
//   OPTNEG ─▶ CONNECT ─▶ HELO ─▶ ( MAIL ─▶ RCPT+ ─▶ DATA ─▶ HEADER* ─▶ EOH ─▶ BODY* ─▶ BODYEOB )* ─▶ QUIT
//      each behind its macros; none where the milter switched it off; the next at once where it does not answer
//
//   verdict at      Postfix                                 Sendmail
//   CONNECT, HELO   a r t y: closes without QUIT            a r t y, d at CONNECT: QUIT
//   MAIL            a d r t y: the mail is over             the same
//   RCPT            r t y: without this recipient; a d: over; nobody left: over
//   DATA            a d r t y: over                         the same
//   HEADER … BODY   a d r t y: over                         the same
//   SKIP            no more of that kind                    of HEADER: no body; before: nothing more at all
//   behind a mail   ABORT, always                           ABORT where it was taken back and another one comes
//   at the end      ABORT behind HELO, QUIT                 QUIT

/// An MTA of a kind, that sends mails to a milter.
package struct SendingMTA: MTAScript {
  private let session: SendingSession
  private let mails: [SentMail]
  private var macros: MacroWriter?
  private var state = State.start
  /// What is to be said before anything else, in order.
  private var lines: [Packet] = []
  private var said = 0
  /// The verdict on the command that is due.
  private var verdict: Verdict?
  /// Verdicts that came before anybody asked.
  private var early: [Verdict] = []
  private var trouble: Sentence?
  private var current = 0
  private var accepted = 0
  private var skipsBody = false
  /// MAIL has been said, and nothing since then that ends a mail for the MTA.
  private var hasMail = false
  private var hasHelo = false

  private enum State {
    case start
    case negotiating
    /// The command of that step has been said, unless the milter wants none.
    case at(Step)
    /// What is to be said is all there is.
    case leaving
  }

  fileprivate enum Step: Equatable {
    case connect
    case helo(isEncrypted: Bool)
    case mail
    case rcpt(Int)
    case data
    case header(Int)
    case eoh
    /// The chunk that begins there.
    case body(Int)
    case bodyEOB
  }

  private struct Verdict {
    var kind: ReplyKind
    /// A 421: the client is disconnected.
    var disconnects = false
  }

  package init(_ session: SendingSession, _ mails: [SentMail]) {
    self.session = session
    self.mails = mails
  }

  // MARK: - Script

  package mutating func next(_ dialogue: Dialogue, at now: Moment) -> MTAMove {
    while true {
      if let trouble { return .giveUp(trouble) }
      if said < lines.count {
        said += 1
        return .say(lines[said - 1])
      }
      lines.removeAll(keepingCapacity: true)
      said = 0
      if case .leaving = state { return .hangUp }
      if let due = dialogue.pending.owed {
        let end = dialogue.giveUpTime(of: due)
        if now < end { return .wait(until: end) }
        trouble = "no answer to \(due.stage.name) within \((end - due.came).words)"
      } else {
        goOn(dialogue)
      }
    }
  }

  package mutating func heard(
    _ packet: Packet, _ place: Placement, _ dialogue: Dialogue, at now: Moment
  ) {
    if let stage = place.stage, givesUp(over: packet, at: stage) {
      trouble = "\(packet.kind.name) is no answer to \(stage.name) that the MTA takes"
      return
    }
    guard case .reply(let kind) = packet.kind, kind.settles else { return }
    var verdict = Verdict(kind: kind)
    if kind == .replyCode { verdict.disconnects = packet.bytes[packet.payload].starts(with: "421".utf8) }
    if kind == .shutdown { verdict.disconnects = true }
    if place.answers == nil { early.append(verdict) } else { self.verdict = verdict }
  }

  private func givesUp(over packet: Packet, at stage: Stage) -> Bool {
    // A client of no kind gives up over what both would that were measured.
    guard let mta = session.mta.mta, mta != .generic else {
      return KnownMTA.measured.allSatisfy { packet.isGivenUpOver(by: $0, at: stage) }
    }
    return packet.isGivenUpOver(by: mta, at: stage)
  }

  // MARK: - Steps

  private mutating func goOn(_ dialogue: Dialogue) {
    switch state {
    case .start:
      lines = [Packet(encoding: Command.optNeg(session.offer))]
      state = .negotiating
    case .negotiating:
      guard let answer = dialogue.negotiation.answered else {
        trouble = "the milter answers OPTNEG with something else"
        return
      }
      if let objection = objection(to: answer) {
        trouble = objection
        return
      }
      verdict = nil
      macros = MacroWriter(session, dialogue.negotiation)
      begin(.connect, dialogue)
    case .at(let step):
      let verdict = self.verdict ?? takeEarly(step, dialogue)
      self.verdict = nil
      follow(step, verdict, dialogue)
    case .leaving: break
    }
  }

  /// Why the MTA does not take an answer (`milter8_connect` in milter8.c, `milter_negotiate` in milter.c; protocol.md 2.6, 2.7).
  private func objection(to answer: OptNeg) -> Sentence? {
    if session.mta == .postfix, answer.version > session.offer.version {
      return "the milter answers version \(String(answer.version)), which was not offered"
    }
    let surplus = ActionFlags(
      rawValue: answer.actions.rawValue & ~(session.mta == .postfix ? session.offer.actions : .current)
        .rawValue)
    if !surplus.isEmpty {
      return "the milter wants actions that were not offered: \(FlagNames.text(surplus))"
    }
    let unknown = ProtocolFlags(rawValue: answer.protocolFlags.rawValue & ~ProtocolFlags.current.rawValue)
    if session.mta == .sendmail, !unknown.isEmpty {
      return "the milter wants steps that were not offered: \(FlagNames.text(unknown))"
    }
    return nil
  }

  private mutating func takeEarly(_ step: Step, _ dialogue: Dialogue) -> Verdict? {
    let stage = step.stage
    guard !early.isEmpty, dialogue.negotiation.mtaWaits(at: stage),
      !dialogue.negotiation.milterDeclines(stage)
    else { return nil }
    return early.removeFirst()
  }

  /// Says the command of a step behind its macros, as far as the milter wants them.
  private mutating func begin(_ step: Step, _ dialogue: Dialogue) {
    state = .at(step)
    let isWanted = !dialogue.negotiation.milterDeclines(step.stage)
    if isWanted || session.announcesUnwanted(step.stage) {
      let mail = current < mails.count && step.isOfMail ? mails[current] : nil
      var recipient: Envelope?
      if case .rcpt(let place) = step { recipient = mail?.recipients[place] }
      var writer = macros
      if case .helo(let isEncrypted) = step, !isEncrypted { writer = writer?.inTheClear }
      let packet = writer?.packet(
        before: step.stage, of: mail, to: recipient, hasQueueID: hasQueueID(at: step))
      if let packet { lines.append(packet) }
    }
    if isWanted { lines.append(Packet(encoding: command(step, dialogue))) }
    if case .mail = step { hasMail = true }
    if case .helo = step { hasHelo = true }
  }

  /// Postfix opens its queue file for the first recipient that it takes (protocol.md 5.3).
  private func hasQueueID(at step: Step) -> Bool {
    guard session.mta == .postfix else { return step.isOfMail }
    return switch step {
    case .connect, .helo, .mail: false
    case .rcpt: accepted > 0
    case .data, .header, .eoh, .body, .bodyEOB: true
    }
  }

  private func command(_ step: Step, _ dialogue: Dialogue) -> Command {
    switch step {
    case .connect: return .connect(session.connect)
    case .helo: return .helo(name: session.helo ?? [])
    case .mail: return .mail(mails[current].sender)
    case .rcpt(let place): return .rcpt(mails[current].recipients[place])
    case .data: return .data
    case .header(let place): return .header(header(place, dialogue))
    case .eoh: return .eoh
    case .body(let start):
      let body = mails[current].mail.body
      return .body(Array(body[start..<min(start + Limits.chunkBytes, body.count)]))
    case .bodyEOB: return .bodyEOB([])
    }
  }

  /// One blank behind the colon is no part of the value, unless HDR_LEADSPC says so (protocol.md 3.8).
  private func header(_ place: Int, _ dialogue: Dialogue) -> Header {
    let field = mails[current].mail.headers[place]
    let isCut = !dialogue.negotiation.keepsLeadingSpace && field.text.first == 0x20
    return Header(name: field.name, value: isCut ? Array(field.text.dropFirst()) : field.text)
  }

  // MARK: - Verdicts

  private mutating func follow(_ step: Step, _ verdict: Verdict?, _ dialogue: Dialogue) {
    let course = course(step, verdict)
    if case .rcpt = step, course != .without { accepted += 1 }
    switch course {
    case .goesOn, .without: next(after: step, dialogue)
    case .skips: skip(step, dialogue)
    case .mailIsOver: endMail(isFinished: true, dialogue)
    case .mailIsRefused: endMail(isFinished: false, dialogue)
    case .ends: quit()
    case .isDeaf: leave(with: session.mta == .postfix ? [] : [.quit])
    }
  }

  private enum Course {
    case goesOn
    /// Without this recipient.
    case without
    /// No more of its kind.
    case skips
    /// Nothing more of it is asked; taken, refused or thrown away.
    case mailIsOver
    /// The client may take it back.
    case mailIsRefused
    /// The client is disconnected.
    case ends
    /// Nothing more of the session is asked.
    case isDeaf
  }

  private func course(_ step: Step, _ verdict: Verdict?) -> Course {
    guard let verdict else { return .goesOn }
    let isSendmail = session.mta == .sendmail
    switch (step.stage, verdict.kind) {
    case (.bodyEOB, _): return verdict.disconnects ? .ends : .mailIsOver
    case (_, .continue): return .goesOn
    case (.connect, .discard): return isSendmail ? .isDeaf : .goesOn
    case (.helo, .discard): return .goesOn
    case (.connect, .skip), (.helo, .skip), (.mail, .skip), (.data, .skip):
      return isSendmail ? .isDeaf : .goesOn
    case (.rcpt, .skip): return isSendmail ? .isDeaf : .skips
    case (_, .skip): return .skips
    case (.connect, _), (.helo, _): return .isDeaf
    case (_, .accept), (_, .discard): return .mailIsOver
    case (_, let kind) where kind.refuses && verdict.disconnects: return .ends
    case (.rcpt, _): return .without
    case (.mail, _): return .mailIsOver
    case (.data, _): return .mailIsRefused
    case (_, _): return .mailIsOver
    }
  }

  private mutating func next(after step: Step, _ dialogue: Dialogue) {
    switch step {
    case .connect where isLast(.connect): quit()
    case .connect where session.helo != nil: begin(.helo(isEncrypted: false), dialogue)
    case .connect: beginMail(dialogue)
    case .helo(isEncrypted: false) where session.isEncrypted:
      // STARTTLS makes Postfix forget the client's HELO (seen with 3.7).
      if session.mta == .postfix { lines.append(Packet(encoding: Command.abort)) }
      begin(.helo(isEncrypted: true), dialogue)
    case .helo: isLast(.helo) ? quit() : beginMail(dialogue)
    case .mail: isLast(.mail) ? quit() : askRecipient(0, dialogue)
    case .rcpt(let place): askRecipient(place + 1, dialogue)
    case .data: isLast(.data) ? quit() : askHeader(0, dialogue)
    case .header(let place): askHeader(place + 1, dialogue)
    case .eoh: isLast(.eoh) ? quit() : askBody(from: 0, dialogue)
    case .body(let start): askBody(from: start + Limits.chunkBytes, dialogue)
    case .bodyEOB: endMail(isFinished: true, dialogue)
    }
  }

  private mutating func skip(_ step: Step, _ dialogue: Dialogue) {
    switch step {
    case .rcpt: askRecipient(.max, dialogue)
    // Sendmail goes on with headers, and leaves the body out (protocol.md 4.7).
    case .header where session.mta == .sendmail:
      skipsBody = true
      next(after: step, dialogue)
    case .header: askHeader(.max, dialogue)
    case .body: askBody(from: .max, dialogue)
    case .connect, .helo, .mail, .data, .eoh, .bodyEOB: next(after: step, dialogue)
    }
  }

  private mutating func beginMail(_ dialogue: Dialogue) {
    guard current < mails.count else { return quit() }
    accepted = 0
    skipsBody = false
    begin(.mail, dialogue)
  }

  private mutating func askRecipient(_ place: Int, _ dialogue: Dialogue) {
    if place < mails[current].recipients.count { return begin(.rcpt(place), dialogue) }
    if isLast(.rcpt) { return quit() }
    accepted > 0 ? begin(.data, dialogue) : endMail(isFinished: false, dialogue)
  }

  private mutating func askHeader(_ place: Int, _ dialogue: Dialogue) {
    if place < mails[current].mail.headers.count { return begin(.header(place), dialogue) }
    isLast(.header) ? quit() : begin(.eoh, dialogue)
  }

  private mutating func askBody(from start: Int, _ dialogue: Dialogue) {
    if !skipsBody, start < mails[current].mail.body.count, !dialogue.negotiation.milterDeclines(.body) {
      return begin(.body(start), dialogue)
    }
    isLast(.body) ? quit() : begin(.bodyEOB, dialogue)
  }

  private func isLast(_ stage: Stage) -> Bool { session.lastStage == stage }

  // MARK: - Ends

  /// - Parameter isFinished: nothing of the mail is left for the client to take back.
  private mutating func endMail(isFinished: Bool, _ dialogue: Dialogue) {
    current += 1
    let isTakenBack = !isFinished && current < mails.count
    if session.mta == .postfix || isTakenBack { lines.append(Packet(encoding: Command.abort)) }
    hasMail = false
    beginMail(dialogue)
  }

  private mutating func quit() {
    var commands: [Command] = []
    if hasMail, session.mta != .sendmail { commands.append(.abort) }
    if hasHelo, session.mta == .postfix { commands.append(.abort) }
    leave(with: commands + [.quit])
  }

  private mutating func leave(with commands: [Command]) {
    lines += commands.map { Packet(encoding: $0) }
    state = .leaving
  }
}

extension SendingMTA.Step {
  fileprivate var stage: Stage {
    switch self {
    case .connect: .connect
    case .helo: .helo
    case .mail: .mail
    case .rcpt: .rcpt
    case .data: .data
    case .header: .header
    case .eoh: .eoh
    case .body: .body
    case .bodyEOB: .bodyEOB
    }
  }

  fileprivate var isOfMail: Bool { stage != .connect && stage != .helo }
}

extension SendingSession {
  /// Both send macros for `C H M R T` and `E` also where the command is switched off, Postfix none for what its own version does
  /// not know (protocol.md 3.3; seen with Postfix 3.7 and Sendmail 8.17).
  package func announcesUnwanted(_ stage: Stage) -> Bool {
    switch stage {
    case .header, .eoh, .body: false
    case .data: offer.version >= 4
    case _: true
    }
  }

  /// The client as CONNECT has it; an IPv6 address of Sendmail is marked and written out (protocol.md 3.4).
  package var connect: Connect {
    let family: Connect.Family =
      switch client.address {
      case nil: .unknown
      case let address? where address.isIPv4: .inet(port: client.port, address: bytes(address.text))
      case let address? where mta == .sendmail:
        .inet6(port: client.port, address: bytes("IPv6:\(address.written)"))
      case let address?: .inet6(port: client.port, address: bytes(address.text))
      }
    return Connect(hostname: client.name ?? clientInBrackets, family: family)
  }
}
