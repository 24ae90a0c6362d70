import Cells
import CommandLanguage
import ConsoleUI
import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// `r` and `R`: what is asked of the outside, and what is typed for it.
@Suite struct ReplayingTests {
  private static func request(_ driver: Driver) -> ReplayRequest? {
    if case .replay(let request)? = driver.effects.last { request } else { nil }
  }

  /// Kinds of the packets that a request has, in order.
  private static func kinds(_ request: ReplayRequest?) -> [String] {
    (request?.records ?? []).compactMap { number in
      guard case .received(let received) = Story.records[number].event, received.packet.sender == .mta,
        received.packet.kind != .command(.macro)
      else { return nil }
      return received.packet.kind.name
    }
  }

  @Test func aMailOfAProxyIsReplayedAtItsMilter() {
    var driver = Driver(isLive: true)
    driver.press("2 Esc 2 g r")
    let request = Self.request(driver)
    #expect(request?.milter == "unix:/run/filter.sock" && request?.changes == [])
    #expect(
      Self.kinds(request) == ["OPTNEG", "CONNECT", "HELO", "MAIL", "RCPT", "RCPT", "DATA"]
        + Array(repeating: "HEADER", count: 8) + ["EOH", "BODY", "BODYEOB", "ABORT", "QUIT"])
    #expect(driver.model.status?.text == "replaying at unix:/run/filter.sock …")
  }

  @Test func theSecondMailOfAConnectionComesWithoutTheFirst() {
    var driver = Driver(isLive: true)
    driver.press("2 Esc 2 G r")
    #expect(
      Self.kinds(Self.request(driver)) == [
        "OPTNEG", "CONNECT", "HELO", "MAIL", "RCPT", "HEADER", "EOH", "BODYEOB",
      ])
  }

  @Test func ofARecordedTraceTheMilterIsAskedFor() {
    var driver = Driver()
    driver.press("2 Esc 2 g r")
    #expect(driver.model.prompt?.purpose == .milter)
    #expect(driver.model.prompt?.editor.text == "unix:/run/filter.sock" && driver.effects.isEmpty)
    driver.type("127.0.0.1:8891")
    driver.press("Enter")
    #expect(Self.request(driver)?.milter == "127.0.0.1:8891")
    #expect(driver.kept == ["milter 127.0.0.1:8891"])
    driver.press("r")
    #expect(driver.model.prompt?.editor.text == "127.0.0.1:8891")
    driver.press("Esc")
    driver.model.replaysAt = "inet:9@127.0.0.1"
    driver.press("r")
    #expect(Self.request(driver)?.milter == "inet:9@127.0.0.1")
  }

  @Test func somethingIsSaidOtherwise() throws {
    var driver = Driver(isLive: true)
    driver.press("2 Esc 2 g R")
    driver.type("macro[\"{auth_authen}\"] = \"a;b\"; drop; set rcpt.address <eve@example.net>")
    #expect(driver.model.prompt?.validity == .valid)
    driver.press("Enter")
    let request = Self.request(driver)
    #expect(
      request?.changes == [
        .set(try Assignment(parsing: "macro[\"{auth_authen}\"] = \"a;b\"")), .drop,
        .set(try Assignment(parsing: "rcpt.address = <eve@example.net>")),
      ])
    // Of a mail as a whole, from MAIL on.
    #expect(request?.packet == 17)
    driver.press("2 4 G R")
    driver.type("drop")
    driver.press("Enter")
    #expect(Self.request(driver)?.packet == 24)
  }

  @Test func whatDoesNotHoldStaysToBeMended() {
    var driver = Driver(isLive: true)
    driver.press("2 Esc 2 g R")
    driver.type("drop; rcpt.adress = x")
    driver.press("Enter")
    guard case .invalid(let range, _)? = driver.model.prompt?.validity else {
      Issue.record("\(String(describing: driver.model.prompt?.validity))")
      return
    }
    #expect(range == 6..<17 && driver.effects.isEmpty)
  }

  @Test func fieldsAndChangesAreOffered() {
    var driver = Driver(isLive: true)
    driver.press("2 Esc 2 g R")
    driver.type("drop; rcp")
    let completions = driver.model.prompt?.completions ?? []
    #expect(completions.map(\.text).contains("rcpt.address") && completions.map(\.text).contains("add-rcpt"))
    #expect(completions.allSatisfy { $0.range == 6..<9 })
    driver.press("Tab")
    #expect(driver.model.prompt?.editor.text.hasPrefix("drop; rcpt.") == true)
  }

  @Test func atTheDeskOtherKeysDoIt() {
    let story = DeskStory()
    var driver = Driver.desk(story, story.source)
    driver.press("T")
    #expect(driver.model.prompt?.purpose == .milter)
    driver.press("Esc U")
    #expect(driver.model.prompt?.purpose == .fork)
  }

  @Test func withoutAPacketThereIsNothingToReplay() {
    var driver = Driver(MemoryRecords([], head: Story.head), isLive: true)
    driver.press("r")
    #expect(driver.effects.isEmpty && driver.model.status?.text == "no packet is selected")
  }
}
