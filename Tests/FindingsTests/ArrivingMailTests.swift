import MilterProtocol
import TestSupport
import Testing

/// What is odd about a mail as the MTA gives it, and how much the same slip weighs by its sender.
@Suite struct ArrivingMailTests {
  private static let whole = [("From", "a@b"), ("Subject", "test")]
  static let rows: [(String, [(String, String)], [String], [String])] = [
    ("a mail as it should be", whole, ["Hello.\r\n"], []),
    ("no From", [("Subject", "test")], ["Hello.\r\n"], ["M01"]),
    ("two From", whole + [("from", "c@d")], ["Hello.\r\n"], ["M02"]),
    ("the headers again", whole, ["From: a@b\r\nSubject: test\r\n\r\nHello.\r\n"], ["M03"]),
    ("the headers again, without a blank", whole, ["From:a@b\r\nSubject:test\r\n\r\n"], ["M03"]),
    ("one header of another mail", whole, ["From: a@b\r\nHello.\r\n"], []),
    ("headers of another mail", whole, ["From: c@d\r\nSubject: test\r\n\r\nHello.\r\n"], []),
    ("the headers later", whole, ["Hello.\r\n", "From: a@b\r\nSubject: test\r\n"], []),
    ("a line of 998 bytes", whole, [String(repeating: "x", count: 998) + "\r\n"], []),
    ("a line of 999 bytes", whole, [String(repeating: "x", count: 999) + "\r\nshort\r\n"], ["M05"]),
    (
      "said once", whole, [String(repeating: "x", count: 999) + "\r\n", String(repeating: "x", count: 999)],
      ["M05"]
    ),
    (
      "a line in two chunks", whole,
      ["short\r\n" + String(repeating: "x", count: 600), String(repeating: "x", count: 600)], ["M05"]
    ),
    (
      "a whole line end in two chunks", whole,
      [String(repeating: "x", count: 998) + "\r", "\n" + String(repeating: "x", count: 998)], []
    ),
    ("a CR that ends no line", whole, [String(repeating: "x", count: 998) + "\r", "x\r\n"], ["M05"]),
    ("a fold", [("From", "a@b"), ("Subject", "a\n\tb")], [], []),
    ("a CRLF at the end", [("From", "a@b\r\n")], [], ["H01", "H02"]),
    ("a line end that is no fold", [("From", "a@b"), ("Subject", "a\nb")], [], ["H02"]),
  ]

  @Test(arguments: rows)
  func aMailIsJudgedByItsHeadersAndBody(
    _ title: String, headers: [(String, String)], body: [String], ids: [String]
  ) {
    var play = LegPlay("O/O C/c M/c R/c T/c")
    for (name, value) in headers { play.play(MTA.header(name, value), Milter.continue) }
    play.play(MTA.eoh, Milter.continue)
    for chunk in body { play.play(MTA.body(chunk), Milter.continue) }
    play.play(MTA.bodyEOB, Milter.continue)
    #expect(play.findings.ids() == ids, "\(title)")
  }

  /// Where EOH is switched off, and BODY or the body is missing, only the end of message tells that the headers are over.
  @Test(arguments: [ProtocolFlags.noEOH, [.noEOH, .noBody]])
  func headersEndAtTheEndOfAMessageWithoutEOH(_ flags: ProtocolFlags) {
    for (header, ids) in [("Subject", ["M01"]), ("From", [])] {
      var play = LegPlay("")
      play.play(MTA.optNeg(), Milter.optNeg([], flags))
      for packet in [MTA.connect(), MTA.mail(), MTA.rcpt(), MTA.data, MTA.header(header, "a@b"), MTA.bodyEOB]
      {
        play.play(packet, Milter.continue)
      }
      #expect(play.findings.ids().filter { $0.hasPrefix("M") } == ids)
    }
  }

  @Test(arguments: [
    ("<é@b>", [], [], ["M04"]), ("<a@b>", [], ["<é@b>"], ["M04"]), ("<é@b>", ["SMTPUTF8"], ["<ü@b>"], []),
    ("<é@b>", ["smtputf8"], [], []), ("<a@b>", [], ["<c@d>"], []),
  ])
  func anAddressBeyondASCIINeedsTheClientsWish(
    _ sender: String, arguments: [String], recipients: [String], ids: [String]
  ) {
    var play = LegPlay("O/O C/c")
    let envelope = Envelope(address: Array(sender.utf8), arguments: arguments.map { Array($0.utf8) })
    play.play(Packet(encoding: Command.mail(envelope)), Milter.continue)
    for recipient in recipients { play.play(MTA.rcpt(recipient), Milter.continue) }
    #expect(play.findings.ids() == ids)
  }

  /// libmilter goes on after some packets that it does not like (seen with 8.17).
  @Test(arguments: [
    (MTA.raw("D", Array("Mi\0a\0{x}\0".utf8)), "G02", Finding.Severity.warning),
    (MTA.raw("D", Array("Mi\0a".utf8)), "G01", .warning), (MTA.raw("U", Array("FOO".utf8)), "G01", .warning),
    (MTA.raw("H", Array("x".utf8)), "G01", .error), (MTA.raw("U"), "G02", .error),
    (MTA.raw("A", [0]), "F07", .note), (MTA.raw("B"), "G12", .error),
  ])
  func whatLibmilterBearsIsNoError(_ packet: Packet, id: String, severity: Finding.Severity) throws {
    var play = LegPlay("O/O C/c")
    play.play(packet)
    let finding = try #require(play.findings.first { $0.rule.id == id })
    #expect(finding.severity == severity)
    #expect(!finding.rule.consequence.text.contains("Postfix gives"))
  }

  @Test func aReplyIsJudgedByWhatMTAsMakeOfIt() throws {
    var play = LegPlay("O/O C/c M")
    play.play(Milter.raw("c", [0]))
    let finding = try #require(play.findings.first { $0.rule.id == "F07" })
    #expect(finding.severity == .warning)
    #expect(!finding.rule.consequence.text.contains("libmilter"))
  }

  @Test func underLeadingSpaceAFoldOrATABIsBlankEnough() {
    for (value, ids) in [("\n\tfold", []), ("\tTAB", []), (" blank", []), ("none", ["H03"])] {
      var play = LegPlay("O/O C/c M/c R/c T/c", flags: .headerLeadingSpace)
      play.play(MTA.header("From", " a@b"), Milter.continue, MTA.eoh, Milter.continue, MTA.bodyEOB)
      play.play(Milter.addHeader("X", value), Milter.continue)
      #expect(play.findings.ids() == ids, "\(value)")
    }
  }
}
