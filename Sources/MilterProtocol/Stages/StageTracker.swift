// The theory of one leg.
//
// A leg is one connection on which an MTA sends commands and a milter sends replies. There is no request number: replies
// belong to commands by order alone. The tracker follows one leg from the bytes that travel on it, and has these jobs:
//
//  1. Position: how far has the MTA come, and may this command come here? (`Position`)
//  2. Pending replies: which command does this reply answer, since when was it due? (`PendingReplies`)
//  3. Messages: number them within the connection; macros sent before MAIL belong to the message that it opens.
//  4. Negotiation: what was offered, what was answered, which stages are not sent or not answered. (`Negotiated`)
//  5. Remarks: what a peer did that another peer would not bear. (`FindingRule`)
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
// Invariants
//
//  - A command that is answered by the rules in force is in the queue until its verdict, once; nothing else is.
//  - A verdict takes the head of the queue, whatever it says. The milter's view of order is the one that is kept: after a
//    surplus verdict (R01, R02) the MTA's view is off by one, and only that is said, once for each surplus verdict.
//  - No state depends on which side this program plays, and nothing here reads a clock.
//  - Whatever a peer sends, the tracker goes on: after an illegal command it stands where that command leads, so that
//    one slip is one finding.
//  - In the good case nothing is allocated, and what is kept does not grow: the queue is bounded, findings are handed out.
//
// Oddities of MTAs (docs/protocol.md, sections 3 and 6; seen with Postfix 3.7 and Sendmail 8.17)
//
//  - Postfix sends ABORT after every message and twice before QUIT; Sendmail only when a message is dropped after MAIL was
//    answered. A new MAIL may therefore follow a finished or refused message directly.
//  - Postfix sends a second HELO before the ABORTs that it causes, Sendmail after.
//  - Both send MACRO for stages that are switched off, and Postfix empty ones.
//  - After a refused DATA both send RCPT and DATA again; libmilter does not answer those.
//  - Postfix closes without QUIT once a milter accepted or refused the connection.

/// Follows one leg: where each packet stands, which command a reply answers, and what is odd.
package struct StageTracker: Hashable, Sendable {
  /// How far the MTA has come.
  package private(set) var position = Position.start
  package private(set) var negotiated = Negotiated()
  /// Number of the message that is open or was refused and not yet dropped; 0 where there is none.
  package private(set) var message = 0
  /// The last command that was no MACRO.
  package private(set) var lastCommand: CommandKind?
  /// Which MTA this is, as far as its macros tell.
  package private(set) var mta = MTAKind.unknown
  /// What a milter made with libmilter takes next, if it got and gave what travelled here.
  package private(set) var libmilter = LibmilterState()

  private var queue = PendingReplies()
  /// Messages begun so far.
  private var messages = 0
  /// The MACRO packet that no command has followed yet: its letter and number.
  private var macros: (letter: UInt8, number: Int)? {
    get { macroNumber < 0 ? nil : (macroLetter, macroNumber) }
    set { (macroLetter, macroNumber) = newValue.map { ($0.letter, $0.number) } ?? (0, -1) }
  }
  private var macroLetter: UInt8 = 0
  private var macroNumber = -1
  /// The last command of a stage that goes without reply, until a reply is due again.
  private var unanswered: PendingReply?
  /// When the milter last sent something about the head of the queue.
  private var lastReply: Moment?
  private var lastProgress: Moment?
  private var replyBody = ReplyBody()
  private var marks: Marks = []
  private var unseenNames: [UnseenName] = []

  package init() {}

  /// The commands that await a verdict, oldest first.
  package var pending: [PendingReply] { queue.all }

  /// The oldest command whose verdict the MTA waits for.
  package var awaited: PendingReply? { queue.firstAwaited }

  package var isMessageOpen: Bool { position.isInMessage }

  /// Things that happened, or were said already and are said once a connection.
  private struct Marks: OptionSet, Hashable, Sendable {
    let rawValue: UInt16
    static let quit = Marks(rawValue: 1)
    static let mtaClosed = Marks(rawValue: 2)
    static let milterClosed = Marks(rawValue: 4)
    /// The milter accepted or refused the connection as a whole.
    static let settled = Marks(rawValue: 8)
    static let desynchronised = Marks(rawValue: 16)
    static let dataRefused = Marks(rawValue: 32)
    static let localClient = Marks(rawValue: 64)
    static let bareRcpt = Marks(rawValue: 128)
    static let refusedRcpt = Marks(rawValue: 256)
    static let saidMacroWithoutSlot = Marks(rawValue: 512)
    static let saidAbortOutside = Marks(rawValue: 1024)
    static let saidProgressStorm = Marks(rawValue: 2048)
    static let began = Marks(rawValue: 4096)
  }

  /// A requested macro that no MTA is known to have: a remark is due when its stage's macros come without it.
  private struct UnseenName: Hashable, Sendable {
    let stage: MacroStage
    let name: [UInt8]
  }

  /// How a new body comes in.
  private struct ReplyBody: Hashable, Sendable {
    var hasBegun = false
    var isInterrupted = false
    var smallChunks = 0
  }
}

