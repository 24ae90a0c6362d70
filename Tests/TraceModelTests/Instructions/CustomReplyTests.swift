import Testing
import TraceModel

@Suite struct CustomReplyTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var code: Int
    var status: String?
    var lines: [String]
    /// What goes on the wire, or why not.
    var outcome: String
    var testDescription: String { outcome }
  }

  static let rows = [
    Row(code: 550, status: "5.7.1", lines: ["not here"], outcome: "550 5.7.1 not here"),
    Row(code: 451, status: nil, lines: ["50% full"], outcome: "451 50%% full"),
    Row(
      code: 550, status: "5.7.1", lines: ["a", "", "c"], outcome: "550-5.7.1 a\r\n550-5.7.1 \r\n550 5.7.1 c"),
    Row(
      code: 250, status: nil, lines: ["ok"],
      outcome: "the reply code is 400 to 599, not 250: MTAs take nothing else from a milter"),
    Row(
      code: 550, status: "4.7.1", lines: ["no"],
      outcome: "status 4.7.1 does not fit code 550: Postfix wants the same first digit"),
    Row(code: 550, status: nil, lines: [], outcome: "a reply needs a text in quotes"),
    Row(
      code: 550, status: nil, lines: ["a", "b\r\nc"],
      outcome: "line 2 of the reply has a line end or NUL in it: give each line as a string"),
    Row(
      code: 550, status: nil, lines: [String](repeating: "x", count: 33),
      outcome: "a reply has at most 32 lines, not 33"),
    Row(
      code: 550, status: nil, lines: [String(repeating: "x", count: 977)],
      outcome: "line 1 of the reply is 981 bytes long, libmilter takes 980"),
  ]

  @Test(arguments: rows) func aReplyIsEncodedOrRefused(_ row: Row) {
    do {
      let reply = try CustomReply(
        code: row.code, status: row.status.flatMap { CustomReply.Status($0) },
        lines: row.lines.map { Array($0.utf8) })
      #expect(String(decoding: reply.wire, as: UTF8.self) == row.outcome)
    } catch {
      #expect(error.reason == row.outcome)
    }
  }

  @Test(arguments: ["5.7", "5.7.1.2", "5..1", "a.b.c", "5.7.1000", "", "-5.7.1", "+5.7.1"])
  func aStatusIsThreeShortNumbers(_ text: String) {
    #expect(CustomReply.Status(text) == nil)
  }

  @Test(arguments: [
    ("550 5.7.1 no", 550, "5.7.1 no"), ("550-a\r\n550 b", 550, "a\nb"), ("5x0 no", nil, "no"),
    ("55", nil, ""),
    ("", nil, ""), ("550-a\n550 b", 550, "a\nb"),
  ])
  func aReplyFromTheWireIsTakenApartWhateverItIs(_ wire: String, _ code: Int?, _ text: String) {
    let reply = WireReply(Array(wire.utf8))
    #expect(reply.code == code)
    #expect(String(decoding: reply.text, as: UTF8.self) == text)
  }
}
