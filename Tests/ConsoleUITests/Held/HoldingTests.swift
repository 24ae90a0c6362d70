import Cells
import CommandLanguage
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// What the operator asks about packets that wait, and how the screen shows them.
@Suite struct HoldingTests {
  /// A mail whose recipient waits for 24 seconds, and the reply to another's MAIL without end.
  private func start(_ size: Size = Size(columns: 80, rows: 24)) -> (Driver, held: Int, MemoryRecords) {
    var play = Recording()
    play.open()
    play.greet()
    play.ask(MTA.macro("M", ["i": "4XyZ7k2"]), MTA.mail("<alice@example.org>"))
    play.mta(MTA.macro("R", ["{rcpt_addr}": "bob@example.net"]))
    let number = play.receive(MTA.rcpt("<bob@example.net>"), forwarded: false)
    play.append(
      .held(Held(number: number, cause: .rule("hold"), deadline: play.now + .seconds(24))))
    let source = MemoryRecords(play.records, head: Story.head)
    var driver = Driver(source, size: size, isLive: true)
    driver.send(.tick(play.now))
    driver.press("3")
    return (driver, number, source)
  }

  static let sizes = ScreenTests.sizes

  @Test(arguments: sizes) func viewsLookLikeThis(_ size: Size) {
    for (name, keys) in [
      ("held", "Esc 3"), ("verdict-menu", "v"), ("edit-form", "e ^U x"), ("timeline-held", "1"),
    ] {
      var (driver, _, _) = start(size)
      driver.press("Esc 3")
      driver.press(keys)
      expectScreen(driver.frame(), "Screens/\(name)-\(size.columns)x\(size.rows)")
    }
    var (driver, _, _) = start(size)
    driver.enter("on rcpt do hold")
    driver.enter("on mail named \"senders\" every 2 do mark; note \"seen\"")
    driver.press("5 j")
    expectScreen(driver.frame(), "Screens/rules-\(size.columns)x\(size.rows)")
  }

  struct Row: Sendable, CustomStringConvertible {
    var keys: String
    var typed = ""
    var asks: String
    var description: String { keys }
  }

  static let rows = [
    Row(keys: "a", asks: "forward"), Row(keys: "s", asks: "step"), Row(keys: "v r", asks: "reject"),
    Row(keys: "v t", asks: "tempfail"), Row(keys: "D y", asks: "drop"),
    Row(keys: "v Down Down j Enter", asks: "reject"),
    Row(keys: "v k Enter", typed: "no", asks: "reply 550 5.7.1 no"),
    Row(keys: "X l", asks: "close milter"),
    Row(keys: "v o", typed: "no\"", asks: "reply 550 5.7.1 no"),
    Row(keys: "v o", typed: "no", asks: "reply 550 5.7.1 no"),
    Row(keys: "+ z", typed: "odd\"", asks: "quarantine odd"),
    Row(keys: "e ^U", typed: "<c@d>", asks: "set rcpt.address <c@d>"),
    Row(keys: ":", typed: "set rcpt.address <c@d>", asks: "set rcpt.address <c@d>"),
    Row(keys: ":", typed: "apply rcpt do accept", asks: "accept"),
  ]

  @Test(arguments: rows) func keysAskForIt(_ row: Row) throws {
    var (driver, held, _) = start()
    driver.press(row.keys)
    driver.type(row.typed)
    if !row.typed.isEmpty { driver.press("Enter") }
    #expect(driver.effects.last == .instruct(try Instruction(parsing: row.asks), packet: held))
  }

  /// A second key in haste chooses nothing; an arrow shows what Enter would take.
  @Test func aMenuHasNothingSelectedUntilAnArrowIsPressed() {
    var (driver, _, _) = start()
    driver.press("v Enter")
    #expect(driver.effects.isEmpty && driver.model.menu != nil)
    #expect(driver.text.last?.contains("↓ ↑ and then Enter") ?? false)
    driver.press("Down Down Up Esc")
    #expect(driver.effects.isEmpty && driver.model.menu == nil)
  }