// MARK: packets

extension StageTracker {
  /// A packet travelled on the leg. Its sender says in which direction.
  ///
  /// - Parameters:
  ///   - number: the packet's number in the trace.
  ///   - findings: gets what is odd, in no particular order.
  package mutating func received(
    _ packet: Packet, number: Int, at now: Moment, findings: inout [Finding]
  ) -> Place {
    received(packet, Dissection(packet), number: number, at: now, findings: &findings)
  }

  /// The same for a packet that was taken apart already.
  package mutating func received(
    _ packet: Packet, _ dissection: Dissection, number: Int, at now: Moment, findings: inout [Finding]
  ) -> Place {
    let arrival = Arrival(packet: packet, shape: dissection.shape, number: number, now: now)
    let about = packet.sender == .milter ? queue.first?.stage ?? unanswered?.stage : nil
    if PacketLint.looks(at: dissection, bytes: packet.bytes.count) {
      var lint = PacketLint(packet, dissection, flags: negotiated.flags, mta: mta, stage: about)
      lint.run()
      for remark in lint.remarks {
        findings.append(Finding(remark.rule, packet: number, "\(packet.kind.name): \(remark.text)"))
      }
    }
    defer { marks.insert(.began) }
    switch packet.kind {
    case .command(.macro): return macro(arrival, &findings)
    case .command(let kind): return command(kind, arrival, &findings)
    case .reply(let kind): return reply(kind, arrival, &findings)
    case .unknown, .empty: return Place(stage: about, message: message)
    }
  }

  /// One packet on its way through the tracker.
  private struct Arrival {
    let packet: Packet
    let shape: PacketShape
    let number: Int
    let now: Moment

    func remark(
      _ rule: FindingRule, _ text: @autoclosure () -> String, _ findings: inout [Finding]
    ) {
      findings.append(Finding(rule, packet: number, text()))
    }
  }
}

// MARK: commands

