import Cells
import CommandLanguage
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// A person in a milter's place: mails wait, each is read and judged by a key.
@Suite struct DeskTests {
  private let story = DeskStory()

  private func start(_ size: Size = Size(columns: 80, rows: 24)) -> (Driver, MemoryRecords) {
    let source = story.source
    return (Driver.desk(story, source, size: size), source)
  }

  static let sizes = ScreenTests.sizes
  static let screens = [
    (name: "desk", keys: "3"), ("desk-mail", "G Enter"), ("desk-messages", "2"), ("desk-verdicts", "G v"),
    ("desk-rcpt", "j"), ("desk-help", "?"),
  ]

  @Test(arguments: sizes, screens) func looksLikeThis(_ size: Size, _ screen: (name: String, keys: String)) {
    var (driver, _) = start(size)
    driver.press(screen.keys)
    expectScreen(driver.frame(), "Screens/\(screen.name)-\(size.columns)x\(size.rows)")
  }

  @Test(arguments: sizes) func nothingWaitingSaysWhatWill(_ size: Size) {
    let driver = Driver(MemoryRecords([], head: Story.head), size: size, isLive: true, milter: nil)
    expectScreen(driver.frame(), "Screens/desk-empty-\(size.columns)x\(size.rows)")
  }

  struct Row: Sendable, CustomStringConvertible {
    var keys: String
    var typed = ""
    var asks: [String]
    var description: String { keys }
  }

  /// On the signed mail, which has no deadline and stands last.
  static let rows = [
    Row(keys: "G a", asks: ["accept"]), Row(keys: "G r", asks: ["reject"]),
    Row(keys: "G t", asks: ["tempfail"]),
    Row(keys: "G D y", asks: ["discard"]), Row(keys: "G Enter r", asks: ["reject"]),
    Row(keys: "G z Enter", asks: ["quarantine \"held for review\"", "accept"]),
    Row(keys: "G o", typed: "no\"", asks: ["reply 550 5.7.1 no"]),
    Row(keys: "G v t", asks: ["tempfail"]),
    Row(keys: "G D n", asks: []), Row(keys: "G D Esc", asks: []), Row(keys: "G z Esc", asks: []),
  ]

  @Test(arguments: rows) func aKeyJudgesTheMail(_ row: Row) throws {
    var (driver, _) = start()
    driver.press(row.keys)
    driver.type(row.typed)
    if !row.typed.isEmpty { driver.press("Enter") }
    let asked = try row.asks.map {
      ConsoleEffect.instruct(try Instruction(parsing: $0), packet: story.signed)
    }
    #expect(driver.effects == asked)
  }

  /// While a mail comes, a part that has no end yet is no fault of its.
  @Test func whatHasNotComeYetIsNotMissing() {
    var play = Recording()
    play.greet()
    play.mail(
      headers: [("Content-Type", "multipart/mixed; boundary=sep")],
      body: ["--sep\r\n\r\none\r\n--sep\r\nContent-Type: image/png\r\n\r\nAA", "AA\r\n"])
    for (packet, isOpen) in [(play.packet - 4, true), (play.packet, false)] {
      var driver = Driver(MemoryRecords(play.records, head: Story.head), size: Size(columns: 100, rows: 60))
      driver.enter("\(packet)")
      driver.press("l l")
      #expect(driver.text.contains { $0.contains("2  image/png") })
      #expect(driver.text.contains { $0.contains("not closed") } != isOpen)
      #expect(driver.text.contains { $0.contains("the mail goes on behind this packet") } == isOpen)
    }
  }

  @Test func beforeItsEndTakingIsGoingOn() {
    var (driver, _) = start()
    driver.press("j a")
    #expect(driver.effects == [.instruct(.answer(.continue), packet: story.recipient)])
    driver.press("j r")
    #expect(driver.effects.last == .instruct(.answer(.reject), packet: story.signed))
  }

