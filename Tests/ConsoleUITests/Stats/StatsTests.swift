import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing

@Suite struct StatsTests {
  /// Every kind of verdict: more than fit beside one another on a narrow screen.
  private var records: MemoryRecords {
    var play = Recording()
    play.greet()
    for reply in [
      Milter.accept, Milter.reject, Milter.tempfail, Milter.discard, Milter.reply("550 5.7.1 no"),
      Milter.skip,
    ] {
      play.mta(MTA.mail("<a@example.org>"))
      play.milter(reply)
    }
    return MemoryRecords(play.records, head: Story.head)
  }

  @Test func nothingIsCutAtAnyWidth() {
    for source in [Story.source, records] {
      for columns in [40, 44, 52, 60, 80, 92, 100, 120, 200] {
        var driver = Driver(source, size: Size(columns: columns, rows: 120))
        driver.press("6 Esc 6")
        let lines = driver.text.dropLast()
        #expect(!lines.contains { $0.contains("…") }, "\(columns)")
        for words in ["median", "peak", "modifications", "continue"] {
          let flat = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
          let isThere = flat.contains(words) || words == "modifications" && !flat.contains("ADDHEADER")
          #expect(isThere, "\(words) at \(columns)")
        }
      }
    }
  }

  /// Nothing is selected there, so a page that is too long moves with the first key.
  @Test func theStatisticsScrollAtOnce() {
    var driver = Driver(size: Size(columns: 80, rows: 24))
    driver.press("6")
    let before = driver.text
    driver.press("j")
    #expect(driver.text[2] == before[3])
    driver.press("G")
    #expect(driver.text.contains { $0.contains("BODYEOB          1        1        1") })
    driver.press("k g")
    #expect(driver.text[2...22] == before[2...22])
  }

  @Test func whereNotAllFitTheMedianAndTheLongestStay() {
    var driver = Driver(size: Size(columns: 40, rows: 60))
    driver.press("6 Esc 6")
    #expect(driver.text[3] == "  stage     replies  median longest")
    #expect(driver.text[13] == "  BODYEOB         3   5.1ms   !2.4s")
  }
}
