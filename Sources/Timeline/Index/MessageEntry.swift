import MilterProtocol
import TraceModel

/// One mail in the index: where its parts are, and what came of it. Its strings are read back when they are shown.
package struct MessageEntry: Sendable, Equatable {
  /// Index of its connection, and its number there, from 1.
  @CompactCount package private(set) var connection: Int
  @CompactCount package private(set) var number: Int
  /// First and last row, those of other connections among them.
  package var rows: ClosedRange<Int> { firstRow...lastRow }
  @CompactCount package private(set) var firstRow: Int
  @CompactCount package internal(set) var lastRow: Int
  @CompactIndex package internal(set) var mailRow: Int? = nil
  /// The first RCPT.
  @CompactIndex package internal(set) var rcptRow: Int? = nil
  /// The first Subject.
  @CompactIndex package internal(set) var subjectRow: Int? = nil
  /// Macros that brought the queue id.
  @CompactIndex package internal(set) var queueRow: Int? = nil
  @CompactIndex package internal(set) var endRow: Int? = nil
  @CompactCount package internal(set) var recipientCount = 0
  @CompactCount package internal(set) var refusedCount = 0
  /// Whether a recipient was refused with a 5xx, not only put off with a 4xx.
  package internal(set) var refusedForGood = false
  /// Who refused the latest recipient that was refused.
  package internal(set) var refusedBy: Decision.By?
  /// Headers and body.
  @CompactCount package internal(set) var bytes = 0
  @CompactCount package internal(set) var modificationCount = 0
  package internal(set) var isQuarantined = false
  package internal(set) var decision: Decision?
  /// The MTA gave the milter up in it.
  package internal(set) var isGivenUp = false
  package internal(set) var phase = MessageFacts.Phase.open
  @CompactCount package internal(set) var findingCount = 0
  package internal(set) var severity: Finding.Severity?

  /// Index of the connection's message before this one.
  @CompactIndex var previous: Int?
  let span: UInt32

  /// What settled it.
  package struct Decision: Sendable, Equatable {
    package var kind: ReplyKind
    package var stage: Stage
    package var result: VerdictResult
    @CompactIndex package var row: Int?
    package var by: By

    package enum By: UInt8, Sendable, Equatable {
      case milter, `operator`, rule, policy, timeout

      init(_ author: Author) {
        switch author {
        case .peer: self = .milter
        case .ours(.operator): self = .operator
        case .ours(.rule): self = .rule
        case .ours(.policy): self = .policy
        case .ours(.timeout): self = .timeout
        }
      }
    }

    /// - Parameter mta: that heard it.
    init(_ verdict: VerdictFact, by mta: KnownMTA?, row: Int?) {
      kind = verdict.kind
      stage = verdict.stage
      result = verdict.result(under: mta)
      self.row = row
      by = By(verdict.author)
    }
  }

  init(connection: Int, number: Int, row: Int, previous: Int?, span: UInt32) {
    self.connection = connection
    self.number = number
    firstRow = row
    lastRow = row
    self.previous = previous
    self.span = span
  }

  /// Everybody was refused before the mail itself came.
  package var lostAllRecipients: Bool { refusalOfAll != nil }

  private var refusalOfAll: VerdictResult? {
    .ofAll(recipientCount, refused: refusedCount, forGood: refusedForGood)
  }

  package var outcome: Outcome {
    if isGivenUp { return .lost }
    if let decision {
      switch decision.result {
      case .discarded: return .discarded
      case .rejected: return .rejected
      case .tempfailed: return .tempfailed
      case .goesOn: return isQuarantined ? .quarantined : .accepted
      case .held: return .quarantined
      case .unfiltered: return .accepted
      case .failed: return .lost
      }
    }
    switch phase {
    case .open, .decided: return .open
    case .aborted, .lost:
      if let refusalOfAll { return refusalOfAll == .rejected ? .rejected : .tempfailed }
      return phase == .lost ? .lost : .aborted
    }
  }

  /// Who brought the outcome about; nil while it is open, and where nobody but the client or the MTA ended it.
  package var outcomeBy: Decision.By? {
    if let decision, !isGivenUp { return decision.by }
    switch outcome {
    case .rejected, .tempfailed: return refusedBy
    case .open, .accepted, .quarantined, .discarded, .aborted, .lost: return nil
    }
  }

  package enum Outcome: String, Sendable, Equatable, CaseIterable {
    case open, accepted, quarantined, rejected, tempfailed, discarded, aborted, lost
  }
}
