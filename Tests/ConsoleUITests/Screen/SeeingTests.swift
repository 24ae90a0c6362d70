import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// What a mail came to, the ladder, Hex and Fields, Stats: what leads to what.
@Suite struct SeeingTests {
  /// Of 20 MB that takes half a second, for whoever only goes up and down.
  @Test func aMailIsNotReadAgainForWhoeverComesBackToIt() {
    let source = CountingRecords(Story.source)
    var driver = Driver(source)
    driver.press("2 j k")
    let first = source.asked.count
    driver.press("j k j k")
    let bodies = source.asked[first...].filter { index in
      guard case .received(let received)? = Story.source.record(at: index)?.event else { return false }
      return received.packet.kind == .command(.body)
    }
    #expect(bodies.isEmpty)
    driver.send(.resized(Size(columns: 100, rows: 30)))
    driver.press("j k")
    #expect(source.asked.count > first)
  }

  /// The lines of the detail below the list.
  private func detail(_ driver: Driver) -> [String] {
    Array(driver.text.drop { !$0.hasPrefix("─") }.dropFirst())
  }

  // MARK: outcome

  @Test func aMailBeginsWithWhatBecameOfIt() {
    var driver = Driver(size: Size(columns: 100, rows: 40))
    driver.press("2 j")
    #expect(driver.selectedText.contains("quarantined"))
    let lines = detail(driver)
    #expect(lines[0] == "Outcome")
    #expect(lines[1].contains("quarantined  taken, and kept in the queue"))
    #expect(lines[2].contains("the milter  ACCEPT at BODYEOB, packet 65"))
    #expect(lines[3].contains("reason") && lines[3].contains("looks like a scam"))
    #expect(lines[4].contains("release with       sendmail -qQ -qI31AQ9xKa -Q"))
    // Its command is what y copies.
    driver.press("Tab j j j j y")
    #expect(driver.effects.last == .copy(Array("sendmail -qQ -qI31AQ9xKa -Q".utf8)))
  }

  @Test func theListAndThePageUseTheSameWord() {
    var driver = Driver(size: Size(columns: 120, rows: 40))
    driver.press("2 Esc 2 g")
    for word in ["accepted, 1 refused", "quarantined", "rejected"] {
      #expect(driver.selectedText.contains(word))
      #expect(detail(driver)[1].hasPrefix("  mail               " + word), "\(word)")
      driver.press("j")
    }
    // At any packet of the mail, whatever was known there.
    driver.enter("goto 20")
    driver.press("l l")
    #expect(detail(driver)[1].contains("accepted, 1 refused"))
  }

  @Test func theBodyComesLast() {
    var driver = Driver(size: Size(columns: 100, rows: 200))
    driver.press("2 g")
    let lines = detail(driver)
    let at = { (words: String) in lines.firstIndex { $0.hasPrefix(words) } ?? -1 }
    #expect(0 <= at("Outcome") && at("Outcome") < at("Envelope") && at("Envelope") < at("Headers"))
    #expect(at("Headers") < at("Result at") && at("Result at") < at("Parts"))
  }

  // MARK: ladder

  private func ladder(_ play: Recording, size: Size = Size(columns: 100, rows: 60)) -> [String] {
    var driver = Driver(MemoryRecords(play.records, head: Story.head), size: size)
    driver.press("G h Tab \\")
    return detail(driver)
  }

