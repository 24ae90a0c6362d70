import MilterProtocol
import ProxyRuntime
import TestSupport
import Testing
import TraceModel

@Suite struct DemoTests {
  @Test func playsItsScriptThroughTheRealEngine() throws {
    let demo = try Demo(pace: DemoPace(speed: 0), rounds: 2)
    let proxy = try RunningProxy(milter: demo.milterAddress, grace: .seconds(10))
    demo.play(throughPort: proxy.port) { proxy.ask(.stop) }
    try proxy.join()
    let events = proxy.records().map(\.event)
    #expect(demo.played.clients == 24)
    #expect(demo.played.mails == 22)
    #expect(events.count { if case .opened = $0 { true } else { false } } == 24)
    let kinds = Set(
      events.compactMap { event in
        if case .received(let received) = event { received.packet.kind } else { nil }
      })
    let shown: [ReplyKind] = [
      .optNeg, .continue, .accept, .reject, .tempfail, .discard, .replyCode, .skip, .progress, .insHeader,
      .addHeader, .chgHeader, .addRcpt, .chgFrom, .replBody, .quarantine,
    ]
    for kind in shown { #expect(kinds.contains(.reply(kind)), "no \(kind.name) in the demo") }
  }
}
