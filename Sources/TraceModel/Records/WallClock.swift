/// Moments of a trace as date and time of day. No calendar of the system is asked: pure, and the same everywhere.
package struct WallClock: Equatable, Sendable {
  /// Microseconds since 1970 at moment zero.
  package var startedAt: Int64

  package init(startedAt: Int64) { self.startedAt = startedAt }

  /// Seconds since 1970, rounded down.
  package func seconds(_ microseconds: Int64) -> Int64 { Self.floorDivided(total(microseconds), 1_000_000) }

  /// The part of the second, 0 to 999,999.
  package func fraction(_ microseconds: Int64) -> Int64 {
    let part = total(microseconds) % 1_000_000
    return part < 0 ? part + 1_000_000 : part
  }

  /// A stranger's trace may hold any number; what is beyond all calendars is shown as its beginning.
  private func total(_ microseconds: Int64) -> Int64 {
    let (sum, overflow) = startedAt.addingReportingOverflow(microseconds)
    return overflow ? startedAt : sum
  }

  /// RFC 3339 in UTC with microseconds: `2026-01-31T12:04:31.218004Z`.
  package func rfc3339(_ microseconds: Int64) -> String {
    let at = seconds(microseconds)
    return "\(Self.date(at))T\(Self.timeOfDay(at)).\(Self.padded(fraction(microseconds), 6))Z"
  }

  /// `2026-01-31` for seconds since 1970 that have the offset from UTC added already.
  package static func date(_ seconds: Int64) -> String {
    let (year, month, day) = civil(days: floorDivided(seconds, 86_400))
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  /// `12:04:31`.
  package static func timeOfDay(_ seconds: Int64) -> String {
    let second = seconds - floorDivided(seconds, 86_400) * 86_400
    return "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
  }

  package static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return digits.utf8.count >= width
      ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits
  }

  private static func floorDivided(_ number: Int64, _ divisor: Int64) -> Int64 {
    number >= 0 ? number / divisor : -((-(number + 1)) / divisor) - 1
  }

  /// Days since 1970 as a date of the Gregorian calendar: years counted from March, so that leap days come last.
  private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = floorDivided(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }
}
