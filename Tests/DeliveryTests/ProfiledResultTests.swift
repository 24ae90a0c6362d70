import Delivery
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

/// What becomes of a mail at MTAs whose source was read (`MTAProfile`).
@Suite struct ProfiledResultTests {
  private static func h(_ name: String, _ value: String) -> Header {
    Header(name: bytes(name), value: bytes(value))
  }
  private static func add(_ name: String, _ value: String) -> Modification { .addHeader(h(name, value)) }
  private static func ins(_ i: UInt32, _ name: String, _ value: String) -> Modification {
    .insHeader(index: i, h(name, value))
  }
  private static func chg(_ i: UInt32, _ name: String, _ value: String) -> Modification {
    .chgHeader(index: i, h(name, value))
  }

  private func content(_ asked: [Modification]) -> MessageContent {
    var content = MessageContent()
    content.sender = Envelope(address: bytes("<a@example.org>"))
    content.recipients = [Envelope(address: bytes("<bob@example.net>"))]
    for (i, (name, value)) in [("A", "1"), ("X", "one\r\n two"), ("X", "three"), ("B", "2")].enumerated() {
      content.headers.append(.init(Self.h(name, value), packet: 10 + i))
    }
    content.body = bytes("Hello.\r\n")
    content.actions = .current
    for (i, modification) in asked.enumerated() {
      content.modifications.append(.init(modification, packet: 100 + i))
    }
    return content
  }

  private func result(_ rules: KnownMTA, _ asked: [Modification]) -> EffectiveResult {
    EffectiveResult(of: content(asked), under: rules)
  }

  private func lines(_ result: EffectiveResult) -> [String] {
    result.headers.filter { !$0.isRemoved }.map {
      $0.isOwnReceived ? "-" : String(decoding: $0.line, as: UTF8.self)
    }
  }

  /// `apply_milter_modifications` in message.rs.
  static let stalwart: [([Modification], [String])] = [
    ([], ["-", "A: 1", "X: one\n two", "X: three", "B: 2"]),
    ([add("N", "1"), add("M", "2")], ["-", "N: 1", "M: 2", "A: 1", "X: one\n two", "X: three", "B: 2"]),
    (
      [add("N", "1"), add("M", "2"), chg(1, "A", "")],
      ["-", "M: 2", "N: 1", "X: one\n two", "X: three", "B: 2"]
    ),
    ([ins(2, "X", "new")], ["-", "A: 1", "X: one\n two", "X: new", "X: three", "B: 2"]),
    ([ins(9, "X", "new")], ["-", "A: 1", "X: one\n two", "X: new", "X: three", "B: 2"]),
    ([ins(3, "N", "new")], ["-", "N: new", "A: 1", "X: one\n two", "X: three", "B: 2"]),
    ([chg(2, "X", "new")], ["-", "A: 1", "X: one\n two", "X: new", "B: 2"]),
    ([chg(0, "X", "new")], ["-", "A: 1", "X: one\n two", "X: three", "B: 2"]),
    ([chg(3, "X", "new")], ["-", "A: 1", "X: one\n two", "X: three", "B: 2"]),
    ([chg(1, "N", "new")], ["-", "N: new", "A: 1", "X: one\n two", "X: three", "B: 2"]),
    (
      [.quarantine(reason: bytes("odd"))],
      ["-", "X-Quarantine: odd", "A: 1", "X: one\n two", "X: three", "B: 2"]
    ),
  ]

  @Test(arguments: stalwart) func headersAtStalwart(_ asked: [Modification], _ expected: [String]) {
    let result = result(.stalwart, asked)
    #expect(lines(result) == expected)
    #expect(result.quarantine == nil)
  }

  @Test func maddyAddsHeadersOnTopAndMakesNoOtherChange() {
    let result = result(
      .maddy,
      [
        Self.add("N", "1"), Self.ins(4, "M", "2"), Self.chg(1, "A", "x"), .addRcpt(address: bytes("<c@d>")),
        .replBody(bytes("No.\r\n")), .quarantine(reason: bytes("odd")),
      ])
    #expect(lines(result) == ["-", "M: 2", "N: 1", "A: 1", "X: one\n two", "X: three", "B: 2"])
    #expect(result.body == bytes("Hello.\n") && result.deliveredRecipients.count == 1)
    #expect(result.remarks.map(\.packet) == [102, 103, 104, 105])
    #expect(result.remarks.last?.text.contains("Junk") == true)
  }

