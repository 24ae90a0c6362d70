import Dialogue
import MilterProtocol

/// When whoever waits gives up, less a margin, and when PROGRESS is due to keep them waiting.
struct Deadlines: Sendable {
  private(set) var lastProgress: Moment?
  /// When a packet last left for the milter.
  private(set) var lastToMilter: Moment?

  mutating func sentProgress(at now: Moment) { lastProgress = now }
  mutating func reachedMilter(at now: Moment) { lastToMilter = now }

  /// When to act for somebody who has waited since then, before they do: a tenth of their patience earlier, a second at
  /// the least, half of it at most.
  private static func due(_ since: Moment, _ patience: Moment.Span, _ haste: Moment.Span = .seconds(0))
    -> Moment
  {
    let sure = max(0, patience.microseconds - haste.microseconds)
    return since + Moment.Span(microseconds: sure - max(sure / 10, min(1_000_000, sure / 2)))
  }

  /// Of the MTA, which waits about that command; nil where nothing but the SMTP client ends the wait and an operator
  /// watches, who may know better.
  static func ofMTA(_ owed: PendingReply?, _ patience: Patience, isAttended: Bool) -> Moment? {
    guard let owed else { return nil }
    guard patience.takesProgress(at: owed.stage) else {
      return due(owed.came, patience.soonest(at: owed.stage), patience.haste)
    }
    if let limit = patience.total(at: owed.stage) { return due(owed.came, limit, patience.haste) }
    return isAttended ? nil : due(owed.came, Patience.ofClient(at: owed.stage), patience.haste)
  }

  /// Of the milter, which waits for its next command.
  func ofMilter(_ patience: Patience) -> Moment? {
    lastToMilter.map { Self.due($0, patience.milter) }
  }

  /// When PROGRESS is due to the MTA that waits about that command; nil where it takes none.
  func progress(_ owed: PendingReply?, _ patience: Patience) -> Moment? {
    guard let owed, patience.takesProgress(at: owed.stage) else { return nil }
    return max(owed.came, lastProgress ?? owed.came) + patience.soonest(at: owed.stage) / 3
  }
}
