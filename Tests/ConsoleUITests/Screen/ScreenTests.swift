import Cells
import ConsoleUI
import Mail
import TestSupport
import Testing

/// Every view and tab at the sizes that operators have.
@Suite struct ScreenTests {
  static let sizes = [
    Size(columns: 40, rows: 10), Size(columns: 80, rows: 24), Size(columns: 100, rows: 30),
    Size(columns: 120, rows: 36), Size(columns: 200, rows: 60),
  ]

  struct Row: Sendable, CustomStringConvertible {
    var name: String
    var keys: String
    var line = ""
    var description: String { name }
  }

  /// What is pressed after the start to get there; a line is typed at the prompt first.
  static let rows = [
    Row(name: "timeline", keys: "Esc"),
    Row(name: "timeline-refused", keys: "2 4 G Esc"),
    Row(name: "timeline-filtered", keys: "Esc", line: "filter stage == bodyeob"),
    Row(name: "timeline-unfolded", keys: "1 7 G Space Esc"),
    Row(name: "timeline-delta", keys: "t t G"),
    Row(name: "fields", keys: "2 4 G Enter"),
    Row(name: "macros", keys: "2 4 G l Enter"),
    Row(name: "message", keys: "4 3 G l l Enter"),
    Row(name: "hex", keys: "2 3 G Enter j Enter"),
    Row(name: "session", keys: "0 2 G h h Enter"),
    Row(name: "ladder", keys: "2 4 G h \\ Tab"),
    Row(name: "held-recorded", keys: "3"),
    Row(name: "rules-recorded", keys: "5"),
    Row(name: "messages", keys: "2 Esc 2"),
    Row(name: "diff", keys: "2 d Tab"),
    Row(name: "findings", keys: "4 j"),
    Row(name: "stats", keys: "6 Esc 6"),
    Row(name: "help", keys: "?"),
    Row(name: "prompt-instruction", keys: "^L :"),
    Row(name: "export", keys: "2 4 G x"),
    Row(name: "export-what", keys: "2 4 G x r"),
    Row(name: "export-where", keys: "2 4 G x r m"),
  ]

  @Test(arguments: rows, sizes) func shows(_ row: Row, _ size: Size) {
    var driver = Driver(size: size)
    if !row.line.isEmpty { driver.enter(row.line) }
    driver.press(row.keys)
    expectScreen(driver.frame(), "Screens/\(row.name)-\(size.columns)x\(size.rows)")
  }

  @Test func aWrongFilterShowsWhere() {
    var driver = Driver()
    driver.press("f")
    driver.type("rcpt and tok > 500ms")
    expectScreen(driver.frame(), "Screens/prompt-wrong-80x24")
  }

  @Test func aFilterBeingTypedShowsWhatMayFollow() {
    var driver = Driver()
    driver.press("f")
    driver.type("rc")
    expectScreen(driver.frame(), "Screens/prompt-completing-80x24")
  }

  @Test func noSizeIsTooSmall() {
    for row in ScreenTests.rows {
      var driver = Driver()
      driver.press(row.keys)
      for columns in [0, 1, 2, 7, 20, 39] {
        for rows in [0, 1, 2, 3, 6] {
          driver.send(.resized(Size(columns: columns, rows: rows)))
          #expect(driver.frame(columns, rows).size == Size(columns: columns, rows: rows))
        }
      }
    }
  }
}
