import MilterProtocol
import TraceModel

/// A packet that waits for the operator.
package struct HeldEntry: Equatable, Sendable {
  package var row: Int
  package var number: Int
  package var since: Moment
  /// When it goes on unasked; nil for never.
  package var deadline: Moment?
  /// When the SMTP client is likely to leave; nil where it does not wait.
  package var client: Moment?
  package var cause: Cause

  init?(row: Int, in trace: TraceView) {
    let held = trace.index.remarkRecords(about: row, from: trace.source).last { record in
      if case .held = record.event { true } else { false }
    }
    guard let held, case .held(let words) = held.event else { return nil }
    self.row = row
    number = words.number
    since = held.time
    deadline = words.deadline
    client = words.client
    cause = words.cause
  }

  /// The most urgent first; of two without a deadline the older.
  static func comesFirst(_ a: HeldEntry, _ b: HeldEntry) -> Bool {
    switch (a.end, b.end) {
    case (let first?, let second?) where first != second: first < second
    case (.some, nil): true
    case (nil, .some): false
    default: a.number < b.number
    }
  }

  /// When it goes on unasked, or the SMTP client leaves, whichever comes first.
  private var end: Moment? { clientIsFirst ? client : deadline }

  /// The milter, which a held command keeps waiting, waits for hours: the SMTP client is gone long before.
  var clientIsFirst: Bool { client.map { $0 <= deadline ?? $0 } ?? false }

  /// What the next deadline brings.
  enum Limit: Equatable {
    /// It goes on unasked, in so long: `24s`.
    case unasked(in: String)
    /// The SMTP client leaves, in so long.
    case client(in: String)
    /// The SMTP client has probably left.
    case clientLeft
    /// Nobody waits.
    case none
  }

  func limit(at now: Moment) -> Limit {
    guard let end else { return .none }
    guard clientIsFirst else { return .unasked(in: HeldEntry.text(until: end, at: now)) }
    return now < end ? .client(in: HeldEntry.text(until: end, at: now)) : .clientLeft
  }

  /// Whether the next deadline is near.
  func isUrgent(at now: Moment) -> Bool {
    guard let end else { return false }
    return (end - now).microseconds < 10_000_000
  }

  /// The SMTP client has probably left, or given the mail up for now.
  func outlivesClient(at now: Moment) -> Bool { client.map { $0 <= now } ?? false }

  private static func text(until end: Moment, at now: Moment) -> String {
    let (seconds, rest) = max(0, (end - now).microseconds).quotientAndRemainder(dividingBy: 1_000_000)
    return text(seconds: seconds + (rest > 0 ? 1 : 0))
  }

  /// How long it has been waiting.
  package func waited(at now: Moment) -> String {
    HeldEntry.text(seconds: max(0, (now - since).microseconds / 1_000_000))
  }

  private static func text(seconds: Int64) -> String {
    seconds < 60 ? "\(seconds)s" : TimeText.span(.seconds(seconds))
  }
}
