import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing

@Suite struct HelpTests {
  private func headings(_ driver: Driver) -> [String] {
    var driver = driver
    driver.send(.resized(Size(columns: 80, rows: 200)))
    return driver.text.dropFirst().filter { !$0.isEmpty && !$0.hasPrefix(" ") }
  }

  @Test func whatCountsInThePaneAtHandComesFirst() {
    for (keys, heading, row) in [
      ("?", "In Timeline", "Enter"), ("Tab ?", "In the detail", "Enter"),
      ("2 Esc 2 ?", "In Messages", "Enter"),
      ("5 Esc 5 ?", "Rules", "+ o"), ("6 Esc 6 ?", "In Stats", "Enter"),
    ] {
      var driver = Driver()
      driver.press(keys)
      #expect(driver.text[1] == heading && driver.text[2].hasPrefix(" " + row), "\(keys): \(driver.text[1])")
    }
    var driver = Driver(isLive: true)
    driver.press("3 Esc 3 ?")
    #expect(driver.text[1] == "Hold, change, answer")
  }

  @Test func whatCannotBeDoneHereComesLast() {
    var driver = Driver()
    driver.press("?")
    #expect(
      headings(driver).suffix(4) == [
        "Hold, change, answer – not in a recorded trace",
        "Be the milter: judge the waiting mail – in mitmilter milter",
        "Rules – in view 5", "Find – in a comparison",
      ])
    var live = Driver(isLive: true)
    live.press("?")
    #expect(headings(live).prefix(2) == ["In Timeline", "Hold, change, answer"])
  }

  @Test func everyKeyHasItsRowWhereverOneAsks() {
    for keys in ["?", "Tab ?", "5 Esc 5 ?", "6 Esc 6 ?"] {
      var driver = Driver(size: Size(columns: 80, rows: 200))
      driver.press(keys)
      let words = driver.text.joined(separator: " ").split(separator: " ").joined(separator: " ")
      for binding in Binding.table {
        #expect(words.contains(binding.help), "\(keys): \(binding.help)")
      }
    }
  }

  @Test func theFooterOffersWhatHelpDoes() {
    var driver = Driver()
    driver.press("?")
    #expect(
      driver.text[23] == " q back  Enter do it  PgDn page down  PgUp page up  / search     ? help  : type")
    driver.press("PgDn")
    #expect(driver.text.contains { $0.contains("04j") && $0.contains("1 to 6") })
  }

  @Test(arguments: ["?", "Tab ?"]) func aPageIsAsHighAsTheHelp(_ keys: String) {
    var driver = Driver()
    driver.press(keys)
    let last = driver.text[22].prefix(40).split(separator: " ", omittingEmptySubsequences: false)
      .reversed().drop { $0.isEmpty }.reversed().joined(separator: " ")
    driver.press("PgDn")
    #expect(driver.text[1].hasPrefix(last))
    driver.press("^U")
    #expect(driver.text[12].hasPrefix(last))
  }

  @Test func aSearchStaysInTheHelp() {
    var driver = Driver()
    driver.press("?")
    driver.enter("swap two", at: "/")
    #expect(driver.model.place == .help && driver.text.contains { $0.contains("swap two characters") })
    driver.press("n")
    #expect(driver.text.contains { $0.contains("swap two characters") })
    driver.press("9 9 9 9 9 9 9 9 9 n")
    #expect(driver.model.place == .help && driver.text.contains { $0.contains("swap two characters") })
    driver.enter("no such words", at: "/")
    #expect(driver.model.status?.text == "'no such words' not found in the help")
  }
}
