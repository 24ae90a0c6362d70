import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing

@Suite struct MovingTests {
  struct Row: Sendable, CustomStringConvertible {
    var keys: String
    /// The packet selected then.
    var packet: Int
    var description: String { keys }
  }

  /// From the first packet of the story; macro packets have no row.
  static let rows = [
    Row(keys: "j", packet: 2), Row(keys: "j j j k", packet: 4), Row(keys: "Down", packet: 2),
    Row(keys: "G", packet: 79), Row(keys: "G g", packet: 1), Row(keys: "End k", packet: 78),
    Row(keys: "1 2 j", packet: 17), Row(keys: "0 4 j", packet: 7), Row(keys: "2 4 G", packet: 24),
    Row(keys: "8 j k", packet: 10), Row(keys: "PgDn", packet: 13), Row(keys: "PgDn PgUp", packet: 1),
    Row(keys: "^D ^D ^U", packet: 8), Row(keys: "2 3 G ^D", packet: 29),
  ]

  @Test(arguments: rows) func selects(_ row: Row) {
    var driver = Driver()
    driver.press(row.keys)
    #expect(driver.model.selectedPacket == row.packet)
    #expect(driver.model.view == .timeline)
  }

  @Test func aDigitShowsItsViewAndANumberComesBackToWhereItBegan() {
    var driver = Driver()
    driver.press("2")
    #expect(driver.model.view == .messages)
    driver.press("j")
    #expect(driver.model.view == .messages)
    driver.send(.tick(Moment.zero + .seconds(5)))
    driver.press("1")
    #expect(driver.model.view == .timeline)
  }

  @Test func digitsFarApartAreViewsAndNoNumber() {
    var driver = Driver()
    driver.press("4")
    driver.send(.tick(Moment.zero + .seconds(1)))
    driver.press("1")
    driver.send(.tick(Moment.zero + .seconds(2)))
    driver.press("j")
    #expect(driver.model.selectedPacket == 2)
  }

  @Test func aNumberWithoutAPacketIsRefused() {
    var driver = Driver()
    driver.press("9 9 9 G")
    #expect(driver.model.status == StatusMessage(.refused, "there is no packet 999; the last is 79"))
  }

  @Test func macrosUnfoldUnderTheirCommand() {
    var driver = Driver()
    driver.press("0 4 G")
    driver.press("Space")
    #expect(driver.text[4].contains("MACRO") && driver.text[4].contains("└"))
    driver.press("k Space")
    #expect(!driver.text[4].contains("MACRO"))
    #expect(driver.model.selectedPacket == 4)
  }

  @Test func onAReplyTheMacrosOfItsCommandUnfold() {
    var driver = Driver()
    driver.press("2 4 G Space")
    #expect(driver.model.selectedPacket == 24)
    let at = driver.text.firstIndex { $0.contains("no such user") } ?? 3
    #expect(driver.text[at - 1].contains("<nobody@example.net>") && driver.text[at - 2].contains("└"))
    driver.press("Space")
    #expect(driver.model.selectedPacket == 24 && !driver.text.contains { $0.contains("└") })
  }

  @Test func theMacrosOfTheStageAtHandStandFirst() {
    for (packet, stage) in [
      ("2 4", "RCPT"), ("2 3", "RCPT"), ("2 2", "RCPT"), ("1 8", "MAIL"), ("0 5", "CONNECT"),
    ] {
      var driver = Driver()
      driver.press("\(packet) G l")
      #expect(driver.text[13] == "for \(stage)", "\(packet)")
    }
  }

  @Test func enterOpensAndBackGoesTheSameWayBack() {
    var driver = Driver()
    driver.press("2 G Enter")
    #expect(driver.model.view == .timeline)
    #expect(driver.model.filter?.text == "conn == 2 and msg == 2")
    driver.press("Enter")
    #expect(driver.model.focus == .detail)
    driver.press("q")
    #expect(driver.model.focus == .list)
    driver.press("q")
    #expect(driver.model.view == .messages)
    #expect(driver.model.filter == nil)
    driver.press("q")
    #expect(driver.model.view == .timeline)
  }

  @Test func theNumberOfAPacketStaysInSightBesideTheTabs() {
    var play = Recording()
    play.greet()
    while play.packet < 1200 { play.mta(MTA.abort) }
    var driver = Driver(MemoryRecords(play.records), size: Size(columns: 48, rows: 24))
    for (keys, words) in [("9 9 G", " #99 "), ("1 0 0 G", " #100 "), ("1 2 0 0 G", " #1200 ")] {
      driver.press(keys)
      #expect(driver.text.contains { $0.contains("─" + words) }, "\(keys)")
    }
  }

