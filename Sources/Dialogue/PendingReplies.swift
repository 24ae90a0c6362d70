import MilterProtocol

/// A command that somebody still waits about.
package struct PendingReply: Sendable {
  package let stage: Stage
  /// Number of the command's packet.
  package let number: Int
  /// Of the connection; 0 outside any.
  package let message: Int
  /// When it came, or was made.
  package let came: Moment
  /// Since when the SMTP client waits for what it comes to.
  package let client: Moment
  package internal(set) var mta: MTASide
  package internal(set) var milter: MilterSide
  /// It came and has not left: it is held, or waits behind something that is.
  package internal(set) var isHere: Bool
  /// The MTA went on without it (ABORT, QUIT, a close).
  package internal(set) var isAbandoned = false

  /// What the MTA knows of it.
  package enum MTASide: Sendable, Equatable {
    /// It expects no reply.
    case expectsNone
    /// It has waited since the command came.
    case waits
    /// It took this for the reply: the milter's own, or one of ours.
    case told(ReplyKind)
    /// It took a verdict for the reply that was not meant for it.
    case toldByAnother
  }

  /// What the milter knows of it.
  package enum MilterSide: Sendable, Equatable {
    /// It has not got the command, or promised no reply to it.
    case expectsNone
    /// It has had it since then.
    case thinks(since: Moment)
    /// Its verdict came in and has not left yet.
    case answered(by: Int)
    /// Its verdict has left, or goes nowhere.
    case settled
  }

  package var isOwed: Bool { if case .waits = mta { true } else { false } }

  /// Whether that verdict was meant for it, and has not left.
  fileprivate func isAnswered(by verdict: Int) -> Bool {
    if case .answered(let number) = milter { number == verdict } else { false }
  }

  package var isAsked: Bool { if case .thinks = milter { true } else { false } }

  /// How long the milter has had it by then.
  package func thought(until now: Moment) -> Moment.Span? {
    if case .thinks(let since) = milter { now - since } else { nil }
  }

  fileprivate var isOver: Bool {
    if isHere || isOwed { return false }
    switch milter {
    case .expectsNone, .settled: return true
    case .thinks, .answered: return false
    }
  }
}

