import Delivery
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct EffectiveResultTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var rules: KnownMTA
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
      testDescription: "S LF without white space becomes a fold too", rules: .sendmail,
      asked: [add("F", "a\nb")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "F: a\n b"]),
    Row(
      testDescription: "P LF at the end is a fold of nothing", rules: .postfix, asked: [ins(0, "F", "a\n")],
      headers: ["F: a\n\t", "-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S LF at the end is a fold of nothing", rules: .sendmail, asked: [add("F", "a\r\n")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "F: a\r\n "]),
    Row(
      testDescription: "P two LF", rules: .postfix, asked: [add("F", "\na\n\nb")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "F: \n\ta\n\t\n\tb"]),
    Row(
      testDescription: "P delete, then add: at the end", rules: .postfix,
      asked: [chg(1, "A", ""), add("A", "n")],
      headers: ["-", "X: one", "X: two", "x: three", "B: 2", "A: n"]),
    Row(
      testDescription: "S delete, then add: in its place", rules: .sendmail,
      asked: [chg(1, "A", ""), add("A", "n")],
      headers: ["-", "A: n", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S delete all, then add: in the first's place", rules: .sendmail,
      asked: [chg(1, "X", ""), chg(2, "X", ""), chg(3, "X", ""), add("X", "n")],
      headers: ["-", "A: 1", "X: n", "B: 2"]),
    Row(
      testDescription: "S delete, then change: as it was", rules: .sendmail,
      asked: [chg(1, "A", ""), chg(1, "A", "n")],
      headers: ["-", "A: n", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P delete, then change: at the end", rules: .postfix,
      asked: [chg(1, "A", ""), chg(1, "A", "n")],
      headers: ["-", "X: one", "X: two", "x: three", "B: 2", "A: n"]),
    Row(
      testDescription: "what was added and deleted again is nowhere", rules: .sendmail,
      asked: [add("N", "v"), chg(1, "n", "")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P what was added takes the change's spelling", rules: .postfix,
      asked: [add("X-N", "v"), chg(1, "x-n", "w")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "x-n: w"]),
    Row(
      testDescription: "S what was added keeps its own", rules: .sendmail,
      asked: [add("X-N", "v"), chg(1, "x-n", "w")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "X-N: w"]),
    Row(
      testDescription: "S i counts seven defaults behind its Received", rules: .sendmail,
      asked: [ins(9, "I", "n")],
      headers: ["-", "A: 1", "I: n", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S i at the last place but one", rules: .sendmail, asked: [ins(12, "I", "n")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "I: n", "B: 2"]),
    Row(
      testDescription: "S i beyond the end is last", rules: .sendmail, asked: [ins(20, "I", "n")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "I: n"]),
    Row(
      testDescription: "S h of a default goes where that stands", rules: .sendmail,
      asked: [add("message-id", "<1@example.org>"), add("DATE", "today")],
      headers: [
        "-", "Date: today", "Message-Id: <1@example.org>", "A: 1", "X: one", "X: two", "x: three", "B: 2",
      ]),
    Row(
      testDescription: "S m beyond what is there means the default", rules: .sendmail,
      asked: [chg(3, "from", "a@example.org")],
      headers: ["-", "From: a@example.org", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S never hands these on", rules: .sendmail,
      asked: [
        add("Return-Path", "<a@example.org>"), ins(0, "full-name", "A"), add("Resent-To", "b@example.org"),
        add("Content-Length", "7"),
      ],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "S leaves nobody in Bcc", rules: .sendmail, asked: [add("Bcc", "b@example.org")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "Bcc:"]),
    Row(
      testDescription: "S leaves out Return-Path and counts it", rules: .sendmail,
      asked: [add("Return-Path", "a"), add("Return-Path", "b"), ins(1, "I", "n")],
      headers: ["I: n", "-", "A: 1", "X: one", "X: two", "x: three", "B: 2"]),
    Row(
      testDescription: "P a line without a name hides what is below it", rules: .postfix,
      asked: [ins(0, "", "v"), chg(1, "A", "new"), ins(1, "I", "n")],
      headers: [": v", "-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "A: new", "I: n"]),
    Row(
      testDescription: "P a name ends with its colon", rules: .postfix,
      asked: [add("N:M", "v"), chg(1, "N:M", "w"), chg(1, "N", "x")],
      headers: ["-", "A: 1", "X: one", "X: two", "x: three", "B: 2", "N: x", "N:M: w"]),
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
    _ rules: KnownMTA, _ asked: Modification..., decision: Packet = Milter.accept,
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
    // Without a resolver's help Sendmail compares domains as they are spelt too (oracle of Tests/Peers).
    #expect(result(.sendmail, gone).deliveredRecipients.count == 2)
    let local = Modification.delRcpt(address: bytes("bob@example.net"))
    #expect(result(.sendmail, local).deliveredRecipients.count == 2)
    let bare = Modification.delRcpt(address: bytes("carol@example.net"))
    #expect(result(.postfix, bare).deliveredRecipients.map(\.address) == [bytes("<Bob@example.net>")])
    let list = Modification.addRcpt(address: bytes("<x@example.net>, <y@example.net>"))
    #expect(result(.postfix, list).deliveredRecipients.count == 3)
    #expect(result(.sendmail, list).deliveredRecipients.count == 4)
    let known = Modification.addRcpt(address: bytes("carol@example.net"))
    // Postfix knows those that came with parameters of their own from those that a milter added.
    #expect(result(.postfix, known).deliveredRecipients.count == 3)
    #expect(
      result(.postfix, known, .addRcpt(address: bytes("CAROL@example.net"))).deliveredRecipients.count == 3)
    #expect(result(.sendmail, known).deliveredRecipients.count == 2)
    let two = Modification.delRcpt(address: bytes("<Bob@example.net>, carol@example.net"))
    #expect(result(.postfix, two).deliveredRecipients.map(\.address) == [bytes("<carol@example.net>")])
    #expect(result(.sendmail, two).deliveredRecipients.isEmpty)
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

  /// Seen with both: Postfix takes nothing for the null sender, Sendmail ignores it.
  @Test func anEmptySenderIsTheNullSenderOrNothing() {
    let asked = Modification.chgFrom(address: [], parameters: bytes("ENVID=x"))
    #expect(
      result(.postfix, asked).sender?.envelope
        == Envelope(address: bytes("<>"), arguments: [bytes("SIZE=9"), bytes("ENVID=x")]))
    #expect(
      result(.sendmail, asked).sender?.envelope
        == Envelope(address: bytes("<a@example.org>"), arguments: [bytes("SIZE=9")]))
    let said = Modification.chgFrom(address: bytes("b@example.org"), parameters: bytes("FOO=1"))
    #expect(result(.postfix, said).sender?.envelope.arguments == [bytes("SIZE=9")])
    #expect(result(.sendmail, said).sender?.envelope.arguments == [])
    let silent = Modification.chgFrom(address: bytes("b@example.org"), parameters: nil)
    #expect(result(.sendmail, silent).sender?.envelope.arguments == [bytes("SIZE=9")])
  }

  /// Seen with both.
  @Test func parametersOfRecipientsCount() {
    func added(_ rules: KnownMTA, _ address: String, _ parameters: String) -> [String] {
      let asked = Modification.addRcptPar(address: bytes(address), parameters: bytes(parameters))
      return result(rules, asked).deliveredRecipients.dropFirst(2).map {
        ([$0.address] + $0.arguments).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
      }
    }
    for rules in KnownMTA.measured {
      #expect(added(rules, "<x@example.net>", "NOTIFY=NEVER") == ["<x@example.net> NOTIFY=NEVER"])
      #expect(added(rules, "<x@example.net>, <y@example.net>", "") == ["<x@example.net>"])
    }
    #expect(added(.postfix, "<x@example.net>", "FOO=1") == ["<x@example.net>"])
    #expect(added(.sendmail, "<x@example.net>", "FOO=1") == [])
    #expect(added(.postfix, "x@example.net,y@example.net", "") == ["x@example.net"])
    #expect(added(.sendmail, "x@example.net,y@example.net", "") == [])
  }

  /// Seen with Sendmail 8.17.1.9.
  @Test func sendmailTakesARemovedRecipientUpAgain() {
    let gone = Modification.delRcpt(address: bytes("carol@example.net"))
    let back = Modification.addRcptPar(
      address: bytes("<carol@example.net>"), parameters: bytes("NOTIFY=SUCCESS ORCPT=rfc822;x@example.net"))
    #expect(
      result(.sendmail, gone, back).deliveredRecipients.last?.arguments == [
        bytes("NOTIFY=SUCCESS,FAILURE,DELAY")
      ])
  }

  @Test func sendmailWritesAddressesAnew() {
    func written(_ value: String, from: String = "A <a@example.org>") -> [String] {
      let result = result(.sendmail, Self.add("To", value)) {
        $0.headers.append(.init(Self.h("From", from), packet: 9))
      }
      return [String(decoding: result.headers.last?.text ?? [], as: UTF8.self)] + result.remarks.map(\.text)
    }
    #expect(
      written("a@example.org,\n\tB C <b@example.org>,,c@example.org") == [
        " a@example.org, B C <b@example.org>, c@example.org"
      ])
    let long = (1...4).map { "recipient.number.\($0)@example.org" }
    #expect(
      written(long.joined(separator: ",")) == [
        " \(long[0]), \(long[1]),\n        \(long[2]), \(long[3])"
      ])
    let unsure = "Sendmail writes addresses anew, and may complete or change these"
    #expect(written("somebody") == [" somebody", unsure])
    #expect(written("B <b@example.org>", from: "a@example.org") == [" B <b@example.org>", unsure])
  }

  @Test func linesThatAreTooLongAreBroken() {
    func text(_ count: Int) -> String { String(repeating: "x", count: count) }
    #expect(result(.postfix, .replBody(bytes(text(998)))).body == bytes(text(998) + "\n"))
    #expect(
      result(.postfix, .replBody(bytes(text(2000)))).body
        == bytes(text(998) + "\n " + text(997) + "\n " + text(5) + "\n"))
    #expect(result(.sendmail, .replBody(bytes(text(2040)))).body == bytes(text(2040) + "\n"))
    #expect(
      result(.sendmail, .replBody(bytes(text(6000)))).body
        == bytes(text(2039) + "!\n " + text(2047) + "!\n " + text(1914) + "\n"))
    let dots = String(repeating: ".", count: 6000)
    #expect(
      result(.sendmail, .replBody(bytes(dots))).body
        == bytes(dots.prefix(2039) + "!\n " + dots.prefix(2048) + "!\n " + dots.prefix(1914) + "\n"))
    func header(_ rules: KnownMTA, _ value: String) -> EffectiveResult {
      result(rules, Self.add("N", value))
    }
    let postfix = header(.postfix, text(1000))
    #expect(postfix.headers.last?.text == bytes(" " + text(995) + "\n " + text(5)))
    #expect(postfix.remarks.count == 1)
    let sendmail = header(.sendmail, text(3000) + "\nlast")
    // 2,303 bytes a line, of which 2,040 leave at once; a byte is lost where the next line begins.
    #expect(
      sendmail.headers.last?.text
        == bytes(" " + text(2036) + "!\n " + text(264) + "\n " + text(699) + "\n last"))
    #expect(header(.sendmail, text(3000)).headers.last?.text == bytes(" " + text(2036) + "!\n " + text(264)))
  }

  /// What stands in place of a default is expanded like that, in a buffer of 4,096 bytes.
  @Test func sendmailCutsWhatReplacesADefault() {
    let long = String(repeating: "xy\n ", count: 2000)
    let short = Self.add("Date", "v")
    #expect(result(.sendmail, Self.add("Date", long)).headers[1].text.count == 4095)
    #expect(result(.sendmail, short, Self.chg(1, "Date", long)).headers[1].text.count == 4095)
    #expect(result(.sendmail, Self.add("X-Date", long)).headers.last?.text.count == 8001)
  }

  @Test func sendmailClosesMIMEHeaders() {
    func written(_ name: String, _ value: String) -> [UInt8]? {
      result(.sendmail, Self.add(name, value)).headers.last?.text
    }
    #expect(written("Content-Type", "\\back \"quote") == bytes(" \\back \"quot\""))
    #expect(written("Content-Type", "a; b=(c; d") == bytes(" a; b=(c; )"))
    #expect(written("X-Type", "a; b=(c; d") == bytes(" a; b=(c; d"))
    let long = String(repeating: "x", count: 1500)
    #expect(written("Content-Disposition", "a; b=" + long)?.count == 3 + 1024)
    #expect(written("MIME-Version", long) == bytes(" " + long))
  }

  /// A byte of `milter_replbody` in milter.c: seen with Sendmail 8.17.1.9.
  @Test func sendmailDoublesACRBeforeAnEmptyChunk() {
    let asked = [Modification.replBody(bytes("a\r")), .replBody([])]
    #expect(result(.sendmail, asked[0], asked[1]).body == bytes("a\r\r\n"))
    #expect(result(.postfix, asked[0], asked[1]).body == bytes("a\r\n"))
  }

  @Test func bodiesAreStoredAsTheMTAStoresThem() {
    let raw = Modification.replBody(bytes("a\r\nb\nc\rd"))
    #expect(result(.postfix, raw).body == bytes("a\nb\nc\rd\n"))
    // The next hop gets a line end even where Sendmail's queue has none.
    #expect(result(.sendmail, raw).body == bytes("a\nb\nc\rd\n"))
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
    func ask(_ rules: KnownMTA) -> EffectiveResult {
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
    // What a filter deleted stays away, be it Sendmail's own.
    #expect(result(.sendmail, date, Self.chg(1, "Date", "")).addedByMTA == ["From", "Message-Id"])
    #expect(result(.sendmail, Self.chg(1, "Date", "")).addedByMTA == ["From", "Message-Id"])
    #expect(result(.postfix).addedByMTA == [])
  }

  @Test func sendmailWritesNoFromOfTheNullSenderIntoItsQueue() {
    let hold = Modification.quarantine(reason: bytes("odd"))
    func change(_ address: String) -> Modification { .chgFrom(address: bytes(address), parameters: nil) }
    func added(_ sender: String, _ asked: Modification...) -> [String] {
      result(.sendmail) { content in
        content.sender = Envelope(address: bytes(sender), arguments: [])
        content.modifications = asked.enumerated().map { .init($0.element, packet: 100 + $0.offset) }
      }.addedByMTA
    }
    let all = ["Date", "From", "Message-Id"]
    #expect(added("<>") == all)
    #expect(added("<a@example.org>", hold) == all)
    #expect(added("<>", hold) == ["Date", "Message-Id"])
    #expect(added("<>", change("<>"), hold) == ["Date", "Message-Id"])
    #expect(added("<>", change("<b@example.org>"), hold) == all)
    #expect(added("<a@example.org>", change("<>"), hold) == all)
  }

  /// What stands where a default of its own would, and what is read again.
  @Test func sendmailReadsHeldHeadersAgain() {
    let hold = Modification.quarantine(reason: bytes("odd"))
    func lines(_ asked: Modification...) -> [String] {
      let result = result(.sendmail) { content in
        content.headers = []
        content.modifications = asked.enumerated().map { .init($0.element, packet: 100 + $0.offset) }
      }
      return result.headers.filter { !$0.isOwnReceived }.map {
        String(decoding: $0.name + [0x3A] + $0.text, as: UTF8.self)
      }
    }
    #expect(lines(Self.add("Date", "")) == ["Date: "])
    #expect(lines(Self.add("Date", ""), hold) == [])
    #expect(lines(Self.add("Date", "today"), Self.add("X-Spam", ""), hold) == ["Date: today", "X-Spam: "])
    #expect(lines(Self.add("X C", "v"), Self.add("X:D", "v")) == ["X C: v", "X:D: v"])
    #expect(lines(Self.add("X C", "v"), Self.add("X:D", "v"), hold) == ["X:D: v"])
    let type = String(repeating: "v", count: 3300)
    #expect(lines(Self.add("Content-Type", type)).map(\.utf8.count) == [13 + 1 + 1023])
    #expect(lines(Self.add("Content-Type", type), hold).map(\.utf8.count) == [13 + 1 + 256])
    // With the sign of a line that is broken: an exclamation mark, and a blank on the next.
    let long = String(repeating: "l", count: 4000)
    #expect(lines(Self.add("Date", long)).map(\.utf8.count) == [2306])
    #expect(lines(Self.add("Date", long), hold).map(\.utf8.count) == [2055])
  }

  @Test func aFooterIsADiffOfItsLinesAlone() {
    let diff = BodyDiff(from: bytes("a\nb\nc\n"), to: bytes("a\nb\nfooter\nc\n"))
    #expect(diff.lines == [.kept(0..<2), .kept(2..<4), .added(4..<11), .kept(11..<13)])
    #expect(BodyDiff(from: bytes("a\na\n"), to: bytes("a\n")).lines == [.kept(0..<2), .removed(2..<4)])
    #expect(BodyDiff(from: [], to: []).lines.isEmpty)
  }

  /// What real MTAs delivered, with the captures beside the project; said aloud where they are not there.
  @Test func realMTAsDeliverWhatTheResultSays() throws {
    // A second milter has its say in `chain`.
    let names = DeliveredCapture.names(containing: "-do-").filter { !$0.contains("chain") }
    if names.isEmpty { print("skipped: no captures beside the project") }
    var checked = 0
    for name in names {
      let capture = try DeliveredCapture(name)
      guard let delivered = capture.delivered.first else { continue }
      let source = MemoryRecords(capture.records)
      var index = TimelineIndex()
      index.catchUp(with: source)
      guard index.messages.count == 1 else { continue }
      let rules: KnownMTA = capture.mta.hasPrefix("Postfix") ? .postfix : .sendmail
      #expect(
        KnownMTA(told: index.facts(at: index.count - 1, from: source)) ?? rules == rules, "\(name)")
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
