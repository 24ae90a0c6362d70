import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

/// Which MTA a connection is with, by what one of the two alone does.
@Suite struct KnownMTATests {
  private func told(
    _ connect: KeyValuePairs<String, String>, symbols: [(UInt32, String)] = [],
    client: Packet = MTA.connect(), _ more: (inout Recording) -> Void = { _ in }
  ) -> (atConnect: KnownMTA?, inTheEnd: KnownMTA?) {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg(symbols: symbols))
    play.ask(MTA.macro("C", connect), client)
    let before = play.records.count
    more(&play)
    var facts = SessionFacts()
    for record in play.records.prefix(before) { facts.apply(record) }
    var index = TimelineIndex()
    for record in play.records { index.append(record) }
    return (KnownMTA(told: facts), index.connections[0].mta)
  }

  @Test func eachIsToldByItsMacrosAtConnect() {
    #expect(told(["v": "Postfix 3.7.11"]).atConnect == .postfix)
    #expect(told(["{daemon_addr}": "127.0.0.1"]).atConnect == .postfix)
    #expect(told(["{if_name}": "localhost"]).atConnect == .sendmail)
    #expect(told(["v": "8.17.1.9"], symbols: [(0, "v")]).atConnect == .sendmail)
    #expect(told(["j": "mx.example.net"]).atConnect == nil)
  }

  @Test func whatTheMilterAskedForTellsNothing() {
    #expect(told(["{daemon_addr}": "127.0.0.1"], symbols: [(0, "{daemon_addr}")]).atConnect == nil)
  }

  @Test func whatComesLaterTellsOfTheWholeConnection() {
    let postfix = told(["j": "mx.example.net"]) { $0.mta(MTA.macro("L"), MTA.header("A", "1")) }
    #expect(postfix.atConnect == nil && postfix.inTheEnd == .postfix)
    let byID = told(["j": "mx.example.net"]) { $0.mta(MTA.macro("M", ["i": "6AKKOq3j015903"]), MTA.mail()) }
    #expect(byID.inTheEnd == .sendmail)
    let byName = told(["j": "mx.example.net"]) { $0.mta(MTA.macro("E", ["{msg_id}": "<a@b>"]), MTA.bodyEOB) }
    #expect(byName.inTheEnd == .sendmail)
    #expect(told(["j": "mx.example.net"]) { $0.mta(MTA.macro("H"), MTA.helo()) }.inTheEnd == nil)
  }
}