  /// j, k and q mean in every menu what they mean elsewhere, and its last line says which keys there are.
  @Test(arguments: ["v", "+", "X", "x", "x r"])
  func everyMenuIsLeftWithTheSameKeys(_ keys: String) throws {
    var (driver, _, _) = start()
    driver.press(keys)
    let menu = try #require(driver.model.menu)
    #expect(menu.items.map(\.key).allSatisfy { !["j", "k", "q"].contains($0) })
    #expect(driver.text.last?.contains("letter or ↓ ↑ Enter choose  Esc leave") ?? false)
    driver.press("j j k k")
    #expect(driver.model.menu?.cursor == menu.items.count - 1)
    driver.press("q")
    #expect(driver.model.menu == nil && driver.model.prompt == nil && driver.effects == [])
  }

  /// A proxy stops with its screen; recorded traces have nothing to lose.
  @Test func aProxyIsNotSuspendedUnasked() {
    var (driver, _, _) = start()
    driver.send(.suspending)
    #expect(
      driver.effects == [] && driver.text.last?.contains("Mail waits while this is suspended.") ?? false)
    driver.press("n ^Z y")
    #expect(driver.effects == [.suspend])
    // Where only the screen goes away, there is nothing to ask; where nobody else could have the terminal, nothing to do.
    driver.model.leaving.suspension = .screenAlone
    driver.press("^Z")
    #expect(driver.effects == [.suspend, .suspend])
    driver.model.leaving.suspension = .impossible
    driver.press("^Z")
    #expect(driver.effects.count == 2 && driver.text.last == " there is no shell to go back to")
    var reader = Driver()
    reader.send(.suspending)
    #expect(reader.effects == [.suspend])
  }

  /// Not only once something was chosen and typed.
  @Test(arguments: ["v", "+", "X"])
  func aRecordedTraceSaysAtOnceThatNothingCanBeDoneToIt(_ key: String) {
    var driver = Driver()
    driver.press(key)
    #expect(driver.model.menu == nil)
    #expect(driver.model.status?.text == "this is a recorded trace: its packets were sent long ago")
  }

  @Test func aMenuThatIsCutSaysSo() {
    var (driver, _, _) = start(Size(columns: 40, rows: 10))
    driver.press("+")
    #expect(driver.text.contains { $0.contains("↓ 6 more") })
    driver.press("Up")
    #expect(driver.text.contains { $0.contains("↑ 6 more") } && !driver.text.contains { $0.contains("↓ 6") })
  }

  /// What is held or let go while one thinks about a question counts.
  @Test func theQuestionAboutAllThatIsHeldKeepsUp() {
    var (driver, held, source) = start()
    driver.press("A")
    #expect(driver.text.last?.contains("Release the held packet?") ?? false)
    let time = source.records.last?.time ?? .zero
    source.append(
      Record(
        time: time, connection: 1,
        event: .received(Received(number: held + 1, packet: MTA.data, forwarded: false))))
    source.append(
      Record(
        time: time, connection: 1, event: .held(Held(number: held + 1, cause: .rule("hold"), deadline: nil))))
    driver.send(.appended)
    #expect(driver.text.last?.contains("Release all 2 held packets?") ?? false)
    for number in [held, held + 1] {
      source.append(
        Record(
          time: time, connection: 1,
          event: .released(Released(number: number, outcome: .forwarded, cause: .timeout))))
    }
    driver.send(.appended)
    #expect(driver.text.last?.contains("Nothing is held any more.") ?? false)
    driver.press("y")
    #expect(driver.model.question == nil && driver.effects == [])
  }

  /// The milter's answer to OPTNEG waits; Postfix offered everything.
  private func startNegotiating(_ size: Size = Size(columns: 80, rows: 24)) -> (Driver, held: Int) {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    let answer = Milter.optNeg([.addHeaders], [.noBody])
    let number = play.receive(answer, forwarded: false)
    play.append(.held(Held(number: number, cause: .rule("hold"), deadline: nil)))
    var driver = Driver(MemoryRecords(play.records, head: Story.head), size: size, isLive: true)
    driver.send(.tick(play.now))
    driver.press("3 e")
    return (driver, number)
  }

  @Test(arguments: sizes) func theFormOfAnNegotiationLooksLikeThis(_ size: Size) {
    var (driver, _) = startNegotiating(size)
    driver.press("Down Down Down Down Down Space")
    expectScreen(driver.frame(), "Screens/edit-negotiation-\(size.columns)x\(size.rows)")
  }

  @Test func flagsAreSwitchedAndMacrosAskedFor() throws {
    var (driver, held) = startNegotiating()
    driver.press("Down Down Space Down Space")
    driver.press(Array(repeating: "Down", count: 3 + 4 + 1).joined(separator: " "))
    #expect(driver.text.contains { $0.contains("protocol NOCONNECT") })
    driver.press("Up Up")
    driver.press("Space Space x Enter")
    #expect(
      driver.effects.last
        == .instruct(try Instruction(parsing: "set optneg.actions ADDHDRS+CHGBODY+ADDRCPT"), packet: held))
    driver.press("e " + Array(repeating: "Up", count: 8).joined(separator: " "))
    driver.type("j {daemon_name}")
    driver.press("Enter")
    #expect(
      driver.effects.last
        == .instruct(
          try Instruction(parsing: "set optneg.macros[\"connect\"] \"j {daemon_name}\""), packet: held))
  }

  /// What the MTA did not offer makes it drop the milter: said while it is switched, asked before it is kept.
  @Test func aFlagThatWasNotOfferedIsRemarkedOn() {
    var (driver, _) = startNegotiating()
    driver.press("Up Up Up Up Up Up Up Up Up Space")
    #expect(driver.text.contains { $0.contains("protocol TEST") })
    #expect(driver.text.contains { $0.contains("TEST answered and not offered") })
    driver.press("Enter")
    #expect(driver.effects.isEmpty)
    #expect(driver.text.contains { $0.contains("Keep it all the same?") })
  }

  /// All of the line or nothing: a forward behind an edit that is not kept would send what came.
  @Test func anIllegalPacketAtThePromptIsConfirmedFirst() throws {
    var (driver, held, _) = start()
    driver.enter("raw 00000009 63; forward")
    #expect(driver.effects.isEmpty)
    #expect(driver.text.last?.contains("F02 an absurd length. Keep it all the same?") == true)
    driver.press("n")
    #expect(driver.effects.isEmpty)
    driver.enter("raw 00000009 63; forward")
    driver.press("y")
    #expect(
      driver.effects == [
        .instruct(.raw([0, 0, 0, 9, 0x63]), packet: held), .instruct(.forward, packet: held),
      ])
    driver.enter("set rcpt.address <c@d>")
    #expect(
      driver.effects.last == .instruct(try Instruction(parsing: "set rcpt.address <c@d>"), packet: held))
  }

  @Test func nothingToTakeBackIsSaidAtOnce() {
    for key in ["u", "V"] {
      var (driver, held, _) = start()
      driver.press(key)
      #expect(driver.effects.isEmpty)
      #expect(driver.text.last?.contains("nothing was changed in packet \(held)") == true)
    }
  }

  @Test func whatWasChangedIsTakenBackAndShownAsItLeaves() throws {
    var (driver, held, source) = start()
    func tell(_ text: String) throws {
      let asked = Instructed(try Instruction(parsing: text), cause: .operator, packet: held)
      source.append(Record(time: .zero + .seconds(60), connection: 1, event: .instructed(asked)))
      driver.send(.appended)
    }
    try tell("set rcpt.address <one@example.net>")
    try tell("set rcpt.address <two@example.net>")
    #expect(driver.text.contains { $0.contains("<two@example.net>") })
    driver.press("u")
    #expect(driver.effects.last == .instruct(.revert(.last), packet: held))
    try tell("revert last")
    #expect(!driver.text.contains { $0.contains("As it would leave now") && $0.contains("<two@") })
    #expect(driver.text.contains { $0.contains("<one@example.net>") })
    driver.press("V")
    #expect(driver.effects.last == .instruct(.revert(.all), packet: held))
    try tell("revert")
    #expect(!driver.text.contains { $0.contains("As it would leave now") })
    driver.enter("revert last")
    #expect(driver.effects.last == .instruct(.revert(.last), packet: held))
  }

  @Test func aWrongFieldIsRefusedAndStays() {
    var (driver, _, _) = start()
    driver.press("e ^U")
    driver.type("<a\\x00b>")
    driver.press("Enter")
    #expect(driver.effects.isEmpty)
    #expect(driver.text.contains { $0.contains("cannot have a NUL") })
    driver.press("Esc")
    #expect(driver.text.contains { $0.contains("held by") })
  }

  @Test func aRefusalIsShownWithItsReason() {
    var (driver, held, source) = start()
    let refused = Instructed(text: "drop", cause: .operator, packet: held, refusal: "not that one")
    source.append(Record(time: .zero, connection: 1, event: .instructed(refused)))
    driver.send(.appended)
    #expect(driver.text.last == " packet \(held): not that one")
  }

  @Test func aHoldIsARuleOfItsOwn() throws {
    var (driver, _, _) = start()
    driver.enter("bodyeob", at: "i")
    let rule = try Rule(parsing: "on bodyeob named hold do hold")
    #expect(driver.effects.last == .setRules([rule]))
    driver.press("i ^U Enter")
    #expect(driver.effects.last == .setRules([]))
  }

  @Test func rulesOfTheConfigFileComeBehindOthers() throws {
    var (driver, _, _) = start()
    let (first, second) = (try Rule(parsing: "on rcpt do accept"), try Rule(parsing: "on mail do hold"))
    driver.model.ruleList = RuleList([first])
    #expect(driver.model.configure("on mail do hold") == nil)
    #expect(driver.model.takeConfiguredRules() == [.setRules([first, second])])
    #expect(driver.model.takeConfiguredRules() == [])
    var recorded = Driver().model
    #expect(recorded.configure("on mail do hold") == nil)
    #expect(recorded.takeConfiguredRules() == [])
  }

  @Test func refusedRulesLeaveTheListAsItWas() {
    var (driver, _, _) = start()
    driver.enter("on rcpt do hold")
    driver.enter("on bodyeob do replace-body @/nowhere")
    driver.send(.rulesRefused("cannot open '/nowhere'"))
    #expect(driver.text.last == " cannot open '/nowhere'")
    driver.press("5")
    #expect(driver.text.contains { $0.contains("on rcpt do hold") || $0.contains("rcpt") })
    #expect(!driver.text.contains { $0.contains("/nowhere") })
  }

  @Test func rulesAreSwitchedMovedAndDeleted() throws {
    var (driver, _, _) = start()
    driver.enter("on rcpt do accept")
    driver.enter("on mail do reject")
    let (first, second) = (try Rule(parsing: "on rcpt do accept"), try Rule(parsing: "on mail do reject"))
    #expect(driver.effects.last == .setRules([first, second]))
    driver.press("5 J")
    #expect(driver.effects.last == .setRules([second, first]))
    var off = first
    off.isEnabled = false
    driver.press("Space")
    #expect(driver.effects.last == .setRules([second, off]))
    driver.press("D y")
    #expect(driver.effects.last == .setRules([second]))
    #expect(driver.text.contains { $0.contains("would have matched 1 of") })
    driver.press("I")
    #expect(driver.effects.last == .arm(false))
  }

  @Test func leavingAsksWhileSomethingIsHeld() {
    var (driver, _, _) = start()
    driver.press("Q n Esc")
    #expect(driver.effects.isEmpty)
    driver.press("Q")
    #expect(driver.text.contains { $0.contains("1 packet is held. Quit and end connections within 10 s?") })
    driver.press("Esc")
    driver.press("Q y")
    #expect(driver.effects == [.quit])
    driver.press("Q a")
    #expect(driver.effects.dropFirst() == [.forwardAll, .quit])
  }
}
