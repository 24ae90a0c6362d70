import MilterProtocol

/// How the program at an address behaved when it was asked as an MTA asks.
package struct ProbedMilter: Equatable, Sendable {
  package let mta: MeasuredMTA
  package var ending = Ending.finished
  package var answer: OptNeg?
  /// What was asked, in order, OPTNEG first.
  package var steps: [Step] = []
  package var findings: [Finding] = []

  package init(as mta: MeasuredMTA) { self.mta = mta }

  package enum Ending: Equatable, Sendable {
    /// The probe was played to its end.
    case finished
    /// The name has no address, and what the resolver said.
    case unresolved(String)
    case unreachable(Unreachable)
    /// It took the connection, and did not answer that in time.
    case silent(at: Stage)
    /// It closed where it had to answer.
    case closed(at: Stage)
    case wrongPeer(WrongPeer)
    /// It began like no milter and like nobody known.
    case notMilter(begins: [UInt8])
  }

  package enum Unreachable: Equatable, Sendable {
    case refused, noSuchFile, denied, full, timedOut
    /// What the system said.
    case other(String)
  }

  package struct Step: Equatable, Sendable {
    package let stage: Stage
    package var outcome: Outcome
    /// From the command to its reply; nil where there was none.
    package var took: Moment.Span?

    package init(_ stage: Stage, _ outcome: Outcome, took: Moment.Span? = nil) {
      self.stage = stage
      self.outcome = outcome
      self.took = took
    }
  }

  package enum Outcome: Equatable, Sendable {
    case replied(ReplyKind)
    /// Its code and text.
    case refused([UInt8])
    /// The milter negotiated not to get it.
    case switchedOff
    /// The milter negotiated not to answer it.
    case noReply

    /// As a cell of a table; safe to show.
    package var words: String {
      switch self {
      case .replied(let kind): kind.name
      case .refused(let text): InertText.string(escaping: text)
      case .switchedOff: "not wanted"
      case .noReply: "no reply, as negotiated"
      }
    }
  }

  /// Whoever answers there is a milter.
  package var isMilter: Bool { answer != nil }

  /// The longest wait for a reply, and where.
  package var slowest: (stage: Stage, took: Moment.Span)? {
    steps.compactMap { step in step.took.map { (step.stage, $0) } }.max { $0.1 < $1.1 }
  }
}
