import MilterProtocol

/// How far the conversation on one leg is, by what travelled there.
package struct LegState: Sendable {
  /// How far the MTA has come, or we in its place.
  package private(set) var position = Position.start
  /// The last command that was no MACRO.
  package private(set) var lastCommand: CommandKind?
  /// A message is open, or was refused and not yet dropped.
  package private(set) var hasMessage = false
  /// A message is open by libmilter's rules: ABORT would make it forget that (`engine.c`, `next_states`).
  package private(set) var isInMessage = false
  package private(set) var marks: Marks = []
  /// What the latest verdict settled, and when it came.
  package private(set) var settledLast: (stage: Stage, at: Moment)?
  /// The last command of a stage that goes without reply, until a reply is due again.
  package private(set) var unanswered: (stage: Stage, number: Int)?
  /// The commands directly before the one that is due that go without reply.
  package private(set) var silent = SilentRun()
  /// When the milter last sent something about the command that is due.
  package private(set) var lastReply: Moment?
  package private(set) var lastProgress: Moment?

  /// Commands without reply, one behind the other.
  package struct SilentRun: Sendable {
    package fileprivate(set) var count = 0
    /// Stage and number of the first.
    package fileprivate(set) var stage = Stage.connect
    package fileprivate(set) var number = 0

    package init() {}

    fileprivate init(from stage: Stage, _ number: Int) { (self.stage, self.number) = (stage, number) }
  }

  /// Things that happened.
  package struct Marks: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let began = Marks(rawValue: 1)
    package static let quit = Marks(rawValue: 2)
    package static let mtaClosed = Marks(rawValue: 4)
    package static let milterClosed = Marks(rawValue: 8)
    /// The milter accepted or refused the connection as a whole.
    package static let settled = Marks(rawValue: 16)
    package static let dataRefused = Marks(rawValue: 32)

    /// The MTA said its last.
    package static let mtaLeft: Marks = [.quit, .mtaClosed]
  }

  /// Whether the MTA, or we in its place, will say nothing more.
  package var isLeftByMTA: Bool { !marks.isDisjoint(with: .mtaLeft) }

  // MARK: - Commands

  /// - Parameter flags: of this leg.
  mutating func commanded(_ kind: CommandKind, _ number: Int, _ flags: ProtocolFlags, isFirstDue: Bool) {
    if position == .start, kind != .optNeg { position = .ready }
    marks.insert(.began)
    switch kind {
    case .mail, .rcpt, .data, .header, .eoh, .body: isInMessage = true
    case .bodyEOB, .abort, .quit, .quitNC: isInMessage = false
    case .optNeg, .macro, .connect, .helo, .unknown: break
    }
    switch kind {
    case .macro: return
    case .helo: if position == .done || position == .out { hasMessage = false }
    case .mail: beginMessage()
    case .rcpt, .data, .header, .eoh, .body, .bodyEOB:
      if !hasMessage, flags.contains(.noMail) { beginMessage() }
    case .abort: aborted()
    case .quit, .quitNC:
      (hasMessage, unanswered) = (false, nil)
      marks.subtract([.settled, .dataRefused])
      if kind == .quit { marks.insert(.quit) }
    case .optNeg, .connect, .unknown: break
    }
    position = Position.after(kind) ?? position
    lastCommand = kind
    guard let stage = kind.stage else { return }
    if flags.promisesNoReply(at: stage) {
      if unanswered == nil { silent = SilentRun(from: stage, number) }
      silent.count += 1
      unanswered = (stage, number)
    } else {
      if unanswered == nil { silent.count = 0 }
      unanswered = nil
      if isFirstDue { lastReply = nil }
    }
  }

  private mutating func beginMessage() {
    hasMessage = true
    marks.remove(.dataRefused)
  }

  private mutating func aborted() {
    (hasMessage, unanswered) = (false, nil)
    if position != .ready, position != .connect { position = .helo }
    marks.remove(.dataRefused)
  }

  // MARK: - Replies

  mutating func replied(at now: Moment, isProgress: Bool) {
    marks.insert(.began)
    lastReply = now
    if isProgress { lastProgress = now }
  }

  /// A verdict settled what was due.
  ///
  /// - Parameter isOfMessage: the command is of the message that is open.
  mutating func settled(_ verdict: ReplyKind, _ command: PendingReply, at now: Moment, isOfMessage: Bool) {
    marks.insert(.began)
    if verdict.endsMessage(at: command.stage) || verdict == .accept { isInMessage = false }
    if !command.isAbandoned { move(after: verdict, at: command.stage, isOfMessage: isOfMessage) }
    settledLast = (command.stage, now)
    lastReply = nil
    if command.stage == .negotiation, position == .negotiating, verdict == .optNeg { position = .ready }
  }

  mutating func surplus() { marks.insert(.began) }

  /// Where a verdict leaves the MTA, unless it has gone on since.
  private mutating func move(after verdict: ReplyKind, at stage: Stage, isOfMessage: Bool) {
    switch stage {
    case .negotiation, .unknown: return
    case .bodyEOB:
      if isOfMessage { hasMessage = false }
      if position == .bodyEOB { position = .done }
      return
    case .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body: break
    }
    guard lastCommand?.stage == stage else { return }
    switch verdict {
    case .accept, .discard:
      if stage == .connect || stage == .helo {
        if verdict == .accept { settleConnection() }
      } else {
        position = .out
      }
    case .reject, .tempfail, .replyCode, .shutdown, .connFail:
      switch stage {
      case .connect, .helo: settleConnection()
      case .rcpt: break
      case .data:
        position = .rcpt
        marks.insert(.dataRefused)
      case .mail, .header, .eoh, .body: position = .done
      case .negotiation, .bodyEOB, .unknown: break
      }
    case .continue, .skip, .optNeg, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt,
      .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine, .setSymList:
      break
    }
  }

  private mutating func settleConnection() {
    marks.insert(.settled)
    position = .out
  }

  // MARK: - Ends

  mutating func closed(_ leg: Leg) {
    switch leg {
    case .mta:
      marks.insert(.mtaClosed)
      position = .closed
      hasMessage = false
    case .milter: marks.insert(.milterClosed)
    }
  }
}
