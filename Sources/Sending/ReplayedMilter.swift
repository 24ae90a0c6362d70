import Dialogue
import MilterProtocol

// A recorded milter, that answers living MTAs.
//
// Each command is looked up among the recorded ones: by what it says, else by what it is about (``CommandLikeness``), else the next of
// its kind that nothing was answered like yet.
//
//   OPTNEG                         the next recorded connection; what it answered, within what this MTA offers
//   CONNECT                        which recorded connections this may be; played is the first of them
//   HELO, UNKNOWN                  those of these connections, and those that have none like it are out where another one has
//   MAIL                           which recorded mails this may be; played is the first of them
//   RCPT, HEADER, BODY             those of these mails, and the mails that have none like it are out where another one has
//   DATA, EOH, BODYEOB             those of the mail that is played
//
// A mail or a connection may be played more than once; one that was not yet comes first.

/// A recorded milter, played to MTAs of today.
package struct ReplayedMilter: MilterCast {
  /// What is done about a command that no recorded one fits.
  package enum Surprise: String, Sendable, CaseIterable { case `continue`, tempfail, close }

  /// Something to be told of a connection.
  package struct Remark: Sendable {
    package let connection: Int
    package let text: Sentence
    /// The command that no recorded one fits; nil for another word about the connection.
    package let unmatched: Packet?
  }

  package struct Tally: Sendable, Equatable {
    /// Commands that were answered like one that says the same, or is about the same.
    package internal(set) var byContent = 0
    package internal(set) var byOrder = 0
    package internal(set) var unmatched = 0
    /// Something of what was recorded was not said.
    package internal(set) var leftOut = 0
    package internal(set) var connections = 0
    package internal(set) var mails = 0

    package var answered: Int { byContent + byOrder + unmatched }
  }

  private let recording: MilterRecording
  private let sessions: [[MilterRecording.Exchange]]
  private let mails: [[MilterRecording.Exchange]]
  private let answers: any RecordedAnswers
  private let surprise: Surprise
  private let isPaced: Bool
  private var conversations: [Int: Conversation] = [:]
  /// How often each was played.
  private var sessionPlays: [Int]
  private var mailPlays: [Int]
  private let sessionsByContent: ByContent
  private let mailsByContent: ByContent
  private var remarks: [Remark] = []
  package private(set) var tally = Tally()

  /// - Parameter isPaced: each answer takes as long as the recorded one did.
  package init(
    _ recording: MilterRecording, from answers: any RecordedAnswers, unmatched: Surprise, isPaced: Bool
  ) {
    (self.recording, self.answers, self.isPaced) = (recording, answers, isPaced)
    surprise = unmatched
    sessionPlays = Array(repeating: 0, count: recording.sessions.count)
    mailPlays = Array(repeating: 0, count: recording.mails.count)
    sessions = recording.sessions.map(\.exchanges)
    mails = recording.mails.map(\.exchanges)
    sessionsByContent = ByContent(sessions)
    mailsByContent = ByContent(mails)
  }

  /// Recorded mails that were played, however often.
  package var mailsPlayed: Int { mailPlays.count { $0 > 0 } }

  package mutating func takeRemarks() -> [Remark] {
    defer { remarks = [] }
    return remarks
  }

  // MARK: - One connection

  /// One connection of a living MTA.
  private struct Conversation {
    /// Recorded connections that this one may be.
    var sessions = Candidates()
    /// What this MTA was answered in OPTNEG.
    var answered: OptNeg?
    /// What the recorded one was.
    var recorded: ProtocolFlags = []
    /// Recorded mails that the one which is open may be.
    var mails = Candidates()
    /// None fits the mail that is open.
    var isStrange = false
    /// Kinds of what was said already about this connection.
    var told: Set<String> = []

    func waits(at stage: Stage) -> Bool { !(answered?.effectiveFlags.promisesNoReply(at: stage) ?? false) }
  }

  package mutating func ended(_ connection: Int) { conversations[connection] = nil }

  package mutating func moves(on packet: Packet, of connection: Int) -> [MilterMove] {
    guard case .command(let kind) = packet.kind else { return [] }
    var conversation = conversations.removeValue(forKey: connection) ?? Conversation()
    let known = remarks.count
    let moves = moves(on: packet, kind, &conversation, connection)
    conversations[connection] = conversation
    return remarks[known...].map { .note($0.text) } + moves
  }

  private mutating func moves(
    on packet: Packet, _ kind: CommandKind, _ conversation: inout Conversation, _ connection: Int
  ) -> [MilterMove] {
    let found: (MilterRecording.Exchange, Fit)?
    switch kind {
    case .macro: return []
    case .abort:
      endMail(&conversation)
      return []
    case .quit: return [.close]
    case .quitNC:
      // The next client on the same connection; what was negotiated stays.
      conversation = Conversation(answered: conversation.answered, recorded: conversation.recorded)
      return []
    case .optNeg: return negotiate(packet, &conversation, connection)
    case .connect: found = beginSession(kind, CommandLikeness(packet), &conversation)
    // Where the recorded milter wanted no CONNECT, a session begins there.
    case .helo where conversation.sessions.played == nil:
      found = beginSession(kind, CommandLikeness(packet), &conversation)
    case .helo, .unknown:
      found = conversation.sessions.find(kind, CommandLikeness(packet), in: sessions, &sessionPlays)
    case .mail: found = beginMail(kind, CommandLikeness(packet), &conversation)
    case .rcpt, .data, .header, .eoh, .body, .bodyEOB:
      found = goOn(kind, CommandLikeness(packet), &conversation)
    }
    guard let stage = kind.stage else { return [] }
    defer { if kind == .bodyEOB { endMail(&conversation) } }
    guard let (exchange, fit) = found else { return surprised(by: packet, stage, &conversation, connection) }
    return answer(exchange, fit, to: packet, stage, &conversation, connection)
  }

  private func endMail(_ conversation: inout Conversation) {
    conversation.mails = Candidates()
    conversation.isStrange = false
  }

  // MARK: - Negotiation

  private mutating func negotiate(
    _ packet: Packet, _ conversation: inout Conversation, _ connection: Int
  ) -> [MilterMove] {
    let next = recording.sessions.indices.filter { recording.sessions[$0].negotiation != nil }
      .min { (sessionPlays[$0], $0) < (sessionPlays[$1], $1) }
    tally.connections += 1
    guard let next, let exchange = recording.sessions[next].negotiation else { return [.close] }
    conversation.recorded = recording.sessions[next].flags
    let recorded = exchange.answers.compactMap { answers.answer(at: $0.row) }
    guard case .command(.optNeg(let offer)) = PacketValue(decoding: packet), let first = recorded.first,
      case .reply(.optNeg(let answer)) = PacketValue(decoding: first)
    else { return moves(exchange, saying: recorded) }
    var within = answer
    within.version = min(answer.version, offer.version)
    within.actions.formIntersection(offer.actions)
    within.protocolFlags.formIntersection(offer.protocolFlags)
    if !offer.actions.contains(.setSymbolList) { within.symbolLists = [] }
    conversation.answered = within
    if within == answer { return moves(exchange, saying: recorded) }
    for difference in Self.differences(of: within, from: answer) {
      remark(Sentence("this MTA does not offer all that the recorded one did: \(difference)"), connection)
    }
    return moves(exchange, saying: [Packet(encoding: Reply.optNeg(within))] + recorded.dropFirst())
  }

  private static func differences(of within: OptNeg, from answer: OptNeg) -> [String] {
    var words: [String] = []
    if within.version != answer.version {
      words.append("version \(within.version) in place of \(answer.version)")
    }
    let actions = answer.actions.subtracting(within.actions)
    if !actions.isEmpty { words.append("without \(FlagNames.text(actions))") }
    let flags = answer.protocolFlags.subtracting(within.protocolFlags)
    if !flags.isEmpty { words.append("without \(FlagNames.text(flags))") }
    if within.symbolLists != answer.symbolLists { words.append("without lists of macros") }
    return words
  }

  // MARK: - Which recorded command it is

  private mutating func beginSession(
    _ kind: CommandKind, _ likeness: CommandLikeness, _ conversation: inout Conversation
  ) -> (MilterRecording.Exchange, Fit)? {
    endMail(&conversation)
    var places = sessionsByContent.places(likeness).sorted { (sessionPlays[$0], $0) < (sessionPlays[$1], $1) }
    if places.isEmpty { places = sessionPlays.firstIndex(of: 0).map { [$0] } ?? [] }
    conversation.sessions = Candidates(places, &sessionPlays)
    if let played = places.first { conversation.recorded = recording.sessions[played].flags }
    return conversation.sessions.find(kind, likeness, in: sessions, &sessionPlays)
  }

  private mutating func beginMail(
    _ kind: CommandKind, _ likeness: CommandLikeness, _ conversation: inout Conversation
  ) -> (MilterRecording.Exchange, Fit)? {
    tally.mails += 1
    let session = conversation.sessions.played
    func rank(_ place: Int) -> (Int, Int, Int, Int) {
      let mail = recording.mails[place]
      let isWhole = mail.exchanges.first?.likeness.whole == likeness.whole
      return (mailPlays[place], isWhole ? 0 : 1, mail.session == session ? 0 : 1, place)
    }
    var places = mailsByContent.places(likeness).sorted { rank($0) < rank($1) }
    if places.isEmpty {
      let next = mailPlays.indices.filter { mailPlays[$0] == 0 }.min { rank($0) < rank($1) }
      places = next.map { [$0] } ?? []
    }
    conversation.mails = Candidates(places, &mailPlays)
    conversation.isStrange = places.isEmpty
    return find(kind, likeness, ofMailIn: &conversation)
  }

  private mutating func goOn(
    _ kind: CommandKind, _ likeness: CommandLikeness, _ conversation: inout Conversation
  ) -> (MilterRecording.Exchange, Fit)? {
    if conversation.isStrange { return nil }
    // Where the recorded milter wanted no MAIL, a mail begins there.
    guard conversation.mails.played != nil else { return beginMail(kind, likeness, &conversation) }
    return find(kind, likeness, ofMailIn: &conversation)
  }

  private mutating func find(
    _ kind: CommandKind, _ likeness: CommandLikeness, ofMailIn conversation: inout Conversation
  ) -> (MilterRecording.Exchange, Fit)? {
    let found = conversation.mails.find(kind, likeness, in: mails, &mailPlays)
    if let played = conversation.mails.played {
      conversation.sessions.prefer(recording.mails[played].session, &sessionPlays)
    }
    return found
  }

  // MARK: - What is said

  private mutating func answer(
    _ exchange: MilterRecording.Exchange, _ fit: Fit, to packet: Packet, _ stage: Stage,
    _ conversation: inout Conversation, _ connection: Int
  ) -> [MilterMove] {
    if case .isUnknown = exchange.end { return surprised(by: packet, stage, &conversation, connection) }
    let waits = conversation.waits(at: stage)
    var said: [Packet] = []
    for answer in exchange.answers {
      guard let reply = answers.answer(at: answer.row) else { continue }
      if let reply = permitted(reply, at: stage, &conversation, connection) { said.append(reply) }
    }
    if waits || !said.isEmpty {
      if fit == .content { tally.byContent += 1 } else { tally.byOrder += 1 }
    }
    switch exchange.end {
    case .isSilent:
      remark("the recorded milter did not answer \(stage.name), and so does this one", connection)
    // No reply was promised then.
    case .listens where waits && said.isEmpty: said = [Self.goOn]
    case .listens, .closes, .breaks, .isUnknown: break
    }
    return moves(exchange, saying: said)
  }

  private static let goOn = Packet(encoding: Reply.verdict(.continue))

  /// nil for what this MTA does not take.
  private mutating func permitted(
    _ reply: Packet, at stage: Stage, _ conversation: inout Conversation, _ connection: Int
  ) -> Packet? {
    guard case .reply(let kind) = reply.kind, let answered = conversation.answered else { return reply }
    if let action = kind.requiredAction, !answered.actions.contains(action) {
      leaveOut("\(kind.name) is left out: this MTA does not take it", &conversation, connection)
      return nil
    }
    if kind == .skip, !answered.protocolFlags.contains(.skip) {
      leaveOut("SKIP at \(stage.name) becomes CONTINUE: this MTA does not take it", &conversation, connection)
      return Self.goOn
    }
    return reply
  }

  private mutating func leaveOut(_ words: String, _ conversation: inout Conversation, _ connection: Int) {
    tally.leftOut += 1
    if conversation.told.insert(words).inserted { remark(Sentence(words: words), connection) }
  }

  private func moves(_ exchange: MilterRecording.Exchange, saying packets: [Packet]) -> [MilterMove] {
    var moves: [MilterMove] = []
    for (i, packet) in packets.enumerated() {
      if isPaced, i < exchange.answers.count { moves.append(.pause(exchange.answers[i].pause)) }
      moves.append(.say(packet))
    }
    switch exchange.end {
    case .closes: moves.append(.close)
    case .breaks: moves.append(.reset)
    case .listens, .isSilent, .isUnknown: break
    }
    return moves
  }

  /// No recorded command fits.
  private mutating func surprised(
    by packet: Packet, _ stage: Stage, _ conversation: inout Conversation, _ connection: Int
  ) -> [MilterMove] {
    guard conversation.waits(at: stage) else { return [] }
    if conversation.recorded.declines(stage) {
      let words = "the recorded milter had \(stage.name) switched off: CONTINUE"
      if conversation.told.insert(words).inserted { remark(Sentence(words: words), connection) }
      return [.say(Self.goOn)]
    }
    tally.unmatched += 1
    // Of a mail that fits none, only its beginning is told.
    let isBeginning = conversation.isStrange && conversation.told.insert("a mail \(tally.mails)").inserted
    if isBeginning || !stage.isOfMail || !conversation.isStrange {
      let rest: Sentence = isBeginning ? ", nor does anything of this mail" : ""
      let text: Sentence =
        "\(stage.name) \(wire: Self.shown(packet)) fits no recorded command\(rest): \(surprise.name)"
      remarks.append(Remark(connection: connection, text: text, unmatched: packet))
    }
    return switch surprise {
    case .continue: [.say(Self.goOn)]
    case .tempfail: [.say(Packet(encoding: Reply.verdict(.tempfail)))]
    case .close: [.close]
    }
  }

  /// As much of a command as a line has room for.
  private static func shown(_ packet: Packet) -> [UInt8] {
    Array(packet.bytes[packet.payload].prefix(100).split(separator: 0).joined(separator: [0x20]))
  }

  private mutating func remark(_ text: Sentence, _ connection: Int) {
    remarks.append(Remark(connection: connection, text: text, unmatched: nil))
  }
}

