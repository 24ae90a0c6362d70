import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// A reply that is due is seen in every place where one would look for a mail that hangs.
@Suite struct DueReplyTests {
  /// DATA of the first mail of c1 is unanswered from second 0 on, or what `last` says.
  private func start(
    mta: KeyValuePairs<String, String> = ["v": "Postfix 3.7.11"], unanswered last: Packet = MTA.data,
    columns: Int = 140, after seconds: Int64
  ) -> Driver {
    var play = Recording()
    play.inOnePiece { play in
      play.open()
      play.mta(MTA.optNeg())
      play.milter(Milter.optNeg())
      play.ask(MTA.macro("C", mta), MTA.connect())
      play.ask(MTA.mail())
      play.ask(MTA.rcpt())
      play.mta(last)
    }
    var driver = Driver(
      MemoryRecords(play.records, head: Story.head), size: Size(columns: columns, rows: 24), isLive: true)
    driver.send(.tick(Moment.zero + .seconds(seconds)))
    return driver
  }

  private static let words = "DATA waits 12 s, Postfix gives up at 30 s"

  @Test func itStandsInTitleTimelineMessagesAndStats() {
    var driver = start(after: 12)
    #expect(driver.text[0].contains("c1.1 \(Self.words)"))
    #expect(
      driver.text.contains { $0.contains(" DATA ") && $0.contains("waits 12 s, Postfix gives up at 30 s") })
    driver.press("2")
    #expect(driver.text.contains { $0.contains("c1.1") && $0.contains("12 of 30 s") })
    driver.press("6")
    #expect(driver.text.contains { $0.contains("  c1.1 \(Self.words)") })
    #expect(driver.model.showsTime)
  }

  @Test func withLessRoomItIsShorter() {
    let driver = start(columns: 80, after: 12)
    #expect(driver.text[0].contains("DATA 12 of 30 s"))
    #expect(driver.text.contains { $0.contains(" DATA ") && $0.contains("12 of 30 s") })
  }

  @Test func aTenthOfThePatienceIsNothing() {
    let early = start(after: 2)
    #expect(!early.text.contains { $0.contains("of 30 s") || $0.contains("gives up") })
    #expect(start(after: 3).text[0].contains("waits 3 s"))
  }

  static let others: [(KeyValuePairs<String, String>, Packet, Int64, String)] = [
    (["{if_name}": "mx"], MTA.rcpt(), 5, "c1.1 RCPT waits 5 s, Sendmail gives up at 10 s"),
    (["{if_name}": "mx"], MTA.bodyEOB, 5, "c1.1 BODYEOB waits 5 s, Sendmail gives up at 10 s"),
    (["v": "Postfix 3"], MTA.bodyEOB, 45, "c1.1 BODYEOB waits 45 s, Postfix gives up at 300 s"),
    (["v": "Other 1"], MTA.rcpt(), 5, "c1.1 RCPT waits 5 s, Sendmail would give up at 10 s"),
    (["v": "Postfix 3"], MTA.rcpt(), 40, "c1.1 RCPT waits 40 s, Postfix gives up at 30 s"),
  ]

  @Test(arguments: others) func eachMTAHasItsOwnPatience(
    _ mta: KeyValuePairs<String, String>, _ last: Packet, _ seconds: Int64, _ words: String
  ) {
    #expect(start(mta: mta, unanswered: last, after: seconds).text[0].contains(words))
  }

  @Test func whatIsAnsweredIsNoLongerDue() {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    play.ask(MTA.connect())
    var driver = Driver(MemoryRecords(play.records, head: Story.head), isLive: true)
    driver.send(.tick(Moment.zero + .seconds(100)))
    #expect(!driver.model.showsTime && !driver.text[0].contains(" of "))
  }
}

/// Letting a mail through for which the client waits no longer.
@Suite struct LateAcceptingTests {
  /// A reply is held at the end of a mail whose client leaves at second 600.
  private func start(
    _ reply: Packet = Milter.accept, after seconds: Int64, deadline: Int64? = nil
  ) -> (driver: Driver, packet: Int) {
    var play = Recording()
    play.greet()
    play.mail(headers: [("Subject", "test")], isHeld: true)
    let number = play.receive(reply, forwarded: false)
    play.append(
      .held(
        Held(
          number: number, cause: .operator, deadline: deadline.map { Moment.zero + .seconds($0) },
          client: Moment.zero + .seconds(600))))
    var driver = Driver(
      MemoryRecords(play.records, head: Story.head), size: Size(columns: 120, rows: 24), isLive: true)
    driver.send(.tick(Moment.zero + .seconds(seconds)))
    driver.press("3 G")
    return (driver, number)
  }

  private static let asks = "the client left or will send again: it may be delivered twice"

  @Test func theClientsTimeIsShown() {
    let (driver, _) = start(after: 541)
    #expect(driver.text.contains { $0.contains("client 59s") })
    #expect(start(after: 601).driver.text.contains { $0.contains("client left?") })
    #expect(driver.model.trace.waiting.first?.client == Moment.zero + .seconds(600))
  }

  /// A milter waits for hours for the command that is held.
  @Test func whatComesFirstIsShown() {
    #expect(start(after: 541, deadline: 6489).driver.text.contains { $0.contains("client 59s") })
    #expect(start(after: 601, deadline: 6489).driver.text.contains { $0.contains("client left?") })
    #expect(start(after: 541, deadline: 570).driver.text.contains { $0.contains("in 29s") })
  }

  @Test(arguments: ["a", ": accept", ": continue", ": forward", "v a", "A y"]) func itIsAskedFirst(
    _ keys: String
  ) {
    var (driver, _) = start(after: 601)
    if keys.hasPrefix(": ") { driver.enter(String(keys.dropFirst(2))) } else { driver.press(keys) }
    guard keys != "A y" else { return }
    #expect(driver.text.last?.contains("c1.1: \(Self.asks)") == true)
    #expect(driver.effects.isEmpty)
    driver.press("n")
    #expect(driver.effects.isEmpty)
    driver.press("a y")
    #expect(driver.effects.count == 1)
  }

  @Test(arguments: [("v r", 601), ("v t", 601), ("a", 599)]) func nothingIsAsked(
    _ keys: String, _ seconds: Int64
  ) {
    var (driver, _) = start(after: seconds)
    driver.press(keys)
    #expect(driver.effects.count == 1)
  }

  @Test func aRefusalMayGoLate() {
    var (driver, packet) = start(Milter.reject, after: 601)
    driver.press("a")
    #expect(driver.effects == [.instruct(.forward, packet: packet)])
  }
}
