import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@Suite struct FindingsPaneTests {
  /// Three ABORTs too many, each a finding, and a command that was never answered with what follows from that.
  private static func play() -> Recording {
    var play = Recording()
    play.greet()
    for name in ["first", "second", "third"] {
      play.mta(MTA.abort)
      play.append(.found(Finding(.abortOutside, packet: play.packet, "the \(name) one")))
    }
    play.mta(MTA.mail())
    let cause = Finding.Cause(.noVerdict, packet: play.packet)
    play.append(.found(Finding(.noVerdict, packet: play.packet, "MAIL is not answered")))
    play.append(.found(Finding(.milterLeft, packet: nil, "the milter left", cause: cause)))
    return play
  }

  private func start(_ size: Size = Size(columns: 120, rows: 36)) -> Driver {
    Driver(MemoryRecords(Self.play().records, head: Story.head), size: size)
  }

  /// Ids of the list, top to bottom; a line of an open group has none.
  private func ids(_ driver: Driver) -> [String] {
    driver.text.dropFirst(2).prefix { !$0.hasPrefix("─") && !$0.isEmpty }.map {
      String($0.dropFirst(2).prefix(3)).trimmed
    }
  }

  @Test func aRuleIsALineAndCausesStandBeforeTheirConsequences() {
    var driver = start()
    driver.press("4")
    #expect(ids(driver) == ["R03", "W05", "S07"])
    #expect(driver.text[1].contains("id") && !driver.text[1].contains("rule"))
    #expect(driver.text[3].contains("└ "))
    #expect(driver.text[4].contains("     3 ") && driver.text[4].contains("▸ ABORT outside a message"))
  }

  @Test func aGroupOpensAndClosesWhereItStands() {
    var driver = start()
    driver.press("4 G Enter")
    #expect(ids(driver) == ["R03", "W05", "S07", "", "", ""])
    #expect(driver.text[4].contains("▾ ") && driver.text[6].contains("the second one"))
    #expect(driver.selectedText.contains("S07"))
    driver.press("Space")
    #expect(ids(driver) == ["R03", "W05", "S07"])
  }

  /// The lines of logs are no words of the finding, and found all the same.
  @Test func aSearchFindsTheLineThatALogHas() {
    var driver = start()
    driver.press("4 G")
    driver.enter("can't read SMFIC_MAIL", at: "/")
    #expect(driver.selectedText.contains("R03"))
    let page = driver.text.joined(separator: "\n")
    #expect(page.contains("≡ Postfix logs:"))
    #expect(page.contains("can't read SMFIC_MAIL reply packet header: Connection timed out"))
  }

  @Test func aKeyAndTheCommandExplainWhatLogsSayOfThePacket() {
    for isTyped in [false, true] {
      var driver = start(Size(columns: 140, rows: 60))
      driver.press("4 Enter")
      if isTyped { driver.enter("explain") } else { driver.press("L") }
      let page = driver.text.joined(separator: "\n")
      #expect(
        page.contains("In the log") && page.contains("Postfix waited for the milter's reply to SMFIC_MAIL"))
      #expect(!page.contains("Sendmail"))
      driver.press("L")
      #expect(!driver.text.joined().contains("Postfix waited for"))
    }
  }

  /// Whichever tab was open beside the Timeline before.
  @Test func enterGoesToThePacketWithTheFindingOnTop() {
    for tabs in ["", "l", "l l l", "h"] {
      var driver = start()
      driver.press(tabs)
      driver.press("4 G Enter j j Enter")
      #expect(driver.model.view == .timeline && driver.model.tab == .fields, "\(tabs)")
      let detail = driver.text.drop { !$0.hasPrefix("─") }
      #expect(detail.dropFirst().first?.contains("S07 the second one") ?? false, "\(tabs)")
      driver.press("q")
      #expect(driver.model.view == .findings)
    }
  }

  @Test func theNextFindingShowsWhatItSays() {
    var driver = start()
    driver.press("g l l l ]")
    #expect(driver.model.tab == .fields)
    #expect(driver.text.contains { $0.contains("S07 the first one") })
    driver.press("l 0 2 ]")
    #expect(driver.model.tab == .fields)
    #expect(driver.text.contains { $0.contains("S07 the third one") })
  }

  @Test func ofSeveralFindingsOfAPacketTheOneThatWasOpenedIsFirst() {
    var play = Recording()
    play.greet()
    play.mta(MTA.abort)
    play.append(.found(Finding(.abortOutside, packet: play.packet, "a note")))
    play.append(.found(Finding(.noVerdict, packet: play.packet, "an error")))
    var driver = Driver(MemoryRecords(play.records, head: Story.head))
    driver.press("4 G Enter")
    let detail = driver.text.drop { !$0.hasPrefix("─") }
    #expect(detail.dropFirst().first?.contains("S07 a note") ?? false)
  }

  /// What comes meanwhile takes no line from under the cursor.
  @Test func theSelectedFindingStaysWhereItStands() {
    let play = Self.play()
    let source = MemoryRecords([], head: Story.head)
    var driver = Driver(source, size: Size(columns: 120, rows: 36), isLive: true)
    let end = play.records.count - 3
    for record in play.records[..<end] { source.append(record) }
    driver.send(.appended)
    driver.press("4")
    let before = driver.selectedText
    #expect(before.contains("S07"))
    for record in play.records[end...] { source.append(record) }
    driver.send(.appended)
    driver.settle()
    #expect(driver.selectedText == before)
    #expect(ids(driver).contains("R03"))
  }

  @Test func aSearchFindsWhatAClosedGroupHolds() {
    var driver = start()
    driver.enter("third one", at: "4 g /")
    #expect(driver.selectedText.contains("S07"))
  }
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
