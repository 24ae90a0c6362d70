import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// A mail that passes several milters, on the screen.
@Suite struct ChainScreenTests {
  /// `opendkim` adds a header, which `rspamd` sees and refuses the mail.
  private static var records: MemoryRecords {
    var play = Recording()
    for (connection, tap) in [(1, "opendkim"), (2, "rspamd")] {
      play.connection = connection
      play.tap = tap
      play.greet()
    }
    let headers = [("From", "a@example.org"), ("Subject", "test")]
    play.connection = 1
    play.mail(headers: headers)
    play.milter(Milter.addHeader("X-Signed", "yes"), Milter.accept)
    play.connection = 2
    play.mail(headers: headers + [("X-Signed", "yes")])
    play.milter(Milter.reject)
    return MemoryRecords(play.records)
  }

  @Test func aMailIsOneRowWithAColumnAMilter() {
    var driver = Driver(Self.records, size: Size(columns: 180, rows: 40))
    driver.press("2")
    let rows = driver.text.filter {
      $0.contains("4XyZ") && $0.contains("<bob@example.net>") && $0.contains("test")
    }
    #expect(rows.count == 1, "\(driver.text)")
    #expect(
      driver.text.contains { $0.contains("opendkim") && $0.contains("rspamd") && $0.contains("outcome") })
    #expect(rows.first?.contains("±1") ?? false, "\(driver.text)")
    #expect(rows.first?.contains("rejected") ?? false, "\(driver.text)")
  }

  @Test func itsPageSaysWhoDidWhatAndWhoSawIt() {
    var driver = Driver(Self.records, size: Size(columns: 180, rows: 60))
    driver.press("2")
    #expect(driver.text.contains { $0.contains("At 2 milters") }, "\(driver.text)")
    #expect(driver.text.contains { $0.contains("adds 'X-Signed: yes'  seen by rspamd") }, "\(driver.text)")
  }

  @Test func statsCountEachMilter() {
    var driver = Driver(Self.records, size: Size(columns: 120, rows: 60))
    driver.press("6")
    #expect(driver.text.contains { $0.contains("By milter") }, "\(driver.text)")
    let row = driver.text.first { $0.contains("rspamd") } ?? ""
    #expect(row.split(separator: " ").prefix(5) == ["rspamd", "1", "1", "1", "·"], "\(driver.text)")
  }
}
