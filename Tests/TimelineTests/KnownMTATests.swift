import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

/// Which MTA a connection is with, by what one of the two alone does.
@Suite struct KnownMTATests {
  private func told(
    _ connect: KeyValuePairs<String, String>, offer: Packet = MTA.optNeg(), symbols: [(UInt32, String)] = [],
    client: Packet = MTA.connect(), _ more: (inout Recording) -> Void = { _ in }
  ) -> (atConnect: KnownMTA?, inTheEnd: KnownMTA?) {
    var play = Recording()
    play.open()
    play.mta(offer)
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

  @Test func othersNameThemselvesOrAreToldByWhatTheyOffer() {
    #expect(told(["{daemon_name}": "Stalwart v0.12.4"]).atConnect == .stalwart)
    #expect(told(["daemon_name": "maddy", "if_name": "unknown"]).atConnect == .maddy)
    #expect(told(["{daemon_name}": "smtpd"]).atConnect == nil)
    func offered(_ version: UInt32, _ actions: UInt32, _ flags: UInt32) -> KnownMTA? {
      let offer = OptNeg(
        version: version, actions: ActionFlags(rawValue: actions),
        protocolFlags: ProtocolFlags(rawValue: flags))
      return told([:], offer: Packet(encoding: Command.optNeg(offer))).inTheEnd
    }
    #expect(offered(6, 0xFF, 0x42) == .stalwart)
    #expect(offered(6, 0x21, 0) == .maddy)
    #expect(offered(2, 0x3F, 0x7F) == .generic)
    #expect(offered(6, 0x1FF, 0x1F_FFFF) == nil)
  }

  /// Postfix with milter_protocol = 2, and Sendmail before 8.14.
  @Test func anOldOfferTellsLessThanMacros() {
    let old = Packet(
      encoding: Command.optNeg(
        OptNeg(version: 2, actions: ActionFlags(rawValue: 0x3F), protocolFlags: [])))
    #expect(told(["v": "Postfix 3.7.11"], offer: old).atConnect == .postfix)
    #expect(told(["{if_name}": "localhost"], offer: old).atConnect == .sendmail)
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
