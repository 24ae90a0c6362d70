import MilterProtocol

/// Says the same thing at most once in a while, and counts in between.
struct Complaint {
  static let interval = Moment.Span.seconds(10)

  private var last: Moment?
  private var swallowed = 0

  /// What to put behind the message; nil while it is too early to say it again.
  mutating func due(at now: Moment) -> String? {
    if let last, now - last < Self.interval {
      swallowed += 1
      return nil
    }
    last = now
    defer { swallowed = 0 }
    return swallowed == 0 ? "" : " (\(swallowed) more times since the last message)"
  }
}