  @Test func theNextOneIsSelectedAtOnce() {
    var (driver, _) = start()
    driver.press("r t a")
    #expect(
      driver.effects == [
        .instruct(.answer(.reject), packet: story.plain),
        .instruct(.answer(.tempfail), packet: story.recipient),
        .instruct(.answer(.accept), packet: story.signed),
      ])
  }

  @Test func theOpenMailGivesWayToTheNext() {
    var (driver, _) = start()
    driver.press("Enter r")
    #expect(driver.text.contains { $0.contains("news@example.com") })
    driver.press("q")
    #expect(driver.text.contains { $0.contains("decided") })
  }

  @Test func inMessagesTheNextThatWaitsIsSelected() {
    var (driver, _) = start()
    driver.press("2 r r")
    #expect(
      driver.effects == [
        .instruct(.answer(.reject), packet: story.recipient),
        .instruct(.answer(.reject), packet: story.signed),
      ])
  }

  @Test func anMTAThatGivesUpIsToldOfWithTheOptionThatSaysSo() {
    var (driver, source) = start()
    let why: Sentence = "Postfix gave up after 60 s: --mta-timeout 30s,60s"
    source.append(
      Record(
        time: .zero, connection: 2,
        event: .released(Released(number: story.plain, outcome: .abandoned, cause: .policy(why)))))
    driver.send(.appended)
    #expect(driver.text.last?.contains("c2.1: \(why.text)") == true)
  }

  @Test func anMTAThatGivesUpIsToldOf() {
    var (driver, source) = start()
    source.append(
      Record(
        time: .zero, connection: 2,
        event: .released(
          Released(number: story.plain, outcome: .abandoned, cause: .rule("hold")))))
    source.append(Record(time: .zero, connection: 2, event: .closed(Closed(leg: .mta, how: .peer))))
    driver.send(.appended)
    #expect(driver.text.last?.contains("c2.1: the MTA gave up waiting") == true)
    #expect(driver.model.trace.waiting.map(\.number) == [story.recipient, story.signed])
    driver.press("2 j")
    #expect(driver.text.contains { $0.contains("lost") })
  }

  @Test func whatCannotBeQuarantinedIsNotAcceptedInstead() {
    let story = DeskStory(actions: [.addHeaders, .changeHeaders])
    var driver = Driver.desk(story, story.source)
    #expect(!driver.text.contains { $0.contains("z quarantine") })
    driver.press("z")
    #expect(driver.effects.isEmpty)
    #expect(driver.text.last?.contains("QUARANTINE was not negotiated with the MTA") == true)
  }

  static let slow = [
    (keys: "o", typed: "no\"", end: "Enter"), ("z", "", "Enter"), ("D", "", "y"), ("v o", "no\"", "Enter"),
    ("+ a", "X-Seen yes", "Enter"), (":", "mark", "Enter"), (";", "odd", "Enter"),
  ]

  @Test(arguments: slow) func whatIsTypedTooLateIsForNobodyElse(
    _ row: (keys: String, typed: String, end: String)
  ) {
    var (driver, source) = start()
    driver.press(row.keys)
    driver.type(row.typed)
    let gone = Released(number: story.plain, outcome: .forwarded, cause: .timeout)
    source.append(Record(time: .zero, connection: 2, event: .released(gone)))
    driver.send(.appended)
    driver.press(row.end)
    #expect(driver.effects.isEmpty)
    #expect(driver.text.last?.contains("no longer waiting") == true)
  }

  @Test func aRefusedVerdictLeavesTheMailWaiting() {
    var (driver, source) = start()
    driver.press("r")
    let refused = Instructed(text: "reject", cause: .operator, packet: story.plain, refusal: "not here")
    source.append(Record(time: .zero, connection: 2, event: .instructed(refused)))
    driver.send(.appended)
    #expect(driver.text.last?.contains("not here") == true)
    #expect(!driver.text.contains { $0.contains("decided") })
  }

  @Test func anOwnReplyIsJudgedWhileTyped() {
    for (typed, words) in [
      ("^U 650 x", "the reply code is 400 to 599"), ("^U 550 4.7.1 \"x\"", "does not fit code 550"),
    ] {
      var (driver, _) = start()
      driver.press("G o ^U")
      driver.type(String(typed.dropFirst(3)))
      driver.press("Enter")
      #expect(driver.effects.isEmpty)
      #expect(driver.text.contains { $0.contains(words) }, "\(typed)")
    }
  }

  private func changed(_ source: MemoryRecords, _ text: String, refusal: Sentence? = nil) throws {
    let done = Instructed(
      try Instruction(parsing: text), cause: .operator, packet: story.signed, refusal: refusal)
    source.append(Record(time: .zero, connection: 1, event: .instructed(done)))
  }

  @Test(arguments: sizes) func changesAreShownAsTheyWouldBeDelivered(_ size: Size) throws {
    var (driver, source) = start(size)
    driver.press("G Enter")
    for text in [
      "change-header Subject \"[bill] March\"", "add-header X-Seen yes", "add-rcpt <archive@example.org>",
      "delete-part 2",
    ] { try changed(source, text) }
    driver.send(.appended)
    expectScreen(driver.frame(), "Screens/desk-preview-\(size.columns)x\(size.rows)")
    // What the machine gave up since is none of it.
    try changed(source, "add-header X-Seen yes", refusal: "the MTA aborted it")
    driver.send(.appended)
    #expect(!driver.text.contains { $0.contains("X-Seen: yes") })
    // It has no room on the smallest screen.
    #expect(size.rows == 10 || driver.text.contains { $0.contains("[bill] March") })
  }

  /// What the milter asked for waits with the mail, and under HDR_LEADSPC ours brings its own blank.
  @Test func whatIsHeldIsPartOfThePreview() throws {
    var play = Recording()
    play.greet(Milter.optNeg(.current, .headerLeadingSpace))
    play.mail(headers: [("Subject", " test")])
    let held = play.hold(Milter.insHeader(0, "X-Held", " v"))
    play.receive(Milter.accept, forwarded: false)
    let source = MemoryRecords(play.records, head: Story.head)
    let done = Instructed(
      try Instruction(parsing: "add-header X-Ours yes"), cause: .operator, packet: held, refusal: nil)
    source.append(Record(time: play.now, connection: 1, event: .instructed(done)))
    var driver = Driver(source, size: Size(columns: 100, rows: 40), isLive: true, milter: nil)
    driver.press("Esc G Enter")
    #expect(driver.text.contains { $0.contains("+ X-Held: v  packet \(held)") })
    #expect(driver.text.contains { $0.contains("+ X-Ours: yes  packet \(held)") })
  }

  @Test func aPartIsSavedDecodedUnderASafeName() {
    var (driver, _) = start()
    driver.press("G w")
    #expect(driver.text.last?.contains("save-part 2 bill.pdf") == true)
    driver.press("Enter")
    let save = ConsoleEffect.save(path: "bill.pdf", bytes: bytes("Hello, Bob!\n"), replaces: false)
    #expect(driver.effects.last == save)
    driver.send(
      .exists(path: "bill.pdf", replace: .save(path: "bill.pdf", bytes: bytes("x"), replaces: true)))
    #expect(driver.text.last?.contains("Replace it?") == true)
    driver.press("n")
    #expect(driver.effects.last == save)
    driver.send(
      .exists(path: "bill.pdf", replace: .save(path: "bill.pdf", bytes: bytes("x"), replaces: true)))
    driver.press("y")
    #expect(driver.effects.last == .save(path: "bill.pdf", bytes: bytes("x"), replaces: true))
    driver.enter("save-part 3 x")
    #expect(driver.text.last?.contains("there is no part 3: the mail has 2 parts") == true)
  }

  @Test func thePartUnderTheCursorIsTheOneToSave() {
    var (driver, _) = start(Size(columns: 80, rows: 60))
    driver.press("G Enter")
    for _ in 0..<60 where driver.model.prompt == nil {
      driver.press("j")
      if driver.selectedText.contains("text/plain") { driver.press("w") }
    }
    #expect(driver.text.last?.contains("save-part 1 part-1") == true)
  }

  @Test func theBodyIsReadBackForAPartOfIt() {
    let (driver, _) = start()
    #expect(driver.model.body(ofMailWith: story.signed) == bytes(DeskStory.body))
    #expect(driver.model.body(ofMailWith: story.recipient) == nil)
  }

  @Test func whatIsTypedSaysWhatItComesTo() {
    var (driver, _) = start()
    driver.press("G o")
    driver.type("not today\"")
    #expect(driver.text.contains { $0.contains("after the final dot the client gets the text") })
    driver.press("Esc :")
    driver.type("apply message.from contains \"example.org\" do reject")
    #expect(driver.text.contains { $0.contains("for 1 of 3 held packets") })
  }

  @Test func aRuleIsMadeOfTheDecision() throws {
    var (driver, _) = start()
    driver.press("G o")
    driver.type("no\"")
    driver.press("Enter")
    driver.press("R Enter")
    let rule = try Rule(
      parsing: "on bodyeob and message.from == \"<alice@example.org>\" do reply 550 5.7.1 \"no\"")
    #expect(driver.effects.last == .setRules([rule]))
  }

  @Test func whatIsAlikeIsJudgedAtOnce() throws {
    var (driver, _) = start()
    driver.press("G *")
    driver.press("^U")
    driver.type("apply message.from contains \"example\" do tempfail")
    driver.press("Enter")
    #expect(
      driver.effects
        == [story.plain, story.recipient, story.signed].map {
          .instruct(.answer(.tempfail), packet: $0)
        })
  }

  /// Verdict and condition are those of one mail: the next that waits may be from somebody innocent.
  @Test func allLikeItMeansTheMailThatWasDecided() {
    var (driver, _) = start()
    driver.press("G")
    driver.press("t *")
    #expect(
      driver.model.prompt?.editor.text
        == "apply bodyeob and message.from == \"<alice@example.org>\" do tempfail")
  }

  @Test func aRuleCanBeMadeWhenNothingWaits() {
    var (driver, source) = start()
    driver.press("G t")
    for number in [story.plain, story.recipient, story.signed] {
      let time = source.records.last?.time ?? .zero
      source.append(
        Record(
          time: time, connection: 1,
          event: .released(Released(number: number, outcome: .answered, cause: .operator))))
    }
    driver.send(.appended)
    driver.press("3 R")
    #expect(driver.model.prompt?.editor.text.hasSuffix("do tempfail") ?? false)
  }

  @Test func typingReplacesAReasonThatIsProposed() throws {
    var (driver, _) = start()
    driver.press("G z")
    driver.type("spam")
    driver.press("Enter")
    #expect(
      driver.effects.first
        == .instruct(try Instruction(parsing: "quarantine \"spam\""), packet: story.signed))
    (driver, _) = start()
    driver.press("G z End")
    driver.type("!")
    driver.press("Enter")
    #expect(
      driver.effects.first
        == .instruct(try Instruction(parsing: "quarantine \"held for review!\""), packet: story.signed))
  }

  @Test func searchStaysInHeld() {
    var (driver, _) = start()
    driver.enter("alice@example.org", at: "/")
    #expect(driver.model.view == .held)
    #expect(driver.model.selectedPacket == story.signed)
  }
}