  @Test func hexLightsTheBytesOfTheSelectedFieldAndNoOther() {
    for keys in ["l l l", "h h h", "Enter"] {
      var driver = Driver()
      driver.press("2 3 G Tab j " + keys)
      let frame = driver.frame()
      let line = driver.text.firstIndex { $0.hasPrefix("0000") } ?? 0
      var lit: [String] = []
      for row in [line, line + 1] {
        for column in 56..<72 {
          let cell = frame[Point(column: column, row: row)]
          if cell.style.attributes.contains(.match) { lit.append(cell.base.map { String($0) } ?? "") }
          #expect(!cell.style.attributes.contains(.selected), "\(keys)")
        }
      }
      #expect(lit.joined() == "<nobody@example.net>·", "\(keys)")
      #expect(frame[Point(column: 3, row: line)].style.attributes.contains(.selected))
    }
  }

  @Test func hexHasSixteenBytesALineWhereTheyFit() {
    for (columns, bytes) in [(48, 8), (80, 16), (120, 16), (150, 16), (160, 16), (180, 16), (200, 16)] {
      var driver = Driver(size: Size(columns: columns, rows: 36))
      driver.press("2 3 G l l l")
      let second = bytes == 16 ? "0010  " : "0008  "
      #expect(driver.text.contains { $0.contains(second) }, "\(columns)")
    }
  }

  @Test func theWordsOfTheNegotiationAreWhole() {
    for columns in [60, 80, 160, 200] {
      var driver = Driver(size: Size(columns: columns, rows: 200))
      driver.press("0 2 G h h")
      let words = driver.text.map { $0.split(separator: "│").last.map(String.init) ?? "" }.joined(
        separator: " ")
      let flat = words.split(separator: " ").joined(separator: " ")
      for meaning in ["may add and insert headers", "may replace the body", "may say which macros it wants"] {
        #expect(flat.contains(meaning), "\(columns)")
      }
    }
  }

  @Test func timesKeepTheirMillisecondsBesideTheDetail() {
    for columns in [80, 120, 150, 200] {
      let driver = Driver(size: Size(columns: columns, rows: 36))
      #expect(driver.text[2].contains(" 1 14:13:20.220 "), "\(columns): \(driver.text[2])")
    }
  }

  @Test func theTitleOfAReplySaysWhatItAnswers() {
    let widths = [
      (80, "─ #24 · reply to RCPT <nobody@examp…  Fields Macros Message Hex Session Ladder ─"),
      (72, "─ #24 · reply to RCPT <nobo…  Fields Macros Message Hex Session Ladder ─"),
      (56, "─ packet 24 ─ Fields"), (50, "─ #24 ─ Fields Macros Message Hex Session Ladder ─"),
      (46, "─ #24 ── Fields Macros Message Hex Session L ─"),
      (40, "─ #24 ── Fields Macros Message Hex S L ─"),
      (120, "─ packet 24 · reply to RCPT <nobody@example.net> NOTIFY=NEVER ───── Fields │ Macros │"),
      (160, "│─ packet 24 · reply to RCPT <nobody@example.net> NOTIFY=NEVER ─"),
      (200, "│─ packet 24 · reply to RCPT <nobody@example.net> NOTIFY=NEVER ─"),
    ]
    for (columns, words) in widths {
      var driver = Driver(size: Size(columns: columns, rows: 24))
      driver.press("2 4 G")
      #expect(driver.text.contains { $0.contains(words) }, "\(columns): \(driver.text[1]) \(driver.text[12])")
    }
    var driver = Driver(size: Size(columns: 160, rows: 36))
    driver.press("2 4 G")
    #expect(driver.text[2].hasSuffix("│ Fields │ Macros │ Message │ Hex │ Session │ Ladder"))
    driver.press("3 8 G")
    #expect(driver.text[1].contains("─ packet 38 · reply to EOH ─"))
  }

  @Test func whereADetailHasOnePageNoLineIsKeptForTabs() {
    var driver = Driver(size: Size(columns: 200, rows: 40), isLive: true)
    driver.enter("on rcpt do hold")
    driver.press("5 Esc 5")
    #expect(driver.text[1].contains("─ rule 1 ─"))
    #expect(!driver.text[2].hasSuffix("│"), "\(driver.text[2])")
  }

  @Test func whatAReplyAnswersStandsBehindItsFieldsAndIsWhole() {
    var driver = Driver(size: Size(columns: 150, rows: 36))
    driver.press("2 4 G")
    let lines = driver.text.map { String($0.drop { $0 != "│" }) }
    let at = { (words: String) in lines.firstIndex { $0.contains(words) } ?? -1 }
    #expect(at("text") < at("answers") && at("answers") < at("What it does"))
    #expect(lines[at("answers")].contains("RCPT <nobody@example.net>"))
    driver.press("Tab j j j j Enter")
    #expect(driver.model.selectedPacket == 23)
  }
}