  @Test func ofAGenericClientPlacesAreSaidToBeRough() {
    let result = result(.generic, [Self.add("N", "1"), .quarantine(reason: [])])
    #expect(lines(result).last == "N: 1" && result.headers.last?.isPlacedRoughly == true)
    #expect(result.remarks.contains { $0.text.contains("nobody knows") })
  }

  /// A whole session as that MTA has it.
  private func session(
    _ name: String, offer: OptNeg, _ replies: [Packet], body: [String] = ["Hello.\r\n"]
  ) -> (index: TimelineIndex, source: MemoryRecords) {
    var play = Recording()
    play.open()
    play.mta(Packet(encoding: Command.optNeg(offer)))
    play.milter(Milter.optNeg(.current, []))
    play.ask(MTA.macro("C", ["{daemon_name}": name]), MTA.connect())
    play.ask(MTA.helo())
    play.mail(body: body)
    for reply in replies { play.milter(reply) }
    var index = TimelineIndex()
    for record in play.records { index.append(record) }
    return (index, MemoryRecords(play.records))
  }

  private static let stalwartOffer = OptNeg(
    version: 6, actions: ActionFlags(rawValue: 0xFF), protocolFlags: ProtocolFlags(rawValue: 0x42))

  private func fate(_ name: String, _ replies: Packet...) -> EffectiveResult.Fate {
    let (index, source) = session(name, offer: Self.stalwartOffer, replies)
    let mta = index.connections[0].mta
    return EffectiveResult(of: index.content(ofMessage: 0, from: source), under: mta ?? .postfix).fate
  }

  @Test func verdictsComeToWhatTheTableSays() {
    #expect(fate("Stalwart v0.12.4", Milter.discard) == .discarded)
    #expect(fate("maddy", Milter.discard) == .tempfailed)
    #expect(fate("Stalwart v0.12.4", Milter.shutdown) == .tempfailed)
    #expect(fate("Stalwart v0.12.4", Milter.connFail) == .tempfailed)
    #expect(fate("Stalwart v0.12.4", Milter.quarantine("odd"), Milter.accept) == .delivered)
    for (name, setting) in [("maddy", "fail_open"), ("Stalwart v1", "options.tempfail-on-error")] {
      guard case .failed(let why) = fate(name, Milter.skip) else {
        Issue.record("SKIP at the end is no failure at \(name)")
        continue
      }
      #expect(why.contains(setting))
    }
  }

  @Test func aBodyWithItsHeadersInFrontIsTheMailOnly() {
    let mail = ["From: a@example.org\r\nSub", "ject: x\r\n\r\nHello.\r\n"]
    let (index, source) = session(
      "Stalwart v0.12.4", offer: Self.stalwartOffer, [Milter.replBody("Other.\r\n"), Milter.accept],
      body: mail)
    let content = index.content(ofMessage: 0, from: source)
    #expect(content.body == bytes("Hello.\r\n") && content.repeatedHeaderBytes == 35)
    let result = EffectiveResult(of: content, under: .stalwart)
    #expect(result.remarks.contains { $0.text.contains("has them twice") })
  }

  @Test func whatNobodyKnowsIsSaidSo() {
    let words = VerdictEffect(of: .skip, at: .bodyEOB, under: .maddy).words
    #expect(words.contains("fail_open"))
    #expect(VerdictEffect(of: .connFail, at: .bodyEOB, under: .stalwart).words.contains("disconnected"))
    let text = bytes("550 5.7.1 no")[...]
    #expect(VerdictEffect(of: .replyCode, at: .bodyEOB, under: .stalwart, text: text).danger == nil)
    let lines = bytes("550-5.7.1 no\r\n550 5.7.1 never")[...]
    let effect = VerdictEffect(of: .replyCode, at: .bodyEOB, under: .stalwart, text: lines)
    #expect(effect.clientCode == 550 && effect.danger?.contains("hyphen") == true)
    #expect(
      VerdictEffect(of: .replyCode, at: .mail, under: .maddy, text: text).danger?.contains("text") == true)
  }
}
