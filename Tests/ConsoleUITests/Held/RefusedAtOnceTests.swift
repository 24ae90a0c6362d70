import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// What cannot come to anything is said before anybody types, with what would.
@Suite struct RefusedAtOnceTests {
  /// A held modification behind the end of a mail, which the MTA waits about; nothing more was negotiated than ADDHDRS.
  private func start() -> (Driver, end: Int, modification: Int) {
    var play = Recording()
    play.greet(Milter.optNeg(.addHeaders, []))
    play.mail()
    let end = play.packet
    let modification = play.hold(Milter.addHeader("X-Seen", "yes"))
    var driver = Driver(MemoryRecords(play.records, head: Story.head), isLive: true)
    driver.send(.tick(play.now))
    return (driver, end, modification)
  }

  private func said(_ keys: String, after goTo: String? = nil) -> String {
    var (driver, _, _) = start()
    if let goTo { driver.enter(goTo) }
    driver.press(keys)
    #expect(driver.effects.isEmpty && driver.model.menu == nil)
    return driver.text.last ?? ""
  }

  @Test func aModificationSettlesNothing() {
    let (_, end, _) = start()
    #expect(
      said("3 v").contains("ADDHEADER settles nothing: v at BODYEOB, packet \(end), does; D drops this")
        == true)
  }

  @Test func whatIsNeverAnsweredSaysSo() throws {
    var play = Recording()
    play.greet()
    play.hold(MTA.quit)
    var driver = Driver(MemoryRecords(play.records, head: Story.head), isLive: true)
    driver.press("3 v")
    #expect(driver.model.menu == nil)
    #expect(driver.text.last?.contains("QUIT is never answered; D drops it") == true)
  }

  @Test func whatTheMTAHasItsAnswerToIsOver() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail("<alice@example.org>"))
    let (mail, answer) = (play.packet - 1, play.packet)
    var driver = Driver(MemoryRecords(play.records, head: Story.head), isLive: true)
    driver.enter("\(mail)")
    driver.press("v")
    #expect(driver.text.last?.contains("the MTA has its answer to MAIL, packet \(answer); i holds") == true)
    driver.enter("\(answer)")
    driver.press("v")
    #expect(driver.text.last?.contains("packet \(answer), CONTINUE, was sent already; i holds") == true)
  }

  @Test func aModificationThatWasNotNegotiatedSaysSoInTheMenu() {
    var (driver, _, _) = start()
    driver.press("3 +")
    #expect(driver.text.contains { $0.contains("add-header") && $0.contains("add a header at the end") })
    #expect(driver.text.contains { $0.contains("replace-body") && $0.contains("CHGBODY was not negotiated") })
    driver.press("b")
    #expect(
      driver.text.last?.contains("was not negotiated with the MTA: start with --negotiation widen") == true)
  }

  @Test func outsideAMailNothingIsModified() {
    var play = Recording()
    play.greet()
    var driver = Driver(MemoryRecords(play.records, head: Story.head), isLive: true)
    driver.press("+")
    #expect(driver.model.menu == nil)
    #expect(driver.text.last?.contains("no mail is under way at this packet") == true)
  }

  @Test func behindTheVerdictNothingIsModified() {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(Milter.accept)
    var driver = Driver(MemoryRecords(play.records, head: Story.head), isLive: true)
    driver.press("+")
    #expect(driver.model.menu == nil)
    #expect(driver.text.last?.contains("the verdict on c1.1 is given: nothing is modified behind it") == true)
  }
}
