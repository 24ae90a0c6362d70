import Cells
import Comparison
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Two traces beside each other: the list of their mails, both columns of one, and the way back.
@Suite struct ComparisonPaneTests {
  /// The story at a milter that adds another header, quarantines nothing and refuses nobody.
  private static var other: MemoryRecords {
    var words = 0
    let records = Story.records.compactMap { record -> Record? in
      guard case .received(var received) = record.event else { return record }
      switch received.packet.kind {
      case .reply(.quarantine): return nil
      case .reply(.addHeader):
        received.packet = Milter.addHeader("X-Seen", "by another\u{1B}]0;x\u{7} filter")
      case .reply(.replyCode):
        words += 1
        received.packet = words == 1 ? Milter.continue : Milter.accept
      default: break
      }
      return Record(time: record.time, connection: record.connection, event: .received(received))
    }
    return MemoryRecords(records, head: Story.head)
  }

  private static func pane(_ second: MemoryRecords = other, remarks: [String] = []) -> ComparisonPane {
    ComparisonPane(
      Comparison(ComparedTrace(Story.source), ComparedTrace(second)),
      ComparisonPane.Names("before.mtrace", "after.mtrace"), remarks: remarks)
  }

  private static func driver(_ size: Size = Size(columns: 80, rows: 24), remarks: [String] = []) -> Driver {
    var driver = Driver(size: size)
    driver.model.show(pane(remarks: remarks))
    return driver
  }

  static let rows = [("list", "g"), ("columns", "g Enter"), ("columns-unfolded", "g Enter n Enter")]

  @Test(arguments: rows, ScreenTests.sizes) func shows(_ row: (String, String), _ size: Size) {
    var driver = Self.driver(size)
    driver.press(row.1)
    expectScreen(driver.frame(), "Screens/comparison-\(row.0)-\(size.columns)x\(size.rows)")
  }

  @Test func aRemarkStandsAboveBoth() {
    for keys in ["g", "g Enter"] {
      var driver = Self.driver(remarks: ["3 lines of after.mtrace cannot be read"])
      driver.press(keys)
      #expect(driver.text[2] == " ▲ 3 lines of after.mtrace cannot be read")
    }
  }

  @Test func theFirstThatDiffersIsSelected() {
    var driver = Self.driver()
    #expect(driver.selectedText.hasPrefix("≠ c1.1"))
    driver.press("n")
    #expect(driver.selectedText.hasPrefix("≠ c2.1"))
    driver.press("N N")
    #expect(driver.model.status?.text == "no other mail above differs")
    driver.press("Enter n")
    #expect(driver.selectedText.hasPrefix("≠") && driver.selectedText.contains("X-Seen"))
  }

  @Test func theWayBackIsTheListThenTheView() {
    var driver = Self.driver()
    driver.press("g Enter")
    #expect(driver.model.place == .comparison && driver.text[1].contains("2 lines differ"))
    driver.press("q")
    #expect(driver.text[1].contains("3 differ"), "\(driver.text[1])")
    driver.press("q")
    #expect(driver.model.place == .timeline && driver.model.status?.text == "C shows the comparison again")
    driver.press("C")
    #expect(driver.text[1].contains("3 differ"))
    driver.press("2")
    #expect(driver.model.view == .messages && driver.model.place == .messages)
    driver.press("C ?")
    #expect(driver.text[1] == "In the comparison")
    driver.press("q q")
    #expect(driver.model.place == .messages)
  }

  @Test func withoutAComparisonThereIsNoneToShow() {
    var driver = Driver()
    driver.press("C")
    #expect(driver.model.status?.text == "nothing was compared so far" && driver.model.place == .timeline)
  }

  @Test func aSingleMailIsOpenAtOnce() {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(Milter.accept)
    let trace = ComparedTrace(MemoryRecords(play.records))
    var driver = Driver()
    let names = ComparisonPane.Names("recorded", "replay")
    driver.send(.compared(ComparisonPane(Comparison(trace, trace), names, opensMail: true)))
    #expect(driver.text[1].hasSuffix("no difference") && driver.text[2].contains("recorded"))
    driver.press("q")
    #expect(driver.model.place == .timeline)
  }

  @Test func clicksSelectAndOpen() {
    var driver = Self.driver()
    driver.click(Point(column: 3, row: 5))
    #expect(driver.selectedText == driver.text[5])
    driver.click(Point(column: 3, row: 5))
    #expect(driver.text[2].contains("before.mtrace"))
    driver.click(Point(column: 3, row: 9))
    #expect(driver.selectedText == driver.text[9])
  }

  @Test func noSizeIsTooSmall() {
    for keys in ["g", "g Enter", "g Enter n Enter"] {
      var driver = Self.driver(remarks: ["a remark that takes more than one line where there are few columns"]
      )
      driver.press(keys)
      for columns in [0, 1, 2, 7, 20, 39] {
        for rows in [0, 1, 2, 3, 6] {
          driver.send(.resized(Size(columns: columns, rows: rows)))
          #expect(driver.frame(columns, rows).size == Size(columns: columns, rows: rows))
        }
      }
    }
  }
}
