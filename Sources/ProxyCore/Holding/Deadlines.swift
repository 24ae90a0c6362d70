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

  /// Of the MTA, which waits about that command; nil where PROGRESS keeps it waiting for as long as one likes.
  static func ofMTA(_ owed: PendingReply?, _ patience: Patience) -> Moment? {
    guard let owed else { return nil }
    guard patience.takesProgress(at: owed.stage) else {
      return due(owed.came, patience.soonest(at: owed.stage), patience.haste)
    }
    return patience.total(at: owed.stage).map { due(owed.came, $0, patience.haste) }
  }

  /// When the SMTP client behind the MTA is likely to leave; nil where it does not wait.
  static func ofClient(_ owed: PendingReply?) -> Moment? {
    owed.map { $0.client + Patience.ofClient(at: $0.stage) }
  }

  /// When to act before the SMTP client leaves.
  static func beforeClient(_ owed: PendingReply?) -> Moment? {
    owed.map { due($0.client, Patience.ofClient(at: $0.stage)) }
  }

  /// When a milter that is silent about that command counts as failed, so that whoever answers in its place is heard in time.
  ///
  /// - Parameter last: when the MTA last got anything about that command.
  static func ofSilence(_ owed: PendingReply, since last: Moment?, _ patience: Patience) -> Moment {
    let silent = due(
      max(owed.came, last ?? owed.came), patience.soonest(at: owed.stage), patience.haste)
    guard let limit = patience.total(at: owed.stage) else { return silent }
    return min(silent, due(owed.came, limit, patience.haste))
  }

  /// Of the milter, which waits for its next command.
  func ofMilter(_ patience: Patience) -> Moment? {
    lastToMilter.map { Self.due($0, patience.milter) }
  }

  /// When PROGRESS is due to the MTA that waits about that command; nil where it takes none.
  ///
  /// Often at first, for nobody knows how long it really waits; an MTA that has stayed for so long is not set to less than
  /// the time between two of the later ones by any sane operator.
  func progress(_ owed: PendingReply?, _ patience: Patience) -> Moment? {
    guard let owed, patience.takesProgress(at: owed.stage) else { return nil }
    let last = max(owed.came, lastProgress ?? owed.came)
    let pause = last - owed.came < Self.firstMinute ? Self.firstPause : Self.laterPause
    return last + min(pause, patience.soonest(at: owed.stage) / 3)
  }

  private static let firstMinute = Moment.Span.seconds(60)
  private static let firstPause = Moment.Span.seconds(3)
  private static let laterPause = Moment.Span.seconds(10)
}