  @Test func anArrowSaysWhatThePacketSays() {
    var driver = Driver(size: Size(columns: 100, rows: 60))
    driver.press("2 4 G h Tab \\")
    let lines = driver.text
    #expect(
      lines.contains { $0.contains("── RCPT <nobody@example.net> NOTIFY=NEVER ─") && $0.contains("▶│ 23") })
    #expect(
      lines.contains {
        $0.hasPrefix("▸14:13:20.244") && $0.contains("◀") && $0.contains("550 5.1.1 no such user")
      })
    #expect(lines.contains { $0.contains("● S07") && $0.contains(" 66 ") })
  }

  @Test func whatNeverArrivedIsNotDrawnAsArrived() {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.append(.closed(Closed(leg: .milter, how: .unreachable("connection refused"))))
    play.mta(MTA.helo())
    let lines = ladder(play)
    for words in ["lost OPTNEG", "lost HELO"] {
      let line = lines.first { $0.contains(words) } ?? ""
      #expect(line.contains("✕┊") && !line.contains("▶"), "\(lines)")
    }
  }

  @Test func whatWasDroppedEndsHere() {
    var play = Recording()
    play.greet()
    let mail = play.hold(MTA.mail("<a@example.org>"))
    play.release(mail, .dropped)
    let line = ladder(play).first { $0.contains("MAIL") } ?? ""
    #expect(line.contains("dropped MAIL <a@example.org>") && line.contains("✕┊"), "\(line)")
  }

  @Test func theLadderGoesOnWhilePacketsCome() {
    var play = Recording()
    play.greet()
    let source = MemoryRecords(play.records, head: Story.head)
    var driver = Driver(source, size: Size(columns: 100, rows: 60), isLive: true)
    driver.press("g h Tab \\")
    #expect(!driver.text.contains { $0.contains("MAIL") })
    play.ask(MTA.mail("<late@example.org>"))
    for record in play.records.dropFirst(source.count) { source.append(record) }
    driver.send(.appended)
    #expect(driver.text.contains { $0.contains("MAIL <late@example.org>") })
  }

  // MARK: hex and fields

  @Test func bytesLeadToTheirFieldAndBack() {
    var driver = Driver()
    driver.press("2 3 G Enter j Enter")
    #expect(driver.model.tab == .hex)
    driver.press("Enter")
    #expect(driver.model.tab == .fields)
    #expect(driver.selectedDetail.contains("<nobody@example.net>"))
    // From bytes that are another field's.
    driver.press("Enter j j Enter")
    #expect(driver.model.tab == .fields && driver.selectedDetail.contains("NOTIFY=NEVER"))
  }

  // MARK: statistics

  @Test func aNumberLeadsToWhatItCounts() {
    var driver = Driver(size: Size(columns: 120, rows: 60))
    driver.press("6 Esc 6 l Enter")
    #expect(driver.model.view == .timeline)
    #expect(driver.model.filter?.text.contains("took >= ") ?? false)
    #expect(driver.shownPackets() == [65])
    driver.press("q")
    #expect(driver.model.view == .stats && driver.model.filter == nil)
  }

  @Test func everyNumberHasPacketsBehindIt() {
    var driver = Driver(size: Size(columns: 200, rows: 60))
    driver.press("6 Esc 6")
    driver.press("l" + String(repeating: " h", count: 80))
    var filters: Set<String> = []
    for _ in 0..<70 {
      driver.press("l Enter")
      let filter = driver.model.filter?.text ?? ""
      #expect(driver.model.list.count > 0, "\(filter)")
      filters.insert(filter)
      driver.press("q")
    }
    #expect(filters.count > 20 && filters.contains("msg > 0"))
    #expect(filters.contains("replycode and stage == rcpt"))
  }

  // MARK: wide and narrow

  @Test func sideBySideIsFrom150AndAsOneSays() {
    for (columns, isBeside) in [(120, false), (149, false), (150, true), (200, true)] {
      var driver = Driver(size: Size(columns: columns, rows: 36))
      #expect(driver.model.layout.divider.isEmpty != isBeside, "\(columns)")
      driver.press("|")
      #expect(driver.model.layout.divider.isEmpty == isBeside, "\(columns)")
      driver.press("|")
      #expect(driver.model.layout.divider.isEmpty != isBeside, "\(columns)")
    }
  }

  @Test func theBorderMovesWithinBoundsAndIsRemembered() {
    var driver = Driver(size: Size(columns: 200, rows: 40))
    let before = driver.model.layout.list.columns
    driver.press("<")
    #expect(driver.model.layout.list.columns < before)
    driver.press("> >")
    #expect(driver.model.layout.list.columns > before)
    driver.press("< < < < < < < < < < < < < < <")
    #expect(driver.model.layout.list.columns == 40 && driver.kept.last == "set border 20")
    driver.press("> > > > > > > > > > > > > > >")
    #expect(driver.model.layout.list.columns == 160 && driver.kept.last == "set border 80")
    driver.press("|")
    #expect(driver.kept.last == "set split below" && driver.model.layout.list.rows > 25)
    for value in ["10", "81", "half"] {
      driver.enter("set border \(value)")
      #expect(driver.model.settings.border == 80, "\(value)")
      driver.press("Esc")
    }
    driver.enter("set border auto")
    driver.enter("set split auto")
    #expect(driver.model.layout.list.columns == before)
  }

  @Test func idsAreWholeAndColumnsDoNotCreep() {
    var play = Recording()
    play.greet()
    for number in 1...30 {
      play.mail(
        from: "<someone@example.org>", to: ["<somebody.with.a.long.name@example.net>"],
        headers: [("Subject", "\(number)")], id: "4XyZ7k2qWzz\(number + 1000)")
    }
    let source = MemoryRecords([], head: Story.head)
    var driver = Driver(source, size: Size(columns: 120, rows: 36), isLive: true)
    driver.press("2")
    var starts: Set<String> = []
    for (count, record) in play.records.enumerated() {
      source.append(record)
      driver.send(.appended)
      // Once the first is there, its columns stay.
      if driver.model.list.count > 0, count > 40 { starts.insert(driver.text[1]) }
    }
    #expect(starts.count == 1, "\(starts)")
    #expect(driver.text.contains { $0.contains(" 4XyZ7k2qWzz1030 ") })
    #expect(driver.text.contains { $0.contains(" <someone@example.org> ") })
  }

  // MARK: search

  @Test func aSearchGoesAlongWithWhatIsTypedAndBack() {
    var driver = Driver()
    driver.press("2 0 G")
    let place = driver.model.selectedPacket
    driver.press("/")
    driver.type("nobody")
    #expect(driver.selectedText.hasPrefix("    23 "))
    #expect(driver.text[22].contains("1 of "))
    driver.press("Esc")
    #expect(driver.model.selectedPacket == place)
    driver.press("/")
    driver.type("nobodyx")
    #expect(driver.text[22].contains("not found"))
    driver.press("Backspace Enter")
    #expect(driver.model.selectedPacket == 23)
  }

  @Test func aSearchHasItsCount() {
    var driver = Driver(size: Size(columns: 120, rows: 36))
    driver.enter("rcpt", at: "g /")
    #expect(driver.text[35].hasPrefix(" /rcpt 1 of "))
    driver.press("n")
    #expect(driver.text[35].hasPrefix(" /rcpt 2 of "))
    let total = driver.text[35].split(separator: " ")[3]
    driver.press("g N ^L")
    #expect(driver.text[35].hasPrefix(" /rcpt \(total) of \(total) "))
    driver.press("Esc")
    #expect(!driver.text[35].contains("/rcpt"))
  }

  @Test func linesThatQuoteMailAreNotKept() {
    var driver = Driver(isLive: true)
    driver.enter("secret words", at: ";")
    driver.enter("note other secret words")
    driver.enter("reply 550 'secret'")
    driver.enter("rcpt", at: "f")
    driver.enter("nobody", at: "/")
    driver.enter("set time delta")
    #expect(driver.kept == ["filter rcpt", "search nobody", "type set time delta"])
  }

  @Test func whatWasKeptIsThereAgain() {
    var driver = Driver()
    for (word, text) in [("filter", "rcpt"), ("filter", "reply"), ("note", "never"), ("nonsense", "x")] {
      driver.model.history.recall(text, under: word)
    }
    driver.press("f ^U Up")
    #expect(driver.model.prompt?.editor.text == "reply")
    driver.press("Up")
    #expect(driver.model.prompt?.editor.text == "rcpt")
    driver.press("Esc Esc ; Up")
    #expect(driver.model.prompt?.editor.text == "")
  }
}
