/// A moment as the operator writes it, and how precisely: `time == 12:04` is the whole minute.
package struct TimePoint: Equatable, Sendable {
  package var base: Base
  /// Microseconds from what `base` counts from.
  package var microseconds: Int64
  /// Microseconds of the last unit written.
  package var precision: Int64

  package enum Base: Equatable, Sendable {
    /// Midnight of any day, by the operator's clock.
    case midnight
    /// 1970-01-01T00:00:00Z.
    case epoch
    /// 1970-01-01T00:00:00 by the operator's clock.
    case localEpoch
    /// The start of the trace.
    case start
  }

  /// `12:04`, `12:04:31.5`, `2026-05-01`, `2026-05-01T12:04Z`, `2026-05-01T12:04:31+02:00`; nil for anything else.
  package init?(_ text: some StringProtocol) {
    var reader = DigitReader(Array(text.utf8))
    if reader.has(UInt8(ascii: "-"), ahead: 4) {
      guard let year = reader.number(digits: 4), (1970...9998).contains(year), reader.skip("-"),
        let month = reader.number(digits: 2),
        (1...12).contains(month), reader.skip("-"), let day = reader.number(digits: 2),
        day >= 1, day <= Self.days(inMonth: month, of: year)
      else { return nil }
      base = .localEpoch
      microseconds = Self.day(year, month, day) * Self.dayMicroseconds
      precision = Self.dayMicroseconds
      if reader.isAtEnd { return }
      guard reader.skip("T") || reader.skip("t"), let clock = reader.clock() else { return nil }
      microseconds += clock.microseconds
      precision = clock.precision
      if reader.isAtEnd { return }
      guard let offset = reader.offset(), reader.isAtEnd else { return nil }
      base = .epoch
      microseconds -= offset * 60_000_000
    } else {
      guard let clock = reader.clock(), reader.isAtEnd else { return nil }
      base = .midnight
      microseconds = clock.microseconds
      precision = clock.precision
    }
  }

  /// Time since the trace began.
  package init(sinceStart microseconds: Int64) {
    base = .start
    self.microseconds = microseconds
    precision = 1
  }

  static let dayMicroseconds: Int64 = 86_400_000_000

  /// Days from 1970-01-01 in the Gregorian calendar.
  private static func day(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    // Counted from 1 March 0000, so that the leap day is the last of its year.
    let shifted = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }

  private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Year, month and day of a day counted from 1970-01-01.
  private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let calendarMonth = month < 10 ? month + 3 : month - 9
    return (
      yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0), calendarMonth,
      dayOfYear - (153 * month + 2) / 5 + 1
    )
  }

  /// As it may be typed again.
  package var text: String {
    switch base {
    case .start: return Units.duration(microseconds)
    case .midnight: return clockText(microseconds)
    case .epoch, .localEpoch:
      var clock = microseconds % Self.dayMicroseconds
      if clock < 0 { clock += Self.dayMicroseconds }
      let date = Self.date(ofDay: (microseconds - clock) / Self.dayMicroseconds)
      let day = "\(Units.padded(date.year, 4))-\(Units.padded(date.month, 2))-\(Units.padded(date.day, 2))"
      if precision == Self.dayMicroseconds { return day }
      return day + "T" + clockText(clock) + (base == .epoch ? "Z" : "")
    }
  }

  private func clockText(_ clock: Int64) -> String {
    let seconds = clock / 1_000_000
    var text = "\(Units.padded(seconds / 3600, 2)):\(Units.padded(seconds / 60 % 60, 2))"
    if precision >= 60_000_000 { return text }
    text += ":" + Units.padded(seconds % 60, 2)
    var fraction = Units.padded(clock % 1_000_000, 6)
    var unit: Int64 = 1
    while unit < precision, unit < 1_000_000 {
      fraction.removeLast()
      unit *= 10
    }
    return fraction.isEmpty ? text : text + "." + fraction
  }
}

/// Reads the fixed-width numbers of dates and times.
private struct DigitReader {
  let bytes: [UInt8]
  var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { at == bytes.count }

  func has(_ byte: UInt8, ahead: Int) -> Bool { ahead < bytes.count && bytes[ahead] == byte }

  mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    guard at < bytes.count, bytes[at] == UInt8(ascii: mark) else { return false }
    at += 1
    return true
  }

  mutating func number(digits: Int) -> Int64? {
    guard at + digits <= bytes.count, bytes[at..<(at + digits)].allSatisfy(isDigit) else { return nil }
    defer { at += digits }
    return bytes[at..<(at + digits)].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  /// `hh:mm`, `hh:mm:ss` and up to six decimals.
  mutating func clock() -> (microseconds: Int64, precision: Int64)? {
    guard let hour = number(digits: 2), hour < 24, skip(":"), let minute = number(digits: 2), minute < 60
    else {
      return nil
    }
    var microseconds = (hour * 60 + minute) * 60_000_000
    guard skip(":") else { return (microseconds, 60_000_000) }
    guard let second = number(digits: 2), second < 60 else { return nil }
    microseconds += second * 1_000_000
    var unit: Int64 = 1_000_000
    guard skip(".") else { return (microseconds, unit) }
    while unit > 1, let digit = number(digits: 1) {
      unit /= 10
      microseconds += digit * unit
    }
    return unit == 1_000_000 ? nil : (microseconds, unit)
  }

  /// `Z` or `+hh:mm`, in minutes east.
  mutating func offset() -> Int64? {
    if skip("Z") || skip("z") { return 0 }
    let sign: Int64
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = number(digits: 2), hours < 24, skip(":"), let minutes = number(digits: 2), minutes < 60
    else { return nil }
    return sign * (hours * 60 + minutes)
  }
}