extension StageTracker {
  private mutating func command(
    _ kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Place {
    remarkOnOrder(of: kind, arrival, &findings)
    let macros = takeMacros(for: kind, arrival, &findings)
    if queue.first != nil { remarkOnPending(kind, arrival, &findings) }
    let stage = kind.stage
    var place = Place(stage: stage, message: 0, macros: macros)
    switch kind {
    case .optNeg: offer(arrival, &findings)
    case .connect: noteClient(arrival)
    case .helo: if position == .done || position == .out { message = 0 }
    case .mail: beginMessage()
    case .rcpt, .data, .header, .eoh, .body, .bodyEOB:
      if message == 0, negotiated.flags.contains(.noMail) { beginMessage() }
      if kind == .rcpt { noteRecipient(arrival) }
      place.message = message
    case .unknown: place.message = message
    case .abort: place.message = abort(arrival, &findings)
    case .quit, .quitNC: place.message = quit(kind, arrival, &findings)
    case .macro: break
    }
    if kind == .mail { place.message = message }
    position = Position.after(kind) ?? position
    lastCommand = kind
    libmilter.received(kind)
    if let stage { expectReply(to: stage, arrival) }
    return place
  }

  private mutating func expectReply(to stage: Stage, _ arrival: Arrival) {
    let reply = PendingReply(stage: stage, number: arrival.number, message: message, since: arrival.now)
    if let flag = stage.noReplyFlag, negotiated.flags.contains(flag) {
      unanswered = reply
    } else {
      unanswered = nil
      if queue.first == nil { lastReply = nil }
      queue.append(reply)
    }
  }

  private mutating func beginMessage() {
    messages += 1
    message = messages
    replyBody = ReplyBody()
    marks.subtract([.dataRefused, .saidProgressStorm])
  }

  private mutating func remarkOnOrder(
    of kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    if position == .start {
      guard kind != .optNeg else { return }
      arrival.remark(.firstNotOptNeg, "\(kind.name) is the first packet of the MTA", &findings)
      position = .ready
      return
    }
    if kind == .optNeg {
      arrival.remark(.secondOptNeg, "OPTNEG was sent before", &findings)
      return
    }
    let flags = negotiated.flags
    if let flag = kind.stage?.noCommandFlag, flags.contains(flag) {
      arrival.remark(.unwantedCommand, "\(kind.name) although \(flag.names[0]) is negotiated", &findings)
    }
    switch position.order(of: kind, declined: flags) {
    case .legal: break
    case .illegal:
      arrival.remark(.outOfOrder, "\(kind.name) after \(positionName)", &findings)
      if kind == .rcpt && !position.isInMessage { remarkTooEarly(kind, arrival, &findings) }
    case .tooEarly:
      arrival.remark(.outOfOrder, "\(kind.name) after \(positionName)", &findings)
      remarkTooEarly(kind, arrival, &findings)
    case .unfinishedMessage:
      arrival.remark(.mailWithoutEnd, "message \(message) was not ended by a verdict or ABORT", &findings)
    }
    if marks.contains(.dataRefused), kind == .rcpt || kind == .data {
      arrival.remark(.afterRefusedData, "\(kind.name) after DATA was refused", &findings)
    }
    if kind == .quitNC { arrival.remark(.quitNC, "QUIT_NC", &findings) }
  }

  private func remarkTooEarly(_ kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]) {
    arrival.remark(.tooEarly, "\(kind.name) needs commands that did not come", &findings)
  }

  /// Where we stand, in words for a finding.
  private var positionName: String {
    switch position {
    case .start: "nothing"
    case .negotiating: "OPTNEG that is not answered"
    case .ready: "OPTNEG"
    case .connect: "CONNECT"
    case .helo: "HELO or ABORT"
    case .mail: "MAIL"
    case .rcpt: "RCPT"
    case .data: "DATA"
    case .header: "HEADER"
    case .eoh: "EOH"
    case .body: "BODY"
    case .bodyEOB: "BODYEOB that is not answered"
    case .done: "the verdict on the message"
    case .out: "the verdict that ended filtering"
    case .closed: "QUIT"
    }
  }

  /// The MTA went on while a reply was due.
  private mutating func remarkOnPending(
    _ kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    guard let awaited = queue.firstAwaited else { return }
    switch kind {
    case .abort, .quit, .quitNC:
      arrival.remark(
        .closedWhilePending, "\(kind.name) while the reply to \(named(awaited)) was due", &findings)
      queue.abandonAll()
    case .optNeg, .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .macro:
      guard !marks.contains(.desynchronised) else { return }
      arrival.remark(.didNotWait, "\(kind.name) while the reply to \(named(awaited)) was due", &findings)
    }
  }

  private func named(_ reply: PendingReply) -> String { "\(reply.stage.name) (packet \(reply.number))" }

