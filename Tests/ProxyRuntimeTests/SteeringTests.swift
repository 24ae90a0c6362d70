import CommandLanguage
import MilterProtocol
import ProxyCore
import ProxyRuntime
import TestSupport
import Testing
import TraceModel

/// Requests of other threads to a running engine.
@Suite struct SteeringTests {
  private struct Pair {
    let proxy: RunningProxy
    let mta: LoopbackSocket
    let milter: LoopbackSocket

    init(_ rules: [Rule], onMilterFailure: Answer? = nil) throws {
      let listener = try LoopbackSocket.listening()
      var controls = ProxySettings()
      controls.rules = RuleBook(rules)
      controls.isAttended = true
      controls.onMilterFailure = onMilterFailure
      proxy = try RunningProxy(
        milter: .inet(host: "127.0.0.1", port: listener.port, family: .any), controls: controls)
      mta = try LoopbackSocket.connected(toPort: proxy.port)
      milter = try listener.accept()
    }

    func awaitHold() throws {
      try proxy.awaitRecord { if case .held = $0 { true } else { false } }
    }
  }

  @Test func aHeldPacketIsEditedAndLetGoFromAnotherThread() throws {
    let pair = try Pair([try Rule(parsing: "on helo do hold")])
    try pair.mta.send(MTA.helo("one.example.org").bytes)
    try pair.awaitHold()
    let edit = try Instruction(parsing: "set helo.name two.example.org")
    pair.proxy.ask(.instruct(edit, connection: 1, packet: 1, .operator))
    pair.proxy.ask(.instruct(.forward, connection: 1, packet: 1, .operator))
    let expected = MTA.helo("two.example.org").bytes
    #expect(try pair.milter.receive(expected.count) == expected)
    try pair.proxy.stopped()
  }

  /// Several at once, one of which cannot be started.
  @Test func programsAnswerFromTheirThread() throws {
    let listener = try LoopbackSocket.listening()
    var controls = ProxySettings()
    controls.rules = RuleBook([
      Rule(
        on: try Expression(parsing: "helo"),
        do: [.ask(try Adviser("sh -c 'cat >/dev/null; echo set helo.name two.example.org'"))]),
      Rule(on: try Expression(parsing: "quit"), do: [.ask(try Adviser("/nowhere/decide"))]),
    ])
    let proxy = try RunningProxy(
      milter: .inet(host: "127.0.0.1", port: listener.port, family: .any), controls: controls)
    var pairs: [(mta: LoopbackSocket, milter: LoopbackSocket)] = []
    for _ in 0..<8 {
      let mta = try LoopbackSocket.connected(toPort: proxy.port)
      pairs.append((mta, try listener.accept()))
    }
    for pair in pairs { try pair.mta.send(MTA.helo("one.example.org").bytes + MTA.quit.bytes) }
    let expected = MTA.helo("two.example.org").bytes + MTA.quit.bytes
    for pair in pairs { #expect(try pair.milter.receive(expected.count) == expected) }
    try proxy.stopped()
  }

  @Test func everythingHeldIsLetGoAtOnce() throws {
    let pair = try Pair([try Rule(parsing: "on quit do hold")])
    try pair.mta.send(MTA.quit.bytes)
    try pair.awaitHold()
    pair.proxy.ask(.forwardAll(.operator))
    #expect(try pair.milter.receive(MTA.quit.bytes.count) == MTA.quit.bytes)
    try pair.proxy.stopped()
  }

  @Test func otherRulesHoldFromNowOnAndAreRecorded() throws {
    let pair = try Pair([])
    pair.proxy.ask(.setRules([try Rule(parsing: "on abort do drop")]))
    try pair.proxy.awaitRecord { $0 == .instructed(Instructed(text: "on abort do drop", cause: .operator)) }
    try pair.mta.send(MTA.abort.bytes + MTA.quit.bytes)
    #expect(try pair.milter.receive(MTA.quit.bytes.count) == MTA.quit.bytes)
    pair.proxy.ask(.arm(false))
    try pair.proxy.awaitRecord { $0 == .instructed(Instructed(text: "rules off", cause: .operator)) }
    try pair.mta.send(MTA.abort.bytes)
    #expect(try pair.milter.receive(MTA.abort.bytes.count) == MTA.abort.bytes)
    try pair.proxy.stopped()
  }

  @Test func whereNobodyWatchesWhatIsHeldGoesAndTheConnectionGoesOn() throws {
    let pair = try Pair([try Rule(parsing: "on helo or quit do hold")])
    try pair.mta.send(MTA.helo().bytes)
    try pair.awaitHold()
    pair.proxy.ask(.drain)
    #expect(try pair.milter.receive(MTA.helo().bytes.count) == MTA.helo().bytes)
    try pair.mta.send(MTA.quit.bytes)
    #expect(try pair.milter.receive(MTA.quit.bytes.count) == MTA.quit.bytes)
    pair.mta.finish()
    pair.milter.finish()
    try pair.proxy.join()
  }

  @Test func aConnectionThatHasEndedIsToldNothing() throws {
    let pair = try Pair([])
    pair.proxy.ask(.instruct(.forward, connection: 7, packet: 3, .operator))
    pair.proxy.ask(.instruct(.mark, connection: 7, packet: 3, .operator))
    try pair.proxy.awaitRecord { $0 == .marked(packet: 3, on: true) }
    let refusals = try pair.proxy.stopped().compactMap { record in
      if case .instructed(let instructed) = record.event { instructed.refusal } else { nil }
    }
    #expect(refusals == ["the connection has ended"])
  }

  @Test func aConnectionWithoutItsMilterEndsWithItsMTA() throws {
    let pair = try Pair([], onMilterFailure: .tempfail)
    try pair.mta.send(MTA.optNeg().bytes)
    #expect(try pair.milter.receive(MTA.optNeg().bytes.count) == MTA.optNeg().bytes)
    pair.milter.finish()
    let answer = try pair.mta.receive(17)
    #expect(answer[4] == UInt8(ascii: "O"))
    try pair.mta.send(MTA.quit.bytes)
    pair.mta.finish()
    #expect(try pair.mta.receiveToEnd() == [])
    try pair.proxy.stopped()
  }
}
