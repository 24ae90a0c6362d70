import MilterProtocol

/// How long to wait before another attempt: twice as long each time, up to a limit.
struct Backoff {
  private var next = Self.first

  private static let first = Moment.Span.milliseconds(5)
  private static let longest = Moment.Span.milliseconds(500)

  mutating func pause() -> Moment.Span {
    defer { next = min(next + next, Self.longest) }
    return next
  }
}