  private mutating func abort(_ arrival: Arrival, _ findings: inout [Finding]) -> Int {
    defer {
      message = 0
      if position != .ready && position != .connect { position = .helo }
      marks.remove(.dataRefused)
      unanswered = nil
    }
    if message == 0, mta != .postfix, !marks.contains(.saidAbortOutside) {
      marks.insert(.saidAbortOutside)
      arrival.remark(.abortOutside, "no message is open", &findings)
    }
    return message
  }

  private mutating func quit(_ kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]) -> Int {
    defer {
      message = 0
      unanswered = nil
      marks.subtract([.settled, .dataRefused, .localClient])
    }
    if kind == .quit { marks.insert(.quit) }
    return 0
  }

  private mutating func noteClient(_ arrival: Arrival) {
    guard case .connect(let connect) = arrival.shape, connect.port == 0,
      arrival.packet.bytes[connect.hostname].elementsEqual("localhost".utf8)
    else { return marks.subtract(.localClient) }
    if connect.family == UInt8(ascii: "4") { marks.insert(.localClient) }
  }

  private mutating func noteRecipient(_ arrival: Arrival) {
    guard marks.contains(.localClient), case .rcpt(let address, _) = arrival.shape else { return }
    if arrival.packet.bytes[address].first == UInt8(ascii: "<") {
      marks.remove(.bareRcpt)
    } else {
      marks.insert(.bareRcpt)
    }
  }
}

// MARK: macros

extension StageTracker {
  private mutating func macro(_ arrival: Arrival, _ findings: inout [Finding]) -> Place {
    if position == .start {
      arrival.remark(.firstNotOptNeg, "MACRO is the first packet of the MTA", &findings)
      position = .ready
    }
    guard case .macro(let letter, let strings) = arrival.shape, !arrival.packet.payload.isEmpty else {
      return Place(stage: nil, message: message)
    }
    let kind = CommandKind(rawValue: letter)
    // A habit of Postfix, and of no other MTA that is known.
    if MacroStage(command: letter) == nil, mta != .postfix, !marks.contains(.saidMacroWithoutSlot) {
      marks.insert(.saidMacroWithoutSlot)
      let name = kind?.name ?? "'\(InertText.string(escaping: [letter]))'"
      arrival.remark(.macroWithoutSlot, "macros for \(name)", &findings)
    }
    if mta == .unknown { mta = MTAKind.told(from: arrival.packet, command: letter, strings: strings) }
    if let awaited = queue.firstAwaited, awaited.stage.rawValue == letter, !marks.contains(.desynchronised) {
      arrival.remark(.macroTooLate, "macros for \(named(awaited)), which awaits its reply", &findings)
    }
    if kind == .rcpt, negotiated.flags.contains(.rejectedRcpt) { noteRefusal(arrival, strings) }
    if !unseenNames.isEmpty { remarkOnUnseen(letter, strings, arrival, &findings) }
    macros = (letter, arrival.number)
    return Place(stage: kind?.stage, message: messageOfMacros(for: kind))
  }

  private func messageOfMacros(for kind: CommandKind?) -> Int {
    guard let kind, kind.isOfMessage else { return kind == .unknown ? message : 0 }
    return kind == .mail || message == 0 ? messages + 1 : message
  }

