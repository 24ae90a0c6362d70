/// When a line was written, as far as its stamp tells: a classic one has no year and no zone.
package struct LogTime: Equatable, Sendable {
  package var year: Int?
  package var month: Int
  package var day: Int
  /// Seconds since midnight.
  package var second: Int
  /// Seconds east of UTC; nil where the stamp does not say (the time of the machine that wrote it).
  package var offset: Int?

  package init(year: Int?, month: Int, day: Int, second: Int, offset: Int?) {
    (self.year, self.month, self.day, self.second, self.offset) = (year, month, day, second, offset)
  }

  /// Takes a stamp off the front of a line; nil where there is none, and nothing is taken then.
  static func take(_ line: inout ArraySlice<UInt8>) -> LogTime? {
    var scanner = StampScanner(line)
    guard let time = scanner.classic() ?? scanner.iso() else { return nil }
    scanner.skip(UInt8(ascii: " "))
    line = scanner.rest
    return time
  }

  /// A stamp alone (of a JSON member).
  init?(iso text: [UInt8]) {
    var scanner = StampScanner(text[...])
    guard let time = scanner.iso() else { return nil }
    self = time
  }

  /// - Parameter microseconds: since 1970, in UTC.
  init(microseconds: Int64) {
    let seconds = microseconds >= 0 ? microseconds / 1_000_000 : 0
    let (year, month, day) = Self.civil(days: seconds / 86_400)
    self.init(year: year, month: month, day: day, second: Int(seconds % 86_400), offset: 0)
  }

  /// `14:03:09`.
  package var clock: String {
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
  }

  /// The date of a day since 1970 (Howard Hinnant, *chrono-compatible low-level date algorithms*).
  private static func civil(days: Int64) -> (Int, Int, Int) {
    let z = days + 719_468
    let era = z / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (Int(year), Int(month), Int(dayOfYear - (153 * shifted + 2) / 5 + 1))
  }
}

/// Reads a stamp from the left.
private struct StampScanner {
  private(set) var rest: ArraySlice<UInt8>

  init(_ line: ArraySlice<UInt8>) { rest = line }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `Jan  3 14:03:09`, with fractions of the second and `.` for the first blank of nothing: as syslog and journalctl write it.
  mutating func classic() -> LogTime? {
    let start = rest
    guard let month = Self.months.firstIndex(where: { rest.starts(with: $0.utf8) }) else { return nil }
    rest = rest.dropFirst(3)
    skip(UInt8(ascii: " "))
    guard let day = number(atMost: 2), (1...31).contains(day), take(UInt8(ascii: " ")) else {
      return undo(start)
    }
    // Some daemons (rsyslog, busybox) put the year here.
    var year: Int?
    let behindDay = rest
    if let four = number(atMost: 4), four > 1970, take(UInt8(ascii: " ")) {
      year = four
    } else {
      rest = behindDay
    }
    guard let second = clock() else { return undo(start) }
    return LogTime(year: year, month: month + 1, day: day, second: second, offset: nil)
  }

  /// `2026-01-31T14:03:09.123456+01:00`, `Z`, a blank in place of the T.
  mutating func iso() -> LogTime? {
    let start = rest
    guard let year = number(atMost: 4), year > 1970, take(UInt8(ascii: "-")), let month = number(atMost: 2),
      (1...12).contains(month), take(UInt8(ascii: "-")), let day = number(atMost: 2), (1...31).contains(day),
      take(UInt8(ascii: "T")) || take(UInt8(ascii: " ")), let second = clock()
    else { return undo(start) }
    return LogTime(year: year, month: month, day: day, second: second, offset: zone())
  }

  /// `14:03:09.123`, in seconds.
  private mutating func clock() -> Int? {
    guard let hour = number(atMost: 2), hour < 24, take(UInt8(ascii: ":")), let minute = number(atMost: 2),
      minute < 60, take(UInt8(ascii: ":")), let second = number(atMost: 2), second < 61
    else { return nil }
    if take(UInt8(ascii: ".")) || take(UInt8(ascii: ",")) { _ = number(atMost: 9) }
    return hour * 3600 + minute * 60 + second
  }

  private mutating func zone() -> Int? {
    if take(UInt8(ascii: "Z")) { return 0 }
    let start = rest
    let sign = take(UInt8(ascii: "+")) ? 1 : take(UInt8(ascii: "-")) ? -1 : 0
    guard sign != 0, let hours = number(atMost: 2) else {
      rest = start
      return nil
    }
    _ = take(UInt8(ascii: ":"))
    return sign * (hours * 3600 + (number(atMost: 2) ?? 0) * 60)
  }

  private mutating func number(atMost digits: Int) -> Int? {
    let run = rest.prefix(digits).prefix { (0x30...0x39).contains($0) }
    rest = rest[run.endIndex...]
    return ByteText.number(run)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }

  mutating func skip(_ byte: UInt8) { while take(byte) {} }

  private mutating func undo(_ start: ArraySlice<UInt8>) -> LogTime? {
    rest = start
    return nil
  }
}
