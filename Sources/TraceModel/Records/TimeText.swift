import MilterProtocol

/// Moments and spans in few columns.
package enum TimeText {
  /// `1.1ms`, `250µs`, `12.3s`, `4m05s`: at most six columns, three significant digits.
  package static func span(_ span: Moment.Span) -> String {
    let microseconds = span.microseconds
    if microseconds < 0 { return "-" + TimeText.span(span.magnitude) }
    if microseconds < 1000 { return "\(microseconds)µs" }
    if microseconds < 999_500 { return digits(microseconds, unit: 1000) + "ms" }
    if microseconds < 59_950_000 { return digits(microseconds, unit: 1_000_000) + "s" }
    let seconds = microseconds / 1_000_000 + (microseconds % 1_000_000 >= 500_000 ? 1 : 0)
    if seconds < 3600 { return "\(seconds / 60)m\(two(seconds % 60))s" }
    let minutes = seconds / 60
    if minutes < 1440 { return "\(minutes / 60)h\(two(minutes % 60))m" }
    return "\(minutes / 1440)d\(two(minutes / 60 % 24))h"
  }

  /// `12:04:31.218`, the time of day in a clock `utcOffset` seconds east of UTC.
  package static func clock(_ moment: Moment, startedAt: Int64, utcOffset: Int) -> String {
    let clock = WallClock(startedAt: startedAt)
    let time = WallClock.timeOfDay(clock.seconds(moment.microseconds) + Int64(utcOffset))
    return "\(time).\(three(clock.fraction(moment.microseconds) / 1000))"
  }

  /// `2026-01-31`, the day in a clock `utcOffset` seconds east of UTC.
  package static func date(_ moment: Moment, startedAt: Int64, utcOffset: Int) -> String {
    WallClock.date(WallClock(startedAt: startedAt).seconds(moment.microseconds) + Int64(utcOffset))
  }

  /// `4:31.218` or `1:04:31.218` since the trace began.
  package static func sinceStart(_ moment: Moment) -> String {
    if moment < .zero { return "-" + sinceStart(.zero + (.zero - moment)) }
    let seconds = moment.microseconds / 1_000_000
    let tail = "\(two(seconds / 60 % 60)):\(two(seconds % 60)).\(three(moment.microseconds / 1000 % 1000))"
    return seconds >= 3600 ? "\(seconds / 3600):" + tail : tail
  }

  private static func digits(_ value: Int64, unit: Int64) -> String {
    let tenths = (value * 10 + unit / 2) / unit
    return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\((tenths + 5) / 10)"
  }

  private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

  private static func three(_ value: Int64) -> String {
    String(repeating: "0", count: value < 10 ? 2 : value < 100 ? 1 : 0) + String(value)
  }
}
