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
//   RSET            ABORT, where a mail is open             ABORT, where the milter knows of one that is open
//   HELO again      ABORT behind it, one more for a mail    ABORT before it, where a mail is open
//   UNKNOWN         its first word, behind empty macros     the whole line, none while the milter is done with a mail
//   at the end      ABORT behind HELO, QUIT                 QUIT

/// An MTA of a kind, that passes on to a milter what an SMTP client says.
package struct SendingMTA: MTAScript {
  private var session: SendingSession
  private let mails: [SentMail]
  private let steps: [Step]
  /// The step that is done.
  private var place = -1
  private var macros: MacroWriter?
  private var state = State.start
  /// What is to be said before anything else, in order.
  private var lines: [MTAMove] = []
  private var said = 0
  /// The verdict on the command that is due.
  private var verdict: Verdict?
  /// Verdicts that came before anybody asked.
  private var early: [Verdict] = []
  private var trouble: Sentence?
  private var current = 0
  private var accepted = 0
  /// Of the mail: what is not said of it any more.
  private var skipped: Set<Stage> = []
  private var mail = MailState.none
  /// The milter let MAIL pass, or DATA was said to it: what Sendmail calls a message.
  private var isInMessage = false
  /// What Sendmail calls being done with one: until MAIL or HELO it is told of no unknown command.
  private var isDone = false
  private var hasHelo = false
  private var isEncrypted = false
  /// To be said behind the answer to HELO.
  private var aborts = 0

  private enum MailState {
    case none
    case open
    /// Nothing of it goes on, and the client has yet to take it back.
    case refused
  }

  private enum State {
    case start
    case negotiating
    /// The command of that step has been said, unless the milter wants none.
    case at(Step)
    /// What is to be said is all there is.
    case leaving
  }

  /// What an SMTP client says, in its order.
  package enum Step: Equatable, Sendable {
    case connect
    case helo([UInt8])
    case startTLS
    /// MAIL of the mail of that number; what follows is of this mail.
    case mail(Int)
    case rcpt(Int)
    case data
    case header(Int)
    case eoh
    /// The chunk that lies there.
    case body(Range<Int>)
    case bodyEOB
    case unknown([UInt8])
    case rset
    case quit
    /// From here on the MTA knows this of itself and its client.
    case knows(SendingSession)
    /// Nothing is said; a word for whoever reads the trace.
    case note(Sentence)
  }

  private struct Verdict {
    var kind: ReplyKind
    /// A 421: the client is disconnected.
    var disconnects = false
  }

  /// A client that sends these mails one behind the other.
  package init(_ session: SendingSession, _ mails: [SentMail]) {
    var steps = [Step.connect]
    steps += Self.greeting(session)
    steps += session.unknown.map { .unknown($0) }
    for place in mails.indices { steps += Self.steps(of: mails[place], place) }
    self.init(session, mails, saying: steps)
  }

  /// - Parameter steps: they name the mails by their places; the client quits behind them.
  package init(_ session: SendingSession, _ mails: [SentMail], saying steps: [Step]) {
    (self.session, self.mails, self.steps) = (session, mails, steps)
  }

  /// HELO, twice around STARTTLS; nothing where the client says none.
  package static func greeting(_ session: SendingSession) -> [Step] {
    guard let helo = session.helo else { return [] }
    return session.isEncrypted ? [.helo(helo), .startTLS, .helo(helo)] : [.helo(helo)]
  }

  package static func steps(of mail: SentMail, _ place: Int) -> [Step] {
    [.mail(place)] + mail.recipients.indices.map { .rcpt($0) } + [.data]
      + mail.mail.headers.indices.map { .header($0) }
      + [.eoh] + chunks(0..<mail.mail.body.count) + [.bodyEOB]
  }

  /// A body, or a part of it, in pieces that go into a packet each.
  package static func chunks(_ body: Range<Int>) -> [Step] {
    stride(from: body.lowerBound, to: body.upperBound, by: Limits.chunkBytes).map {
      .body($0..<min($0 + Limits.chunkBytes, body.upperBound))
    }
  }

  // MARK: - Script

  package mutating func next(_ dialogue: Dialogue, at now: Moment) -> MTAMove {
    while true {
      if let trouble { return .giveUp(trouble) }
      if said < lines.count {
        said += 1
        return lines[said - 1]
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
    _ packet: Packet, number: Int, _ place: Placement, _ dialogue: Dialogue, at now: Moment
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
      say(.optNeg(session.offer))
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
      goOnWithSteps(dialogue)
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
    guard let stage = step.stage, !early.isEmpty, dialogue.negotiation.mtaWaits(at: stage),
      !dialogue.negotiation.milterDeclines(stage)
    else { return nil }
    return early.removeFirst()
  }

  /// Begins the next step that an MTA does, or ends.
  private mutating func goOnWithSteps(_ dialogue: Dialogue) {
    while place + 1 < steps.count {
      place += 1
      let step = steps[place]
      if isLeftOut(step) { continue }
      if let last = session.lastStage?.order, let stage = step.stage?.order, stage > last { break }
      if case .data = step, accepted == 0 {
        mail = .refused
        continue
      }
      return begin(step, dialogue)
    }
    quit()
  }

  private func isLeftOut(_ step: Step) -> Bool {
    switch step {
    case .rcpt, .data, .header, .eoh, .body, .bodyEOB:
      mail != .open || step.stage.map(skipped.contains) ?? false
    case .unknown: session.mta == .sendmail && isDone
    case .connect, .helo, .startTLS, .mail, .rset, .quit, .knows, .note: false
    }
  }

  private mutating func begin(_ step: Step, _ dialogue: Dialogue) {
    state = .at(step)
    switch step {
    case .rset: takeBack()
    case .quit: quit()
    case .startTLS:
      // It makes Postfix forget the client's HELO (seen with 3.7).
      if session.mta == .postfix, hasHelo { say(.abort) }
      if session.mta == .postfix { hasHelo = false }
      isEncrypted = true
    case .knows(let session):
      self.session = session
      macros = MacroWriter(session, dialogue.negotiation)
    case .note(let text): lines.append(.note(text))
    case .helo:
      greetAgain()
      say(step, dialogue)
      (hasHelo, isDone) = (true, false)
    case .mail(let number):
      takeBack()
      (current, accepted, skipped) = (number, 0, [])
      (mail, isInMessage, isDone) = (.open, false, false)
      say(step, dialogue)
    case .data:
      isInMessage = true
      say(step, dialogue)
    case .connect, .rcpt, .header, .eoh, .body, .bodyEOB, .unknown: say(step, dialogue)
    }
  }

  private mutating func say(_ command: Command) { lines.append(.say(Packet(encoding: command))) }

  /// Says the command of a step behind its macros, as far as the milter wants them.
  private mutating func say(_ step: Step, _ dialogue: Dialogue) {
    guard let stage = step.stage, let command = command(step, dialogue) else { return }
    let isWanted = !dialogue.negotiation.milterDeclines(stage)
    if isWanted || session.announcesUnwanted(stage) {
      let mail = stage.isOfMail && mails.indices.contains(current) ? mails[current] : nil
      var recipient: Envelope?
      if case .rcpt(let place) = step { recipient = mail?.recipients[place] }
      let writer = isEncrypted ? macros : macros?.inTheClear
      let packet = writer?.packet(before: stage, of: mail, to: recipient, hasQueueID: hasQueueID(at: stage))
      if let packet { lines.append(.say(packet)) }
    }
    if isWanted { say(command) }
  }

  /// Postfix opens its queue file for the first recipient that it takes (protocol.md 5.3).
  private func hasQueueID(at stage: Stage) -> Bool {
    guard session.mta == .postfix else { return stage.isOfMail }
    return stage == .rcpt ? accepted > 0 : stage == .data || stage.isOfContent
  }

  private func command(_ step: Step, _ dialogue: Dialogue) -> Command? {
    switch step {
    case .connect: return .connect(session.connect)
    case .helo(let name): return .helo(name: name)
    case .mail: return .mail(mails[current].sender)
    case .rcpt(let place): return .rcpt(mails[current].recipients[place])
    case .data: return .data
    case .header(let place): return .header(header(place, dialogue))
    case .eoh: return .eoh
    case .body(let range): return .body(Array(mails[current].mail.body[range]))
    case .bodyEOB: return .bodyEOB([])
    case .unknown(let line):
      // Before 3.10 Postfix tells of its first word (protocol.md 3.12).
      return .unknown(line: session.mta == .postfix ? Array(line.prefix { $0 != 0x20 }) : line)
    case .startTLS, .rset, .quit, .knows, .note: return nil
    }
  }

  /// One blank behind the colon is no part of the value, unless HDR_LEADSPC says so (protocol.md 3.8).
  private func header(_ place: Int, _ dialogue: Dialogue) -> Header {
    let field = mails[current].mail.headers[place]
    let isCut = !dialogue.negotiation.keepsLeadingSpace && field.text.first == 0x20
    return Header(name: field.name, value: isCut ? Array(field.text.dropFirst()) : field.text)
  }

  // MARK: - Taking back

  /// RSET, or what begins anew without it.
  private mutating func takeBack() {
    guard mail != .none else { return }
    if session.mta != .sendmail || isInMessage { say(.abort) }
    mail = .none
  }

  /// A client that says HELO for the second time takes its mail back (protocol.md 3.13; seen with Postfix 3.7 and Sendmail 8.17).
  private mutating func greetAgain() {
    guard hasHelo else { return }
    if session.mta == .postfix {
      aborts = mail == .none ? 1 : 2
      mail = .none
    } else {
      takeBack()
    }
  }

  // MARK: - Verdicts

  private mutating func follow(_ step: Step, _ verdict: Verdict?, _ dialogue: Dialogue) {
    let course = course(step, verdict)
    switch step {
    case .rcpt where course != .without: accepted += 1
    case .mail where verdict?.kind == .continue: isInMessage = true
    case .helo:
      for _ in 0..<aborts { say(.abort) }
      aborts = 0
    case _: break
    }
    switch course {
    case .goesOn, .without: break
    case .skips: skip(step)
    case .mailIsOver:
      isDone = step == .bodyEOB || verdict?.kind == .accept || verdict?.kind == .discard
      if session.mta == .postfix { say(.abort) }
      mail = .none
    case .mailIsRefused: mail = .refused
    case .ends: return quit()
    case .isDeaf: return leave(with: session.mta == .postfix ? [] : [.quit])
    }
    goOnWithSteps(dialogue)
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
    guard let stage = step.stage, let verdict else { return step == .bodyEOB ? .mailIsOver : .goesOn }
    let isSendmail = session.mta == .sendmail
    switch (stage, verdict.kind) {
    case (.bodyEOB, _): return verdict.disconnects ? .ends : .mailIsOver
    // Its command fails in any case.
    case (.unknown, _): return verdict.disconnects ? .ends : .goesOn
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

  private mutating func skip(_ step: Step) {
    guard let stage = step.stage else { return }
    switch stage {
    // Sendmail goes on with headers, and leaves the body out (protocol.md 4.7).
    case .header where session.mta == .sendmail: skipped.insert(.body)
    case .rcpt, .header, .body: skipped.insert(stage)
    case .negotiation, .connect, .helo, .mail, .data, .eoh, .bodyEOB, .unknown: break
    }
  }

  // MARK: - Ends

  private mutating func quit() {
    var commands: [Command] = []
    switch mail {
    case .open where session.mta != .sendmail: commands.append(.abort)
    case .refused where session.mta == .postfix: commands.append(.abort)
    case .none, .open, .refused: break
    }
    if hasHelo, session.mta == .postfix { commands.append(.abort) }
    leave(with: commands + [.quit])
  }

  private mutating func leave(with commands: [Command]) {
    for command in commands { say(command) }
    state = .leaving
  }
}

extension SendingMTA.Step {
  /// nil where the milter is asked nothing.
  package var stage: Stage? {
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
    case .unknown: .unknown
    case .startTLS, .rset, .quit, .knows, .note: nil
    }
  }
}

extension Stage {
  /// Where it comes in a session; nil for what may come anywhere.
  fileprivate var order: Int? {
    let order: [Stage] = [.connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB]
    return order.firstIndex(of: self)
  }
}

extension SendingSession {
  /// Both send macros for `C H M R T` and `E` also where the command is switched off, Postfix none for what its own version does
  /// not know (protocol.md 3.3; seen with Postfix 3.7 and Sendmail 8.17).
  package func announcesUnwanted(_ stage: Stage) -> Bool {
    switch stage {
    case .header, .eoh, .body: false
    case .data: offer.version >= 4
    case .unknown: offer.version >= 3
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
