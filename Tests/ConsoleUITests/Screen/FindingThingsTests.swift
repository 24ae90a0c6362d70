import Cells
import ConsoleUI
import TestSupport
import Testing

@Suite struct FindingThingsTests {
  @Test func aFilterShowsItsPacketsOnly() {
    var driver = Driver()
    driver.enter("reply and stage == rcpt", at: "f")
    #expect(driver.model.filter?.text == "reply and stage == rcpt")
    #expect(driver.text[2].contains("RCPT") && driver.text[3].contains("550 5.1.1 no such user"))
    #expect(driver.text[1].hasSuffix("  reply and stage == rcpt  4 of 79"))
    driver.press("Esc")
    #expect(driver.model.filter == nil)
  }

  @Test func whatWasSearchedForIsMarkedUntilEsc() {
    var driver = Driver()
    driver.enter("NO SUCH", at: "/")
    #expect(Set(driver.marked) == ["no such"])
    let count = driver.marked.count
    #expect(count >= 2, "in the list and in the detail")
    driver.enter("rcpt", at: "f")
    driver.press("Esc")
    #expect(driver.marked.isEmpty && driver.model.filter != nil)
    driver.press("n")
    #expect(!driver.marked.isEmpty)
    driver.press("Esc Esc")
    #expect(driver.marked.isEmpty && driver.model.filter == nil)
  }

  @Test func wideLettersAreMarkedWhole() {
    var play = Recording()
    play.greet()
    play.mta(MTA.header("Subject", "日本語 の件名"))
    var driver = Driver(MemoryRecords(play.records))
    driver.enter("本語", at: "/")
    #expect(Set(driver.marked) == ["本語"])
  }

