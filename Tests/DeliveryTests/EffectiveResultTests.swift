import Delivery
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct EffectiveResultTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var rules: DeliveryRules
    var asked: [Modification]
    var headers: [String]
    var lead = false
  }

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

  /// The mail has A: 1, X: one, X: two, x: three, B: 2; `-` stands for the MTA's own Received.
  static let rows: [Row] = [
    Row(
      testDescription: "nothing", rules: .postfix, asked: [],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P h goes to the end", rules: .postfix, asked: [add("X", "new")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "X: new"]),
    Row(
      testDescription: "S h goes above the first of its name", rules: .sendmail, asked: [add("x", "new")],
      headers: ["-", "A: 1", "x: new", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S h of a new name goes to the end", rules: .sendmail, asked: [add("C", "3")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "C: 3"]),
    Row(
      testDescription: "P i 0 is above the own Received", rules: .postfix, asked: [ins(0, "I", "0")],
      headers: ["I: 0", "-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P i 1 is below it", rules: .postfix, asked: [ins(1, "I", "1")],
      headers: ["-", "I: 1", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P i counts what was inserted", rules: .postfix,
      asked: [ins(0, "I", "0"), ins(1, "J", "1")],
      headers: ["I: 0", "J: 1", "-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P i beyond is the end", rules: .postfix, asked: [ins(99, "I", "n")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "I: n"]),
    Row(
      testDescription: "P i 0xFFFFFFFF is the end", rules: .postfix, asked: [ins(.max, "I", "n")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "I: n"]),
    Row(
      testDescription: "S i 0 is above the own Received", rules: .sendmail, asked: [ins(0, "I", "0")],
      headers: ["I: 0", "-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i 0xFFFFFFFF is the same as 0", rules: .sendmail, asked: [ins(.max, "I", "0")],
      headers: ["I: 0", "-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i 1 and 2 are below it", rules: .sendmail, asked: [ins(1, "I", "1")],
      headers: ["-", "I: 1", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i 0, then 1: what was inserted counts", rules: .sendmail,
      asked: [ins(0, "I", "0"), ins(1, "J", "1")],
      headers: ["I: 0", "J: 1", "-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i 0, 0, 1", rules: .sendmail,
      asked: [ins(0, "I", "a"), ins(0, "I", "b"), ins(1, "J", "1")],
      headers: ["I: b", "J: 1", "I: a", "-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i 1, then 2", rules: .sendmail, asked: [ins(1, "I", "1"), ins(2, "J", "2")],
      headers: ["-", "I: 1", "J: 2", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i 1 twice", rules: .sendmail, asked: [ins(1, "I", "1"), ins(1, "J", "2")],
      headers: ["-", "J: 2", "I: 1", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i 2, then 1", rules: .sendmail, asked: [ins(2, "I", "2"), ins(1, "J", "1")],
      headers: ["-", "J: 1", "I: 2", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i 0, then 2", rules: .sendmail, asked: [ins(0, "I", "0"), ins(2, "J", "2")],
      headers: ["I: 0", "-", "J: 2", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i 1, then 0", rules: .sendmail, asked: [ins(1, "I", "1"), ins(0, "J", "0")],
      headers: ["J: 0", "-", "I: 1", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i large is the end", rules: .sendmail, asked: [ins(999, "I", "n")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "I: n"]),
    Row(
      testDescription: "P m 2 takes the milter's spelling", rules: .postfix, asked: [chg(2, "x", "new")],
      headers: ["-", "A: 1", "X: one", "x: new", "x: three", "B: 2"]),
    Row(
      testDescription: "S m keeps the spelling", rules: .sendmail, asked: [chg(2, "x", "new")],
      headers: ["-", "A: 1", "X: one", "X: new", "x: three", "B: 2"]),
    Row(
      testDescription: "P m 0 is 1", rules: .postfix, asked: [chg(0, "X", "new")],
      headers: ["-", "A: 1", "X: new", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S m 0 is 1", rules: .sendmail, asked: [chg(0, "X", "new")],
      headers: ["-", "A: 1", "X: new", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P m 0xFFFFFFFF is added", rules: .postfix, asked: [chg(.max, "X", "new")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "X: new"]),
    Row(
      testDescription: "S m 0xFFFFFFFF is the first", rules: .sendmail, asked: [chg(.max, "X", "new")],
      headers: ["-", "A: 1", "X: new", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P m beyond is added", rules: .postfix, asked: [chg(9, "X", "new")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "X: new"]),
    Row(
      testDescription: "S m beyond is added above", rules: .sendmail, asked: [chg(9, "X", "new")],
      headers: ["-", "A: 1", "X: new", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "m beyond and empty does nothing", rules: .postfix, asked: [chg(9, "X", "")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P delete 1 then 2 leaves 2", rules: .postfix,
      asked: [chg(1, "X", ""), chg(2, "X", "")],
      headers: ["-", "A: 1", "X: two", "B: 2"]),
    Row(
      testDescription: "S delete 1 then 2 leaves 3", rules: .sendmail,
      asked: [chg(1, "X", ""), chg(2, "X", "")],
      headers: ["-", "A: 1", "x: three", "B: 2"]),
    Row(
      testDescription: "the own Received is out of reach of m", rules: .postfix,
      asked: [chg(1, "Received", "")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P an empty value is a blank", rules: .postfix, asked: [add("E", "")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "E: "]),
    Row(
      testDescription: "P h without a name", rules: .postfix, asked: [add("", "v")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", ": v"]),
    Row(
      testDescription: "S h without a name", rules: .sendmail, asked: [add("", "v")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "a fold stays", rules: .sendmail, asked: [add("F", "a\n\tb\n c")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "F: a\n\tb\n c"]),
    Row(
      testDescription: "P LF without white space becomes a fold", rules: .postfix, asked: [add("F", "a\nb")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "F: a\n\tb"]),
    Row(
      testDescription: "S LF without white space becomes a blank", rules: .sendmail,
      asked: [add("F", "a\nb")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "F: a b"]),
    Row(
      testDescription: "CR before a fold stays", rules: .postfix, asked: [add("F", "a\r\n b")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "F: a\r\n b"]),
    Row(
      testDescription: "with LEADSPC no blank is put", rules: .postfix,
      asked: [add("F", "v"), add("G", " v")],
      headers: ["-", "A:1", "X:one", "X:two", "x:three", "B:2", "F:v", "G: v"], lead: true),
  ]

  private func content() -> MessageContent {
    var content = MessageContent()
    content.sender = Envelope(address: bytes("<a@example.org>"), arguments: [bytes("SIZE=9")])
    content.recipients = [
      Envelope(address: bytes("<Bob@example.net>")), Envelope(address: bytes("<carol@example.net>")),
    ]
    for (i, (name, value)) in [("A", "1"), ("X", "one"), ("X", "two"), ("x", "three"), ("B", "2")]
      .enumerated()
    {
      content.headers.append(.init(Self.h(name, value), packet: 10 + i))
    }
    content.body = bytes("Hello.\r\nBye.\r\n")
    content.actions = .current
    return content
  }

  private func result(
    _ rules: DeliveryRules, _ asked: Modification..., decision: Packet = Milter.accept,
    change: (inout MessageContent) -> Void = { _ in }
  ) -> EffectiveResult {
    var content = content()
    for (i, modification) in asked.enumerated() {
      content.modifications.append(.init(modification, packet: 100 + i))
    }
    var play = Recording()
    play.greet()
    play.mail()
    play.receive(decision)
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    content.decision = facts.message?.decision
    change(&content)
    return EffectiveResult(of: content, under: rules)
  }

  @Test(arguments: rows) func headersEndUpWhereTheMTAPutsThem(_ row: Row) {
    var content = content()
    content.keepsLeadingSpace = row.lead
    for (i, modification) in row.asked.enumerated() {
      content.modifications.append(.init(modification, packet: 100 + i))
    }
    let result = EffectiveResult(of: content, under: row.rules)
    let lines = result.headers.filter { !$0.isRemoved }.map {
      $0.isOwnReceived ? "-" : String(decoding: $0.line, as: UTF8.self)
    }
    #expect(lines == row.headers)
  }

  @Test func everyLineSaysWhichPacketChangedIt() {
    let result = result(
      .postfix, Self.chg(1, "A", "new"), Self.chg(1, "B", ""), Self.add("N", "v"), Self.chg(1, "N", "w"))
    #expect(
      result.headers.map(\.change) == [
        .kept, .changed(by: 100), .kept, .kept, .kept, .removed(by: 101), .added(by: 102 + 1),
      ])
    #expect(result.headers[1].before?.text == bytes(" 1"))
    #expect(result.headers[1].packet == 10)
  }

  @Test func recipientsComeAndGoByTheRulesOfTheMTA() {
    let gone = Modification.delRcpt(address: bytes("<Bob@EXAMPLE.net>"))
    #expect(result(.postfix, gone).deliveredRecipients.count == 2)
    #expect(result(.postfix, gone).remarks.count == 1)
    #expect(result(.sendmail, gone).deliveredRecipients.map(\.address) == [bytes("<carol@example.net>")])
    let local = Modification.delRcpt(address: bytes("bob@example.net"))
    #expect(result(.sendmail, local).deliveredRecipients.count == 2)
    let bare = Modification.delRcpt(address: bytes("carol@example.net"))
    #expect(result(.postfix, bare).deliveredRecipients.map(\.address) == [bytes("<Bob@example.net>")])
    let list = Modification.addRcpt(address: bytes("<x@example.net>, <y@example.net>"))
    #expect(result(.postfix, list).deliveredRecipients.count == 3)
    #expect(result(.sendmail, list).deliveredRecipients.count == 4)
    let known = Modification.addRcpt(address: bytes("carol@example.net"))
    #expect(result(.postfix, known).deliveredRecipients.count == 2)
    let all = result(.postfix, .delRcpt(address: bytes("<Bob@example.net>")), bare)
    #expect(all.deliveredRecipients.isEmpty)
    #expect(all.remarks.last?.text == "nobody is left: the message vanishes")
  }

  @Test func aNewSenderKeepsWhatItDoesNotSay() {
    let result = result(.postfix, .chgFrom(address: bytes("<>"), parameters: bytes("RET=HDRS")))
    #expect(
      result.sender?.envelope
        == Envelope(address: bytes("<>"), arguments: [bytes("SIZE=9"), bytes("RET=HDRS")]))
    #expect(result.sender?.before?.address == bytes("<a@example.org>"))
  }

  @Test func bodiesAreStoredAsTheMTAStoresThem() {
    let raw = Modification.replBody(bytes("a\r\nb\nc\rd"))
    #expect(result(.postfix, raw).body == bytes("a\nb\nc\rd\n"))
    #expect(result(.sendmail, raw).body == bytes("a\nb\nc\rd"))
    #expect(result(.postfix).body == bytes("Hello.\nBye.\n"))
    #expect(result(.postfix, .replBody([])).body == [])
    #expect(result(.postfix, .replBody(bytes("x\r")), .replBody(bytes("\ny"))).body == bytes("x\ny\n"))
    #expect(result(.postfix, .replBody([])).bodyPackets == [100])
  }

  @Test func aSecondBodyFailsPostfixAndNotSendmail() {
    let asked = [Modification.replBody(bytes("1\r\n")), Self.add("A", "b"), .replBody(bytes("2\r\n"))]
    let postfix = result(.postfix, asked[0], asked[1], asked[2])
    #expect(postfix.fate == .failed("451 4.3.5: a second body"))
    let sendmail = result(.sendmail, asked[0], asked[1], asked[2])
    #expect(sendmail.fate == .delivered)
    #expect(sendmail.body == bytes("1\n2\n"))
  }

  @Test func aBodyThatWasNotNegotiatedFailsSendmailAndNotPostfix() {
    func ask(_ rules: DeliveryRules) -> EffectiveResult {
      result(rules, .replBody(bytes("x"))) { $0.actions = .addHeaders }
    }
    #expect(ask(.sendmail).fate == .failed("451: REPLBODY without CHGBODY negotiated"))
    #expect(ask(.postfix).fate == .delivered)
  }

  @Test func theVerdictDecidesTheFate() {
    #expect(result(.postfix).fate == .delivered)
    #expect(result(.postfix, .quarantine(reason: bytes("odd"))).fate == .held)
    #expect(result(.postfix, decision: Milter.reject).fate == .rejected)
    #expect(result(.postfix, decision: Milter.reply("451 later")).fate == .tempfailed)
    #expect(result(.postfix, decision: Milter.discard).fate == .discarded)
    #expect(result(.postfix) { $0.decision = nil }.fate == .pending)
    for (phase, fate) in [
      (MessageFacts.Phase.aborted, EffectiveResult.Fate.aborted), (.lost, .lost), (.open, .pending),
    ] {
      let undecided = result(.postfix) {
        $0.decision = nil
        $0.phase = phase
      }
      #expect(undecided.fate == fate)
    }
    #expect(result(.postfix, decision: Milter.skip).fate == .delivered)
    #expect(
      result(.sendmail, decision: Milter.skip).fate
        == .failed("SKIP at end of message is an error of the milter's, and F= decides"))
    #expect(result(.postfix, .quarantine(reason: bytes("odd")), decision: Milter.reject).fate == .rejected)
  }

  /// docs/protocol.md 4.3.
  @Test func shutdownInAMessageLosesIt() {
    let lost = result(.postfix, decision: Milter.shutdown)
    #expect(lost.fate == .discarded)
    #expect(lost.remarks.map(\.text).contains { $0.hasPrefix("Postfix says 250") })
    #expect(
      result(.sendmail, decision: Milter.shutdown).fate
        == .failed("SHUTDOWN is no reply that Sendmail knows, and F= decides"))
  }

  @Test func sendmailWritesWhatAMailLacks() {
    let date = Self.add("date", "today")
    #expect(result(.sendmail).addedByMTA == ["Date", "From", "Message-Id"])
    #expect(result(.sendmail, date).addedByMTA == ["From", "Message-Id"])
    #expect(result(.sendmail, date, Self.chg(1, "Date", "")).addedByMTA == ["Date", "From", "Message-Id"])
    #expect(result(.postfix).addedByMTA == [])
  }

  @Test func aFooterIsADiffOfItsLinesAlone() {
    let diff = BodyDiff(from: bytes("a\nb\nc\n"), to: bytes("a\nb\nfooter\nc\n"))
    #expect(diff.lines == [.kept(0..<2), .kept(2..<4), .added(4..<11), .kept(11..<13)])
    #expect(BodyDiff(from: bytes("a\na\n"), to: bytes("a\n")).lines == [.kept(0..<2), .removed(2..<4)])
    #expect(BodyDiff(from: [], to: []).lines.isEmpty)
  }

  /// What real MTAs delivered, with the captures beside the project; said aloud where they are not there.
  @Test func realMTAsDeliverWhatTheResultSays() throws {
    // A second milter has its say in `chain`; Sendmail breaks the line of `addheader-long`, which is only remarked.
    let names = DeliveredCapture.names(containing: "-do-").filter {
      !$0.contains("chain") && !$0.contains("addheader-long")
    }
    if names.isEmpty { print("skipped: no captures beside the project") }
    var checked = 0
    for name in names {
      let capture = try DeliveredCapture(name)
      guard let delivered = capture.delivered.first else { continue }
      let source = MemoryRecords(capture.records)
      var index = TimelineIndex()
      index.catchUp(with: source)
      guard index.messages.count == 1 else { continue }
      let rules: DeliveryRules = capture.mta.hasPrefix("Postfix") ? .postfix : .sendmail
      #expect(
        DeliveryRules(told: index.facts(at: index.count - 1, from: source)) ?? rules == rules, "\(name)")
      let content = index.content(ofMessage: 0, from: source)
      let result = EffectiveResult(of: content, under: rules)
      let headers = result.deliveredHeaders.map { String(decoding: $0, as: UTF8.self) }
      let ownReceived = delivered.headers.firstIndex {
        $0.hasPrefix("Received:") && $0.contains("by mta.example.test")
      }
      var expected = delivered.headers
      if let ownReceived { expected.remove(at: ownReceived) }
      #expect(headers == expected, "\(name)")
      #expect(
        ownReceived == result.headers.filter { !$0.isRemoved }.firstIndex(where: \.isOwnReceived), "\(name)")
      #expect(result.fate == (delivered.isHeld ? .held : .delivered), "\(name)")
      if let sender = delivered.sender {
        let address = String(decoding: result.sender?.envelope.address ?? [], as: UTF8.self)
        #expect(sender.split(separator: " ").first.map(String.init) == address, "\(name)")
      }
      if !delivered.isHeld {
        let recipients = result.deliveredRecipients.map {
          "<" + String(decoding: $0.address, as: UTF8.self).filter { $0 != "<" && $0 != ">" } + ">"
        }
        #expect(
          recipients.sorted() == delivered.recipients.map { String($0.prefix { $0 != " " }) }.sorted(),
          "\(name)")
      }
      if let body = delivered.body, !body.isEmpty {
        let stored = String(decoding: result.body, as: UTF8.self)
        #expect(body == (stored.hasSuffix("\n") ? stored : stored + "\n"), "\(name)")
      }
      checked += 1
    }
    print("effective result: \(checked) captures of real MTAs agree")
    #expect(names.isEmpty || checked > 40)
  }
}