extension ReplayedMilter.Surprise {
  fileprivate var name: String {
    switch self {
    case .continue: "CONTINUE"
    case .tempfail: "TEMPFAIL"
    case .close: "the connection is closed"
    }
  }
}

// MARK: - Looking up

/// How a recorded command was found.
private enum Fit { case content, order }

/// Connections or mails of the recording that a living one may be; the first is played.
private struct Candidates {
  private var courses: [Course] = []
  /// Further ones are left out: what they say is hardly known apart.
  private static let most = 1_000

  init() {}

  /// - Parameter plays: how often each was played; counts the first.
  init(_ places: [Int], _ plays: inout [Int]) {
    courses = places.prefix(Self.most).map { Course($0) }
    if let played { plays[played] += 1 }
  }

  var played: Int? { courses.first?.place }

  mutating func find(
    _ kind: CommandKind, _ likeness: CommandLikeness, in all: [[MilterRecording.Exchange]],
    _ plays: inout [Int]
  ) -> (MilterRecording.Exchange, Fit)? {
    guard let before = played else { return nil }
    let found = courses.indices.map { i in
      courses[i].find(kind, likeness, among: all[courses[i].place])
    }
    // What says nothing tells none from another.
    guard found.count > 1, kind != .data, kind != .eoh, kind != .bodyEOB else { return found[0] }
    let fits = found.indices.filter { found[$0]?.1 == .content }
    guard let first = fits.first else { return found[0] }
    courses = fits.map { courses[$0] }
    count(from: before, &plays)
    return found[first]
  }