/// Which command a reply answers: the one place where that is decided.
///
/// There is no request number in the protocol. The milter answers the commands that reached it, in their order; the MTA
/// takes verdicts for the answers to the commands that it sent, in their order, whoever gives them. So each command has
/// two sides (``PendingReply``), and a verdict finds two commands:
///
/// 1. the one that it was *meant* for: the oldest that the milter thinks about, when it comes from the milter;
/// 2. the one that *hears* it: the oldest that the MTA waits about, when it reaches the MTA.
///
/// Mostly they are the same. They are not where we answered, dropped or made up something, or where a milter gives a
/// verdict too many: that one finds no command that waits, lies in the MTA's socket and answers the next command there
/// is, and so does every later one (R01, R02; protocol.md 4.7; seen with Postfix 3.7 and Sendmail 8.17).
///
/// A command that was switched off is sent by no MTA that is known. libmilter answers it all the same (seen with 8.17:
/// `U` and `T` in version 2, and with each NO bit); Sendmail::PMilter and others do not. So it waits for a reply until
/// the MTA goes on without one.
///
/// The list is hardly ever longer than one, and keeps its room: in the good case nothing is allocated.
package struct PendingReplies: Sendable {
  /// More than any MTA has under way; of a peer that goes on beyond it no further commands are followed.
  static let limit = 1024

  private var entries: [PendingReply] = []
  /// Verdicts that reached the MTA before it asked, oldest first.
  package private(set) var early: [EarlyVerdict] = []

  package struct EarlyVerdict: Sendable {
    package let number: Int
    let kind: ReplyKind
  }

  package var isEmpty: Bool { entries.isEmpty }
  /// Commands that somebody waits about.
  package var count: Int { entries.count }

  /// The oldest command that the MTA waits about; it hears the next verdict.
  package var owed: PendingReply? { entries.first { $0.isOwed } }

  /// The oldest command that the milter thinks about; its next verdict is meant for that.
  package var asked: PendingReply? { entries.first { $0.isAsked } }

  /// The oldest command that the milter is not through with as far as the MTA could know: what it says is about that,
  /// while its verdict may be on its way here.
  package var discussed: PendingReply? {
    entries.first {
      switch $0.milter {
      case .thinks, .answered: true
      case .expectsNone, .settled: false
      }
    }
  }

  /// Every command that the MTA waits about, oldest first.
  package var allOwed: [PendingReply] { entries.filter(\.isOwed) }

  /// The oldest command that is due on a leg and that the MTA has not given up.
  package func awaited(on leg: Leg) -> PendingReply? {
    entries.first { !$0.isAbandoned && (leg == .mta ? $0.isOwed : $0.isAsked) }
  }

  /// The oldest command whose verdict is due on a leg.
  package func due(on leg: Leg) -> PendingReply? { leg == .mta ? owed : asked }

  /// The command of that number, while somebody waits about it.
  package func command(_ number: Int) -> PendingReply? { entries.first { $0.number == number } }

  /// The command that the verdict of that number was meant for, from its coming to its leaving; nil for one too many.
  package func command(answeredBy verdict: Int) -> PendingReply? {
    entries.first { $0.isAnswered(by: verdict) }
  }

  package func isEarly(_ verdict: Int) -> Bool { early.contains { $0.number == verdict } }

  package func owes(_ number: Int) -> Bool { command(number)?.isOwed ?? false }

  // MARK: - Commands

  /// The MTA sent a command. Returns the verdict that it takes for the answer where one had come before.
  ///
  /// - Parameters:
  ///   - isOwed: whether the MTA waits for a reply to it.
  ///   - client: since when the SMTP client waits.
  ///   - passes: nil where it stays here for now; else it has reached the milter, and whether that answers it.
  mutating func came(
    _ stage: Stage, _ number: Int, message: Int, isOwed: Bool, passes: Bool?, client: Moment, at now: Moment
  ) -> EarlyVerdict? {
    // Nobody waits: most of what a milter switched the replies off for.
    if !isOwed, passes == false { return nil }
    var side = PendingReply.MTASide.expectsNone
    var verdict: EarlyVerdict?
    if isOwed, early.isEmpty {
      side = .waits
    } else if isOwed {
      side = .toldByAnother
      verdict = early.removeFirst()
    }
    append(
      PendingReply(
        stage: stage, number: number, message: message, came: now, client: client, mta: side,
        milter: passes == true ? .thinks(since: now) : .expectsNone, isHere: passes == nil))
    return verdict
  }

  /// A command reached the milter; it may be of our own making.
  ///
  /// - Parameter isAnswered: whether the milter answers it.
  mutating func reachedMilter(_ stage: Stage, _ number: Int, isAnswered: Bool, at now: Moment) {
    guard let i = entries.lastIndex(where: { $0.number == number }) else {
      guard isAnswered else { return }
      return append(
        PendingReply(
          stage: stage, number: number, message: 0, came: now, client: now, mta: .expectsNone,
          milter: .thinks(since: now), isHere: false))
    }
    entries[i].isHere = false
    if isAnswered, case .expectsNone = entries[i].milter { entries[i].milter = .thinks(since: now) }
    dropIfOver(i)
  }

  /// A command goes nowhere: it was dropped, or answered here, or nobody is left to get it.
  mutating func keptCommand(_ number: Int) {
    guard let i = entries.firstIndex(where: { $0.number == number && $0.isHere }) else { return }
    entries[i].isHere = false
    dropIfOver(i)
  }

  /// The MTA went on without a reply to a command that was switched off: nobody waits for that.
  mutating func giveUpDeclined(by flags: ProtocolFlags) {
    guard !entries.isEmpty else { return }
    entries.removeAll { $0.isOwed && !$0.isHere && flags.declines($0.stage) }
  }

  mutating func abandonAll() {
    for i in entries.indices where entries[i].isOwed { entries[i].isAbandoned = true }
  }

  // MARK: - Verdicts

  /// The milter gave a verdict. Returns the command that it was meant for; nil for one too many.
  mutating func cameFromMilter(_ number: Int) -> PendingReply? {
    guard let i = entries.firstIndex(where: { $0.isAsked }) else { return nil }
    defer { entries[i].milter = .answered(by: number) }
    return entries[i]
  }

  /// A verdict reached the MTA. Returns the command that hears it; nil where the MTA waits for none.
  ///
  /// - Parameter isOurs: we made it, for the command that hears it.
  mutating func reachedMTA(_ kind: ReplyKind, _ number: Int, isOurs: Bool) -> PendingReply? {
    let meant = entries.firstIndex { $0.isAnswered(by: number) }
    let heard = entries.firstIndex { $0.isOwed }
    let command = heard.map { entries[$0] }
    if let heard { entries[heard].mta = isOurs || heard == meant ? .told(kind) : .toldByAnother }
    if let meant { entries[meant].milter = .settled }
    if let meant, let heard, meant != heard {
      // The later one first: places before it stay.
      dropIfOver(max(meant, heard))
      dropIfOver(min(meant, heard))
    } else if let one = meant ?? heard {
      dropIfOver(one)
    }
    return command
  }

  /// A verdict reached the MTA, which waited for none and will take it for the answer to its next command.
  mutating func cameEarly(_ kind: ReplyKind, _ number: Int) {
    if early.count < Self.limit { early.append(EarlyVerdict(number: number, kind: kind)) }
  }

  /// A verdict goes nowhere.
  mutating func keptReply(_ number: Int) {
    guard let i = entries.firstIndex(where: { $0.isAnswered(by: number) }) else { return }
    entries[i].milter = .settled
    dropIfOver(i)
  }

  /// The milter is gone: it says no more than it has said.
  mutating func milterLeft() {
    for i in entries.indices.reversed() {
      guard entries[i].isAsked else { continue }
      entries[i].milter = .settled
      dropIfOver(i)
    }
  }

  // MARK: -

  private mutating func append(_ entry: PendingReply) {
    if !entry.isOver, entries.count < Self.limit { entries.append(entry) }
  }

  private mutating func dropIfOver(_ i: Int) {
    if entries[i].isOver { entries.remove(at: i) }
  }
}