  /// Number of the MACRO packet that came right before its command.
  private mutating func takeMacros(
    for kind: CommandKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Int? {
    guard let last = macros else { return nil }
    macros = nil
    if last.letter == kind.rawValue { return last.number }
    // Normal where the stage is switched off: both MTAs send the macros all the same.
    if let stage = CommandKind(rawValue: last.letter)?.stage,
      stage.noCommandFlag.map({ !negotiated.flags.contains($0) }) ?? true
    {
      arrival.remark(
        .macroWithoutCommand, "macros for \(stage.name) (packet \(last.number)), then \(kind.name)",
        &findings)
    }
    return nil
  }

  private mutating func noteRefusal(_ arrival: Arrival, _ strings: Range<Int>) {
    marks.remove(.refusedRcpt)
    var list = StringList(strings, of: arrival.packet)
    while let name = list.next(), let value = list.next() {
      guard KnownMacro.bareName(arrival.packet.bytes[name]).elementsEqual("rcpt_mailer".utf8) else {
        continue
      }
      if arrival.packet.bytes[value].elementsEqual("error".utf8) { marks.insert(.refusedRcpt) }
    }
  }

  private mutating func remarkOnUnseen(
    _ letter: UInt8, _ strings: Range<Int>, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    guard let stage = MacroStage(command: letter) else { return }
    var list = StringList(strings, of: arrival.packet)
    var seen: Set<[UInt8]> = []
    while let name = list.next(), list.next() != nil {
      seen.insert(Array(KnownMacro.bareName(arrival.packet.bytes[name])))
    }
    for unseen in unseenNames where unseen.stage == stage && !seen.contains(unseen.name) {
      arrival.remark(
        .listNameUnknown,
        "'\(InertText.string(escaping: unseen.name))' was requested for \(stage.stage.name)",
        &findings)
    }
    unseenNames.removeAll { $0.stage == stage }
  }
}

// MARK: negotiation

extension StageTracker {
  private mutating func offer(_ arrival: Arrival, _ findings: inout [Finding]) {
    guard case .optNeg(let shape) = arrival.shape else { return }
    let offer = OptNeg(shape, of: arrival.packet)
    negotiated = Negotiated(offered: offer)
    for remark in NegotiationLint.remarks(offer: offer) {
      arrival.remark(remark.rule, remark.text, &findings)
    }
  }