  @Test func aMatchFurtherDownInTheDetailIsBroughtIntoSight() {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail("<alice@example.org>"))
    play.mta(MTA.body((1...100).map { "line \($0)\r\n" }.joined()))
    play.mta(MTA.abort)
    var driver = Driver(MemoryRecords(play.records))
    driver.enter("line 70", at: "/")
    #expect(driver.marked == ["line 70"])
    #expect(driver.model.selectedPacket == play.packet - 1)
  }

  @Test func aFilterThatDoesNotHoldStaysInThePrompt() {
    var driver = Driver()
    driver.enter("rcptt == bob", at: "f")
    guard case .invalid(let range, let message) = driver.model.prompt?.validity else {
      Issue.record("the prompt takes it for \(String(describing: driver.model.prompt?.validity))")
      return
    }
    #expect(range == 0..<5)
    #expect(message == "unknown term 'rcptt'; try: rcpt.address == bob")
    driver.press("Esc")
    #expect(driver.model.filter == nil)
  }

  @Test func theListShowsWhatTheFilterBeingTypedTakes() {
    var driver = Driver()
    driver.press("2 4 G f")
    driver.type("mail")
    #expect(driver.text[2].contains("<alice@example.org>") && driver.text[1].hasSuffix("mail  3 of 79"))
    #expect(driver.text[22].hasPrefix(" ✓ 3 match"))
    driver.type(" and")
    #expect(driver.text[1].hasSuffix("mail  3 of 79"), "what does not hold changes nothing")
    #expect(!driver.text[22].contains("match"))
    driver.press("^U")
    #expect(driver.model.filter == nil && driver.model.selectedPacket == 24)
    driver.type("reply.code == 999")
    #expect(driver.text[22].hasPrefix(" ✓ nothing matches"))
    driver.press("^U")
    driver.type("reply.code == 550")
    #expect(driver.text[22].hasPrefix(" ✓ 1 matches"))
    driver.press("Enter")
    #expect(driver.model.filter?.text == "reply.code == 550" && driver.model.selectedPacket == 24)
  }

  @Test func aWordAloneIsLookedForAsText() {
    var driver = Driver()
    driver.press("f")
    driver.type("nobody")
    #expect(driver.text[22].hasPrefix(" ✓ ") && driver.text[22].contains("\"nobody\""))
    driver.press("^U")
    driver.type("550")
    #expect(driver.text[22].hasPrefix(" ✓ 1 matches reply.code == 550"))
    driver.press("^U")
    driver.type("rcptt")
    #expect(driver.text[22].hasPrefix(" ✓ nothing matches \"rcptt\"; did you mean rcpt?"))
    driver.press("Enter")
    #expect(driver.model.filter?.text == "rcptt")
  }

  @Test func aWordThatSaysNothingAloneIsNoErrorWhileItIsTyped() {
    var driver = Driver()
    driver.press("f")
    driver.type("subject")
    #expect(!driver.text.suffix(2).contains { $0.contains("^") || $0.contains("says nothing") })
    driver.press("Enter")
    #expect(driver.text[22].contains("'subject' says nothing alone; try: subject contains "))
    driver.type(" ~ \"a")
    #expect(driver.text[22].contains(" match message.subject ~ \"a\""))
    driver.type("(")
    #expect(driver.text[22].contains("\" ends the text"))
    #expect(!driver.text[22].contains("closing quote"))
  }

  @Test func noPromptOpensWithAnError() {
    for keys in ["f", ":", "/", "i", "5 +", "w", "2 4 G ;", "v o"] {
      var driver = Driver(isLive: true)
      driver.press(keys)
      #expect(
        !driver.text.suffix(3).contains { $0.contains("^ ") || $0.contains("expected") },
        "\(keys): \(driver.text.suffix(3))")
    }
  }

  @Test func aRulePastedWholeIsTakenAsItIs() {
    var driver = Driver(isLive: true)
    driver.press("5 +")
    driver.send(.key(.paste(Array("on mail do reject".utf8))))
    #expect(driver.model.prompt?.editor.text == "on mail do reject")
    driver.press("Enter")
    guard case .setRules(let rules)? = driver.effects.last else {
      Issue.record("no rule was set: \(driver.effects)")
      return
    }
    #expect(rules.map(\.text) == ["on mail do reject"])
  }

  @Test func leavingTheFilterBringsFilterAndPlaceBack() {
    for leave in ["Esc", "^C", "^U Backspace"] {
      var driver = Driver()
      driver.enter("rcpt or mail", at: "f")
      driver.press("j j")
      let before = driver.text
      driver.press("f ^U")
      driver.type("helo")
      #expect(driver.text != before)
      driver.press(leave)
      #expect(driver.text == before, "\(leave)")
      #expect(driver.model.filter?.text == "rcpt or mail")
    }
  }

  @Test func thePromptSaysThatTheFilterIsStillLooking() {
    var play = Recording()
    play.greet()
    while play.packet < 30_000 { play.mta(MTA.abort) }
    var driver = Driver(MemoryRecords(play.records))
    driver.press("2 0 0 0 0 G f")
    for scalar in "abort".unicodeScalars { driver.send(.key(.character(scalar))) }
    #expect(driver.text[22].hasSuffix(" match …"), "\(driver.text[22])")
    driver.settle()
    #expect(driver.text[22].hasPrefix(" ✓ 29,9") && driver.text[22].hasSuffix(" match"))
    #expect(driver.model.selectedPacket == 20_000)
    driver.press("Esc")
    #expect(driver.model.filter == nil && driver.model.selectedPacket == 20_000)
  }

  @Test func theMailsBehindTheFilterBeingTypedAreCounted() {
    var driver = Driver()
    driver.press("2 j f")
    driver.type("reply.code == 550")
    #expect(driver.text[22].hasPrefix(" ✓ 1 mail matches") && driver.model.list.count == 1)
    driver.press("Esc")
    #expect(driver.model.list.count == 3 && driver.model.list.cursor == 1)
  }

  @Test func theSelectionKeepsItsPacketThroughFilters() {
    var driver = Driver()
    driver.press("2 3 G")
    driver.enter("rcpt", at: "f")
    #expect(driver.model.selectedPacket == 23)
    driver.press("Esc")
    #expect(driver.model.selectedPacket == 23)
  }

  struct Row: Sendable, CustomStringConvertible {
    var text: String
    var keys: String
    var packet: Int
    var description: String { text + " " + keys }
  }

  static let searches = [
    Row(text: "no such", keys: "", packet: 24),
    Row(text: "NO SUCH", keys: "", packet: 24),
    Row(text: "x-spam", keys: "", packet: 32),
    Row(text: "x-spam", keys: "n", packet: 33),
    Row(text: "x-spam", keys: "n n", packet: 46),
    Row(text: "x-spam", keys: "N", packet: 46),
    Row(text: "4XyZ7k2", keys: "", packet: 23),  // in macros folded into the command
    Row(text: "quarantine", keys: "G N", packet: 64),
    // What only the row says: connection, time, how long a reply took, how much of a body it is, an escaped byte.
    Row(text: "c2.1", keys: "", packet: 49), Row(text: "20.244", keys: "", packet: 24),
    Row(text: "2.4s", keys: "", packet: 64), Row(text: "247 bytes", keys: "", packet: 39),
    Row(text: #"\x1b]0"#, keys: "", packet: 56),
  ]

  @Test(arguments: searches) func aSearchGoesToTheRowThatSaysIt(_ row: Row) {
    var driver = Driver()
    driver.enter(row.text, at: "/")
    if !row.keys.isEmpty { driver.press(row.keys) }
    #expect(driver.model.selectedPacket == row.packet)
  }

  @Test func aSearchInVainSaysSo() {
    var driver = Driver()
    driver.enter("no such words at all", at: "/")
    #expect(driver.model.status?.text == "'no such words at all' not found in the packets shown")
    #expect(driver.model.selectedPacket == 1)
  }

  @Test func aSearchStaysAmongTheMails() {
    var driver = Driver()
    driver.press("2")
    driver.enter("grüße", at: "/")
    #expect(driver.model.view == .messages)
    #expect(driver.model.list.cursor == 0)
    driver.enter("quarantined", at: "/")
    #expect(driver.model.list.cursor == 1)
    for words in ["−1 rcpt", "accepted, 1 refused"] {
      driver.press("G")
      driver.enter(words, at: "/")
      #expect(driver.model.list.cursor == 0, "\(words)")
    }
    driver.enter("no such user", at: "/")
    #expect(driver.model.view == .messages)
    #expect(driver.model.list.cursor == 0)
    driver.enter("news@example", at: "/")
    #expect(driver.model.list.cursor == 1)
    driver.press("n")
    #expect(driver.model.list.cursor == 2)
    driver.enter("no such words at all", at: "/")
    #expect(driver.model.status?.text == "'no such words at all' not found in the mails shown")
  }

  @Test func aFindingLeadsToThePacketThatItNames() throws {
    var driver = Driver(size: Size(columns: 120, rows: 36))
    driver.enter("CONTINUE answers nothing", at: "4 g j Enter Enter /")
    let packet = try #require(driver.model.selectedPacket)
    #expect(driver.selectedDetail.contains("CONTINUE answers nothing"))
    driver.press("Enter")
    #expect(driver.model.selectedPacket == packet - 1)
  }

  /// With the keys in the detail it goes through what stands there, in any tab.
  @Test func aSearchInTheDetailGoesToTheLineThatSaysIt() {
    var driver = Driver(size: Size(columns: 120, rows: 36))
    driver.press("2 4 G Enter")
    driver.enter("goes on for others", at: "/")
    #expect(driver.model.selectedPacket == 24)
    #expect(driver.selectedDetail.contains("message goes on for others"))
    let first = driver.model.detail.list.cursor
    driver.press("n")
    #expect(driver.model.detail.list.cursor > first)
    driver.press("N")
    #expect(driver.model.detail.list.cursor == first)
    driver.press("l l")
    driver.enter("no such user", at: "/")
    #expect(driver.model.selectedPacket == 24 && driver.selectedDetail.contains("no such user"))
    driver.enter("x-nowhere", at: "/")
    let vain = "'x-nowhere' not found in the Message tab; Tab, then n searches the list"
    #expect(driver.model.status?.text == vain)
    driver.press("Tab n")
    #expect(driver.model.status?.text == "'x-nowhere' not found in the packets shown")
  }

  /// Connection and mail are told in whole, however many there were before.
  @Test func highNumbersHaveRoom() {
    var play = Recording()
    play.connection = 1200
    play.greet()
    for _ in 0..<12 {
      for packet in [MTA.mail("<a@example.org>"), MTA.rcpt("<b@example.org>"), MTA.bodyEOB] {
        play.ask(packet)
      }
    }
    var driver = Driver(MemoryRecords(play.records, head: Story.head))
    driver.press("G")
    #expect(driver.selectedText.contains("c1200.12 "))
    driver.press("2 G")
    #expect(driver.selectedText.contains("c1200.12 "))
  }

  /// What a mail came to is told with the words that the client got.
  @Test func aRefusedMailSaysWithWhat() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail("<a@example.org>"))
    play.ask(MTA.rcpt("<b@example.org>"))
    play.mta(MTA.bodyEOB)
    play.milter(Milter.reply("554 5.7.1 looks like spam"))
    var driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 120, rows: 36))
    driver.press("2 d")
    #expect(driver.text.contains { $0.contains("rejected  554 5.7.1 looks like spam") })
  }

  /// A line for main.cf names only macros that Postfix can send.
  @Test func theLineForTheConfigurationHasNothingThatTheMTALacks() {
    var play = Recording()
    play.greet(Milter.optNeg(symbols: [(2, "i {auth_ssf} {nope} {client_ptr}")]))
    play.ask(MTA.macro("M", ["i": "4Xy"]), MTA.mail("<a@example.org>"))
    var driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 200, rows: 60))
    driver.press("G Enter l")
    let start = driver.text.firstIndex { $0.contains("without the request, Postfix: ") } ?? 0
    let line = driver.text[start...].prefix(3).joined()
    #expect(line.contains("{client_ptr}") && !line.contains("{auth_ssf}") && !line.contains("{nope}"))
  }

  @Test func aSearchStaysAmongTheFindings() {
    var driver = Driver()
    driver.press("4 G")
    let last = driver.model.list.cursor
    driver.enter("error", at: "/")
    #expect(driver.model.view == .findings)
    #expect(driver.model.list.cursor < last)
  }

  @Test func aFilterLeavesTheMailsOfWhichItTakesAPacket() {
    var driver = Driver(size: Size(columns: 120, rows: 36))
    driver.press("2")
    driver.enter("reply.code == 550", at: "f")
    #expect(driver.text[1].hasSuffix("reply.code == 550  1 of 3"))
    #expect(driver.text[2].contains("c1.1"))
    driver.enter("mail.address == \"<none@example.org>\"", at: "f ^U")
    #expect(driver.text.contains { $0.contains("no packet of a mail matches the filter") })
    driver.enter(" ", at: "f ^U")
    #expect(driver.text[2].contains("c1.1"))
  }

  @Test func theAddressesOfAMailGrowWithTheWidth() {
    var driver = Driver()
    driver.press("2")
    for (columns, words) in [
      (80, "ok −1 rcpt"), (90, "accepted, 1 refused"), (100, "accepted, 1 refused"),
      (120, "accepted, 1 refused"), (120, "<alice@example.org>"), (120, "<bob@example.net> +1"),
      (120, "4XyZ7k2"), (180, "accepted, 1 refused"), (250, "<bob@example.net> +1"),
    ] {
      driver.send(.resized(Size(columns: columns, rows: 40)))
      #expect(
        driver.text.contains { $0.contains("c1.1") && $0.contains(words) }, "\(columns): \(driver.text[4])")
    }
  }

  @Test func theMailsAreAllBackFromThePacketsOfOne() {
    var driver = Driver()
    driver.press("2 j Enter")
    #expect(driver.model.view == .timeline && driver.model.filter != nil)
    driver.press("2")
    #expect(driver.model.filter == nil)
    #expect(driver.model.list.count == 3 && driver.model.list.cursor == 1)
  }

  @Test func anOlderLineComesBack() {
    var driver = Driver()
    driver.enter("rcpt", at: "f")
    driver.enter("mail", at: "f")
    driver.press("f ^U Up Up")
    #expect(driver.model.prompt?.editor.text == "rcpt")
    driver.press("Down Down")
    #expect(driver.model.prompt?.editor.text == "")
  }

  @Test func tabCompletesInstructions() {
    var driver = Driver()
    driver.press(":")
    driver.type("fil")
    #expect(driver.model.prompt?.completions.first?.text == "filter")
    driver.press("Tab")
    #expect(driver.model.prompt?.editor.text == "filter")
    driver.press("^U")
    driver.type("set ti")
    driver.press("Tab")
    #expect(driver.model.prompt?.editor.text == "set time")
    driver.type(" d")
    driver.press("Tab Enter")
    #expect(driver.model.settings.time == .delta)
  }

  @Test func anExcerptTellsHowItsConnectionsBeganAndEnded() {
    var driver = Driver()
    driver.enter("filter connect and from == mta")
    driver.settle()
    driver.enter("write part.mtrace")
    guard case .write(_, let records, _)? = driver.effects.last else {
      Issue.record("nothing is written")
      return
    }
    let events = records.map { Story.records[$0].event }
    #expect(records.count < Story.records.count)
    #expect(events.contains { if case .opened = $0 { true } else { false } })
    #expect(events.contains { if case .closed = $0 { true } else { false } })
  }

  @Test func anExcerptOfAllLeavesNothingOut() {
    var driver = Driver()
    driver.enter("write whole.mtrace")
    #expect(
      driver.effects.last
        == .write(path: "whole.mtrace", records: Array(Story.records.indices), replaces: false))
  }

  /// At the milter's OPTNEG one asks what the MTA was told of it, which leaves a moment later.
  @Test func theSessionAtTheMiltersAnswerSaysWhatTheMTAWasTold() {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    let answer = play.hold(Milter.optNeg([], []))
    play.release(answer)
    play.send(answer, to: .mta, edited: Milter.optNeg(.addHeaders, []))
    var driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 160, rows: 36))
    driver.enter("goto 2")
    driver.press("l l l l")
    let bit = driver.text.first { $0.contains("ADDHDRS") && $0.contains("●") } ?? ""
    #expect(bit.contains("●    ·    ●"), "\(bit)")
    #expect(bit.contains("ours  may add and insert hea"))
  }
}
