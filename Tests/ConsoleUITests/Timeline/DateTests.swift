import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// The day stands wherever a time stands alone, and in lists where it is another one than in the row above.
@Suite struct DateTests {
  /// A session that goes past midnight of 2025-10-09, UTC: HELO is of the day before, MAIL of the day after.
  private static var source: MemoryRecords {
    var play = Recording()
    play.greet()
    play.append(.found(Finding(.abortOutside, packet: play.packet, "early")))
    play.wait(.seconds(60))
    play.ask(MTA.macro("M"), MTA.mail())
    play.append(.found(Finding(.abortOutside, packet: play.packet, "late")))
    let start: Int64 = 1_760_054_390_000_000
    return MemoryRecords(play.records, head: TraceHead(program: "t", startedAt: start, command: []))
  }

  private func start(_ keys: String) -> Driver {
    var driver = Driver(Self.source, size: Size(columns: 200, rows: 40))
    driver.press(keys)
    return driver
  }

  @Test func aListNamesTheDayWhereItChanges() {
    let rows = start("Esc").text.filter { $0.contains(" c1") }
    #expect(rows.filter { $0.contains("10-10 00:00") }.count == 1)
    #expect(rows.first { $0.contains("10-10 00:00") }?.contains("MAIL") ?? false)
    #expect(rows.contains { $0.contains("23:59:50.") })
    let findings = start("4 Enter").text.filter { line in
      line.contains(" c1 ") && (line.contains("early") || line.contains("late"))
    }
    #expect(findings.map { $0.contains("10-10 00:00") } == [false, true])
    // The line of the group has both.
    #expect(
      start("4").text.contains { $0.contains("S07") && $0.contains("23:59:5") && $0.contains("10-10 00:00") })
  }

  @Test func fieldsSessionAndStatsHaveTheDate() {
    #expect(start("G Enter").text.contains { $0.contains("time") && $0.contains("2025-10-10 00:00:5") })
    #expect(
      start("G h h Enter").text.contains { $0.contains("opened") && $0.contains("2025-10-09 23:59:50") })
    #expect(start("6").text.contains { $0.contains("2025-10-09 23:59:50") })
    #expect(start("6").text.contains { $0.contains("2025-10-10 00:00:5") })
  }
}
