import MilterProtocol
import TraceModel

/// A packet that waits for the operator.
package struct HeldEntry: Equatable, Sendable {
  package var row: Int
  package var number: Int
  package var since: Moment
  /// When it goes on unasked; nil for never.
  package var deadline: Moment?
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
    cause = words.cause
  }

  /// The most urgent first; of two without a deadline the older.
  static func comesFirst(_ a: HeldEntry, _ b: HeldEntry) -> Bool {
    switch (a.deadline, b.deadline) {
    case (let first?, let second?) where first != second: first < second
    case (.some, nil): true
    case (nil, .some): false
    default: a.number < b.number
    }
  }

  /// `24s` until it goes on unasked; nil where it does not.
  package func countdown(at now: Moment) -> String? {
    guard let deadline else { return nil }
    let (seconds, rest) = max(0, (deadline - now).microseconds).quotientAndRemainder(dividingBy: 1_000_000)
    return HeldEntry.text(seconds: seconds + (rest > 0 ? 1 : 0))
  }

  /// How long it has been waiting.
  package func waited(at now: Moment) -> String {
    HeldEntry.text(seconds: max(0, (now - since).microseconds / 1_000_000))
  }

  private static func text(seconds: Int64) -> String {
    seconds < 60 ? "\(seconds)s" : TimeText.span(.seconds(seconds))
  }
}