  private mutating func answer(_ arrival: Arrival, _ findings: inout [Finding]) -> Place {
    guard case .optNeg(let shape) = arrival.shape else { return Place(stage: .negotiation, message: 0) }
    guard let head = queue.first, head.stage == .negotiation else {
      if marks.contains(.began) {
        arrival.remark(.secondOptNeg, "OPTNEG, but none awaits an answer", &findings)
      } else {
        arrival.remark(.firstNotOptNeg, "the milter speaks before the MTA", &findings)
      }
      return Place(stage: .negotiation, message: 0)
    }
    let answer = OptNeg(shape, of: arrival.packet)
    for remark in NegotiationLint.remarks(answer: answer, to: negotiated.offered) {
      arrival.remark(remark.rule, remark.text, &findings)
    }
    negotiated.answered = answer
    libmilter.negotiated(answer.protocolFlags)
    unseenNames = answer.symbolLists.flatMap { list in
      let stage = MacroStage(rawValue: list.stage)
      return list.macroNames.compactMap { name -> UnseenName? in
        guard let stage, KnownMacro.named(name) == nil else { return nil }
        return UnseenName(stage: stage, name: Array(KnownMacro.bareName(name)))
      }
    }
    if position == .negotiating { position = .ready }
    return settle(arrival, &findings)
  }
}

// MARK: replies

extension StageTracker {
  private mutating func reply(
    _ kind: ReplyKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Place {
    if kind == .optNeg { return answer(arrival, &findings) }
    if position == .start || queue.first?.stage == .negotiation, negotiated.answered == nil {
      arrival.remark(.firstNotOptNeg, "\(kind.name) instead of an answer to OPTNEG", &findings)
    }
    switch kind.role {
    case .negotiation, .verdict: return verdict(kind, arrival, &findings)
    case .keepAlive: progress(arrival, &findings)
    case .modification: modification(kind, arrival, &findings)
    case .misplaced: arrival.remark(.notForMilters, "no MTA takes \(kind.name)", &findings)
    }
    defer { lastReply = arrival.now }
    return about(queue.first ?? unanswered, arrival)
  }

  private func about(_ reply: PendingReply?, _ arrival: Arrival) -> Place {
    guard let reply else { return Place(stage: nil, message: message) }
    return Place(
      stage: reply.stage, message: reply.message, answers: reply.number, took: arrival.now - reply.since)
  }

  private mutating func verdict(
    _ kind: ReplyKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Place {
    guard let head = queue.first else { return surplus(kind, arrival, &findings) }
    remark(on: kind, to: head, arrival, &findings)
    libmilter.replied(kind, to: head.stage)
    if !head.isAbandoned { move(after: kind, to: head) }
    return settle(arrival, &findings)
  }

  /// Takes the head of the queue: it has its answer.
  private mutating func settle(_ arrival: Arrival, _ findings: inout [Finding]) -> Place {
    guard let head = queue.removeFirst() else { return Place(stage: nil, message: message) }
    if head.isAbandoned {
      if marks.isDisjoint(with: [.quit, .mtaClosed]) {
        arrival.remark(.replyTooLate, "the MTA had given up waiting for \(named(head))", &findings)
      } else {
        arrival.remark(.replyUnheard, "the MTA had left without the reply to \(named(head))", &findings)
      }
    } else {
      remarkOnTime(head, arrival, &findings)
    }
    lastReply = nil
    return about(head, arrival)
  }

  /// A verdict that no command awaits.
  private mutating func surplus(
    _ kind: ReplyKind, _ arrival: Arrival, _ findings: inout [Finding]
  ) -> Place {
    guard position != .start else { return Place(stage: nil, message: 0) }
    if !marks.isDisjoint(with: [.quit, .mtaClosed]) {
      arrival.remark(.replyUnheard, "\(kind.name) after the MTA had left", &findings)
      return Place(stage: nil, message: 0)
    }
    marks.insert(.desynchronised)
    if let unanswered {
      arrival.remark(
        .replyNotWanted, "\(kind.name) to \(named(unanswered)), negotiated to go without reply", &findings)
      return about(unanswered, arrival)
    }
    arrival.remark(
      .secondVerdict, "\(kind.name), but no command awaits a reply: desynchronised from here on", &findings)
    return Place(stage: nil, message: message)
  }

  private mutating func remark(
    on kind: ReplyKind, to head: PendingReply, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    switch kind {
    case .continue, .optNeg: return
    case .skip:
      if !negotiated.flags.contains(.skip), negotiated.answered != nil {
        arrival.remark(.skipNotNegotiated, "SKIP is not among the flags answered", &findings)
      }
      if head.stage != .body { arrival.remark(.skipElsewhere, "SKIP at \(head.stage.name)", &findings) }
    case .shutdown: arrival.remark(.notForMilters, "Sendmail does not take SHUTDOWN", &findings)
    case .accept, .discard: remarkOnEnd(kind, head, arrival, &findings)
    case .reject, .tempfail, .replyCode:
      if head.stage == .rcpt, marks.isSuperset(of: [.localClient, .bareRcpt]) {
        arrival.remark(.refusedLocal, "\(kind.name) for a recipient of local mail", &findings)
      }
    case .connFail, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt,
      .chgFrom, .replBody, .quarantine, .setSymList:
      return
    }
  }

  private mutating func remarkOnEnd(
    _ kind: ReplyKind, _ head: PendingReply, _ arrival: Arrival, _ findings: inout [Finding]
  ) {
    switch head.stage {
    case .unknown: arrival.remark(.acceptAtUnknown, "\(kind.name) at UNKNOWN", &findings)
    case .connect, .helo:
      if kind == .discard { arrival.remark(.discardTooEarly, "DISCARD at \(head.stage.name)", &findings) }
    case .rcpt:
      if marks.contains(.refusedRcpt) {
        arrival.remark(.acceptOfRefused, "\(kind.name): {rcpt_mailer} is error", &findings)
      }
    case .negotiation, .mail, .data, .header, .eoh, .body, .bodyEOB: break
    }
  }

  /// Where a verdict leaves the MTA, unless it has gone on since.
  private mutating func move(after verdict: ReplyKind, to head: PendingReply) {
    switch head.stage {
    case .negotiation, .unknown: return
    case .bodyEOB:
      if head.message == message { message = 0 }
      if position == .bodyEOB { position = .done }
      return
    case .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body: break
    }
    guard lastCommand?.stage == head.stage else { return }
    switch verdict {
    case .accept, .discard:
      if head.stage == .connect || head.stage == .helo {
        if verdict == .accept { settleConnection() }
      } else {
        position = .out
      }
    case .reject, .tempfail, .replyCode, .shutdown:
      switch head.stage {
      case .connect, .helo: settleConnection()
      case .rcpt: break
      case .data:
        position = .rcpt
        marks.insert(.dataRefused)
      case .mail, .header, .eoh, .body: position = .done
      case .negotiation, .bodyEOB, .unknown: break
      }
    case .continue, .skip, .optNeg, .connFail, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt,
      .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine, .setSymList:
      break
    }
  }

  private mutating func settleConnection() {
    marks.insert(.settled)
    position = .out
  }
}

// MARK: modifications and time

extension StageTracker {
  private mutating func modification(_ kind: ReplyKind, _ arrival: Arrival, _ findings: inout [Finding]) {
    if let action = kind.requiredAction, negotiated.answered != nil, !negotiated.actions.contains(action) {
      arrival.remark(.editNotNegotiated, "\(kind.name) needs \(action.names[0])", &findings)
    }
    guard queue.first?.stage == .bodyEOB else {
      if kind == .quarantine, queue.first != nil || position != .done {
        arrival.remark(.quarantineTooEarly, "QUARANTINE \(whereItStands)", &findings)
      } else if queue.first == nil, position == .done || position == .out {
        arrival.remark(.editAfterVerdict, "\(kind.name) after the verdict", &findings)
      } else {
        arrival.remark(.editTooEarly, "\(kind.name) \(whereItStands)", &findings)
      }
      return
    }
    kind == .replBody ? replaceBody(arrival, &findings) : interruptBody()
  }

  private var whereItStands: String {
    queue.first.map { "at \($0.stage.name)" } ?? "after \(positionName)"
  }

  private mutating func interruptBody() {
    if replyBody.hasBegun { replyBody.isInterrupted = true }
  }

  /// So many small pieces of a new body, and a remark is made.
  private static let manyChunks = 100

  private mutating func replaceBody(_ arrival: Arrival, _ findings: inout [Finding]) {
    let bytes = arrival.packet.payload.count
    if replyBody.isInterrupted {
      arrival.remark(.bodyInterleaved, "another modification came between parts of the body", &findings)
    }
    if bytes == 0 { arrival.remark(.bodyErased, "the new body is empty", &findings) }
    if bytes < 1024 { replyBody.smallChunks += 1 }
    if replyBody.smallChunks == Self.manyChunks, bytes < 1024 {
      arrival.remark(.manySmallChunks, "\(Self.manyChunks) parts of less than 1024 bytes", &findings)
    }
    replyBody.hasBegun = true
    replyBody.isInterrupted = false
  }

  private mutating func progress(_ arrival: Arrival, _ findings: inout [Finding]) {
    if let head = queue.first {
      if head.stage == .bodyEOB {
        remarkOnSilence(head, arrival, &findings)
      } else if mta != .postfix || head.stage == .negotiation {
        arrival.remark(.progressTooEarly, "PROGRESS at \(head.stage.name)", &findings)
      }
    } else {
      arrival.remark(.progressTooEarly, "PROGRESS while no reply is due", &findings)
    }
    defer { lastProgress = arrival.now }
    if let lastProgress, arrival.now - lastProgress < .seconds(1), !marks.contains(.saidProgressStorm) {
      marks.insert(.saidProgressStorm)
      arrival.remark(.progressStorm, "less than a second after the last", &findings)
    }
  }

  private func remarkOnTime(_ head: PendingReply, _ arrival: Arrival, _ findings: inout [Finding]) {
    let patience = Patience.of(mta, at: head.stage)
    // Each packet of the milter starts the wait anew, in Postfix at any stage and in Sendmail at end of message.
    let waited = arrival.now - (lastReply ?? head.since)
    guard waited > patience.reply / 2 else { return }
    if waited > patience.reply, head.stage == .bodyEOB {
      remarkOnSilence(head, arrival, &findings)
    } else {
      arrival.remark(
        .slowReply,
        "\(waited.milliseconds) ms, by default \(mta.patienceName) waits \(patience.reply.milliseconds) ms",
        &findings)
    }
  }

  private func remarkOnSilence(_ head: PendingReply, _ arrival: Arrival, _ findings: inout [Finding]) {
    let patience = Patience.of(mta, at: head.stage)
    let waited = arrival.now - (lastReply ?? head.since)
    guard waited > patience.reply else { return }
    arrival.remark(
      .noKeepAlive,
      "\(waited.milliseconds) ms of silence, by default \(mta.patienceName) waits \(patience.reply.milliseconds) ms",
      &findings)
  }
}

/// How long an MTA waits by its default settings.
private struct Patience {
  let reply: Moment.Span

  /// `milter_command_timeout` and `milter_content_timeout` of Postfix; `R` of Sendmail's `T=` (`milter_setup`).
  static func of(_ mta: MTAKind, at stage: Stage) -> Patience {
    switch (mta, stage) {
    case (.sendmail, _): Patience(reply: .seconds(10))
    case (_, .header), (_, .eoh), (_, .body), (_, .bodyEOB): Patience(reply: .seconds(300))
    case (_, .negotiation), (_, .connect), (_, .helo), (_, .mail), (_, .rcpt), (_, .data), (_, .unknown):
      Patience(reply: .seconds(30))
    }
  }
}

extension MTAKind {
  fileprivate var patienceName: String { self == .sendmail ? "Sendmail" : "Postfix" }
}

extension Moment.Span {
  fileprivate var milliseconds: Int64 { microseconds / 1000 }
}

// MARK: the end

extension StageTracker {
  /// The peer at that end of the leg closed it, or lost it.
  ///
  /// - Parameter unfinished: bytes that had come of a packet that is not whole.
  package mutating func closed(
    _ leg: Leg, at now: Moment, unfinished: Int = 0, findings: inout [Finding]
  ) {
    func remark(_ rule: FindingRule, _ text: String, packet: Int? = nil) {
      findings.append(Finding(rule, packet: packet, text))
    }
    if unfinished > 0 {
      let who = leg == .mta ? "MTA" : "milter"
      remark(.endsInPacket, "the \(who) closed with \(counted(unfinished, "byte")) of an unfinished packet")
    }
    let hadLeft = !marks.isDisjoint(with: [.quit, .mtaClosed, .milterClosed])
    let awaited = queue.firstAwaited
    if let awaited, !hadLeft, awaited.stage != .negotiation {
      remark(.noVerdict, "\(named(awaited)) was never answered", packet: awaited.number)
    }
    switch leg {
    case .mta:
      marks.insert(.mtaClosed)
      if !marks.contains(.began) {
        if !hadLeft { remark(.probe, "the MTA closed without a packet") }
      } else if let awaited, !hadLeft {
        remark(.closedWhilePending, "the MTA closed while the reply to \(named(awaited)) was due")
      } else if !hadLeft, !marks.contains(.settled) {
        remark(.noQuit, "the MTA closed after \(positionName)")
      }
      queue.abandonAll()
      position = .closed
      message = 0
    case .milter:
      marks.insert(.milterClosed)
      guard !hadLeft, marks.contains(.began) else { return }
      if let awaited, awaited.stage == .negotiation {
        remark(.milterRefused, "OPTNEG was not answered", packet: awaited.number)
      } else if !marks.contains(.settled) {
        remark(.milterLeft, "the milter closed after \(positionName)")
      }
    }
  }
}
