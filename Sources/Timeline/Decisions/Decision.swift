import MilterProtocol
import TraceModel

/// What became of a mail, a recipient or a client, and who wanted it so: a line of the decision log.
package struct Decision: Equatable, Sendable {
  package var time: Moment
  package var connection: Int
  /// Of its connection, where a run has several.
  package var tap: String?
  /// Within the connection; 0 outside any mail.
  package var message: Int
  /// The packet that carried the verdict; the held command where the MTA gave up.
  package var packet: Int
  package var stage: Stage
  package var outcome: Outcome
  package var author: DecisionAuthor
  /// From the command's arrival to its verdict.
  package var waited: Moment.Span?
  package var client: ClientFacts?
  package var helo: Head?
  package var queueID: Head?
  package var sender: Head?
  /// Those of the mail that nobody has refused by then.
  package var recipients: [Head] = []
  /// The one that it is about, at RCPT.
  package var recipient: Head?
  package var subject: Head?
  /// What changed the mail, in order; the first ``FactLimits/entries``.
  package var changes: [Change] = []

  package enum Outcome: Equatable, Sendable {
    case verdict(VerdictFact)
    /// The MTA went away while the command was held.
    case abandoned
  }

  /// One modification; consecutive chunks of a new body count as one, and only their length is kept.
  package struct Change: Equatable, Sendable {
    package var what: What
    package var author: Author

    package enum What: Equatable, Sendable {
      case body(bytes: Int)
      case modification(Modification)
      /// Its payload cannot be read.
      case unreadable(ReplyKind)
    }
  }
}

/// Who decided.
package enum DecisionAuthor: Equatable, Sendable {
  case milter
  case ours(Cause)
  /// The operator, or the clock, let the packet go, so that what is done unasked was done: the policy's words.
  case released(Cause, policy: String)
  /// The MTA gave up.
  case mta
}

extension Decision {
  /// The words of the policy that answers where nobody decides, when we are the milter.
  package static let defaultPolicy: Sentence = "--default"
}