  /// Plays that one where it may be.
  mutating func prefer(_ place: Int, _ plays: inout [Int]) {
    guard let before = played else { return }
    guard before != place, let i = courses.firstIndex(where: { $0.place == place }) else { return }
    courses.insert(courses.remove(at: i), at: 0)
    count(from: before, &plays)
  }

  private func count(from before: Int, _ plays: inout [Int]) {
    guard let played, played != before else { return }
    plays[before] -= 1
    plays[played] += 1
  }
}

/// One connection or mail of the recording, and which of its commands were answered like already.
private struct Course {
  let place: Int
  private var used: Set<Int> = []

  init(_ place: Int) { self.place = place }

  mutating func find(
    _ kind: CommandKind, _ likeness: CommandLikeness, among exchanges: [MilterRecording.Exchange]
  ) -> (MilterRecording.Exchange, Fit)? {
    var (alike, next, again, alikeAgain): (Int?, Int?, Int?, Int?)
    for (i, exchange) in exchanges.enumerated() where exchange.stage == kind.stage {
      let isWhole = exchange.likeness.whole == likeness.whole
      let isAlike = exchange.likeness.subject == likeness.subject
      if used.contains(i) {
        if isWhole { again = i } else if isAlike { alikeAgain = i }
      } else if isWhole {
        return take(i, exchanges, .content)
      } else {
        if isAlike { alike = alike ?? i }
        next = next ?? i
      }
    }
    // Among headers of one name only the value is content.
    let byName: Fit = kind == .header ? .order : .content
    if let alike { return take(alike, exchanges, byName) }
    if let again { return take(again, exchanges, .content) }
    if let alikeAgain { return take(alikeAgain, exchanges, byName) }
    // A header of another name is another header.
    if kind != .header, let next { return take(next, exchanges, .order) }
    return nil
  }

  private mutating func take(_ i: Int, _ exchanges: [MilterRecording.Exchange], _ fit: Fit) -> (
    MilterRecording.Exchange, Fit
  ) {
    used.insert(i)
    return (exchanges[i], fit)
  }
}

/// Which connections or mails of a recording begin so.
private struct ByContent: Sendable {
  private var subject: [Int: [Int]] = [:]

  init(_ all: [[MilterRecording.Exchange]]) {
    for (place, exchanges) in all.enumerated() {
      guard let first = exchanges.first else { continue }
      subject[first.likeness.subject, default: []].append(place)
    }
  }

  func places(_ likeness: CommandLikeness) -> [Int] { subject[likeness.subject] ?? [] }
}
