import Foundation
import Testing
import TraceModel

@Suite struct WallClockTests {
  @Test(arguments: [
    (0, 0, "1970-01-01T00:00:00.000000Z"), (0, -1, "1969-12-31T23:59:59.999999Z"),
    (951_782_400_000_000, 0, "2000-02-29T00:00:00.000000Z"),
    (1_760_000_000_250_001, 999_999, "2025-10-09T08:53:21.250000Z"),
    (4_107_542_400_000_000, 0, "2100-03-01T00:00:00.000000Z"),
  ]) func aMomentIsADateOfTheCalendar(_ startedAt: Int64, _ microseconds: Int64, _ expected: String) {
    #expect(WallClock(startedAt: startedAt).rfc3339(microseconds) == expected)
  }

  @Test func everyDayIsTheOneThatFoundationSays() {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    for day in stride(from: -30_000, to: 60_000, by: 37) {
      let seconds = Int64(day) * 86_400 + 86_399
      let parts = calendar.dateComponents(
        [.year, .month, .day], from: Date(timeIntervalSince1970: Double(seconds)))
      let expected = String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
      #expect(WallClock.date(seconds) == expected)
      #expect(WallClock.timeOfDay(seconds) == "23:59:59")
    }
  }

  @Test func noTimeTraps() {
    for startedAt in [Int64.min, -1, 0, .max] {
      for microseconds in [Int64.min, -1, 0, .max] {
        #expect(!WallClock(startedAt: startedAt).rfc3339(microseconds).isEmpty)
      }
    }
  }
}
