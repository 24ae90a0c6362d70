import Dialogue
import MilterProtocol

/// What MTAs said to a milter once and what it answered them, as far as it takes to find an answer again; packets stay in the trace.
package struct MilterRecording: Sendable {
  package private(set) var sessions: [Session] = []
  package private(set) var mails: [Mail] = []

  /// A connection; of its mails see ``MilterRecording/mails``.
  package struct Session: Sendable {
    /// OPTNEG.
    package let negotiation: Exchange?
    /// What it settled.
    package let flags: ProtocolFlags
    /// CONNECT, HELO, UNKNOWN.
    package let exchanges: [Exchange]

    package init(negotiation: Exchange?, flags: ProtocolFlags, exchanges: [Exchange]) {
      (self.negotiation, self.flags, self.exchanges) = (negotiation, flags, exchanges)
    }
  }

  package struct Mail: Sendable {
    package let session: Int
    /// From MAIL on.
    package let exchanges: [Exchange]
  }

  /// A command, and what the milter answered.
  package struct Exchange: Sendable {
    package let stage: Stage
    package let likeness: CommandLikeness
    package let answers: [Answer]
    package let end: End

    package init(_ stage: Stage, _ likeness: CommandLikeness, _ answers: [Answer], end: End) {
      (self.stage, self.likeness, self.answers, self.end) = (stage, likeness, answers, end)
    }
  }

  package struct Answer: Sendable {
    /// Of the trace.
    package let row: Int
    /// Since the command, or the answer before.
    package let pause: Moment.Span

    package init(row: Int, pause: Moment.Span) { (self.row, self.pause) = (row, pause) }
  }

  /// What the milter did behind its answers.
  package enum End: Sendable {
    case listens
    /// It closed.
    case closes
    /// Its connection broke.
    case breaks
    /// It owed an answer until the MTA left.
    case isSilent
    /// What it did is not in the trace: the recording ends there.
    case isUnknown
  }

  package init() {}

  package mutating func append(_ session: Session, mails: [[Exchange]]) {
    sessions.append(session)
    self.mails += mails.map { Mail(session: sessions.count - 1, exchanges: $0) }
  }
}

/// Where what a recorded milter said is read back: a trace may hold more than memory does.
package protocol RecordedAnswers: AnyObject, Sendable {
  /// nil where it cannot be read back.
  func answer(at row: Int) -> Packet?
}
