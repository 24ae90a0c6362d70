import MilterProtocol
import TestSupport
import Testing

@Suite struct ReplyTextTests {
  @Test func aLineFallsIntoItsParts() {
    let reply = ReplyText(bytes("550 5.7.1 100%% sure"))
    #expect(reply.code == 550)
    #expect(reply.enhanced == bytes("5.7.1")[...])
    #expect(reply.plainLines == [bytes("100% sure")])
  }

  @Test func everyLineCarriesTheCode() {
    let text = ReplyText.encode(code: 451, enhanced: bytes("4.7.1"), lines: [bytes("one"), bytes("50%"), []])
    #expect(text == bytes("451-4.7.1 one\r\n451-4.7.1 50%%\r\n451 4.7.1"))
    let reply = ReplyText(text)
    #expect(reply.remarks(at: .mail).isEmpty)
    #expect(reply.lines.count == 3)
    #expect(reply.plainLines == [bytes("one"), bytes("50%"), []])
  }

  @Test(arguments: [
    ("550 no status code", nil as String?), ("550 5.7.1", "5.7.1"), ("550 5.7.1x y", nil), ("550 5.7 y", nil),
    ("550 5.7.1234 y", nil), ("550", nil), ("", nil),
  ])
  func aStatusCodeHasThreeNumbers(_ text: String, enhanced: String?) {
    #expect(ReplyText(bytes(text)).enhanced.map(Array.init) == enhanced.map(bytes))
  }

  static let rows: [(String, Stage?, [String])] = [
    ("550 5.7.1 fine", .mail, []),
    ("250 ok", .mail, ["T01"]),
    ("55x no", .mail, ["T01"]),
    ("", .mail, ["T01"]),
    ("550", .mail, ["T02"]),
    ("550.5.7.1 no", .mail, ["T02"]),
    ("550 4.7.1 no", .mail, ["T03"]),
    ("550-5.7.1 a\r\n550 4.7.1 b", .mail, ["T03"]),
    ("550 5.7.1 10% sure", .mail, ["T04"]),
    ("550 5.7.1 10%%% sure", .mail, ["T04"]),
    ("550 5.7.1 10%% sure", .mail, []),
    ("550 5.7.1 a\n550 5.7.1 b", .mail, ["T06", "T07"]),
    ("550 5.7.1 a\r\n550 5.7.1 b", .mail, ["T06"]),
    ("550-5.7.1 a\r\n550-5.7.1 b", .mail, ["T06"]),
    ("550-5.7.1 a\r\n551 5.7.1 b", .mail, ["T06"]),
    ("550-5.7.1 a\r550 5.7.1 b", .mail, ["T07"]),
    ("550 5.7.1 a\r\n", .mail, ["T07"]),
    ("550 " + String(repeating: "x", count: 507), .mail, ["T08"]),
    ("550 " + String(repeating: "x", count: 506), .mail, []),
    ("550 5.7.1 gr\u{FC}n", .mail, ["T09"]),
    ("550 5.7.1 \u{1B}[31m", .mail, ["T09"]),
    ("421 4.3.2 closing", .mail, ["T10"]),
    ("550 5.7.1 no", .connect, ["T11"]),
  ]

  @Test(arguments: rows) func remarksAreMadeWhereMTAsDiffer(_ text: String, stage: Stage?, ids: [String]) {
    #expect(ReplyText(bytes(text)).remarks(at: stage).map(\.rule.id) == ids)
  }

  @Test func manyLinesAreTooMany() {
    let lines = [[UInt8]](repeating: bytes("x"), count: 33)
    #expect(ReplyText(ReplyText.encode(code: 550, lines: lines)).remarks(at: nil).map(\.rule.id) == ["T08"])
  }

  @Test(arguments: 0..<10) func noTextTraps(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let alphabet = bytes("45 05-..%\r\n1x")
    for _ in 0..<300 {
      let length = Int.random(in: 0...24, using: &random)
      let text = (0..<length).map { _ in random.element(of: alphabet) }
      let reply = ReplyText(text)
      #expect(reply.lines.reduce(0) { $0 + $1.range.count + $1.end.count } == text.count)
      _ = reply.remarks(at: .connect)
      _ = reply.plainLines
    }
  }
}
