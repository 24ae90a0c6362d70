import MilterProtocol
import TestSupport
import Testing

/// What a milter forgot to clear between two mails of a connection.
@Suite struct EarlierMailsTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let title: String
    let edit: Packet
    var leaks: String?
    var body = "Hello.\r\n"
    var testDescription: String { title }
  }

  static let rows = [
    Row(
      title: "the sender before", edit: Milter.addHeader("X-From", "ann@one.example"), leaks: "MAIL, packet 7"
    ),
    Row(title: "within a value", edit: Milter.addHeader("X-From", "is <ANN@one.example>."), leaks: "MAIL"),
    Row(title: "the recipient before", edit: Milter.addRcpt("<bob@one.example>"), leaks: "RCPT"),
    Row(title: "a sender", edit: Milter.chgFrom("<ann@one.example>"), leaks: "MAIL"),
    Row(title: "its Subject", edit: Milter.chgHeader(1, "Subject", "[x] First invoice"), leaks: "Subject"),
    Row(title: "a header", edit: Milter.addHeader("X-Ticket", "4711-0815"), leaks: "X-Order"),
    Row(title: "an address in a header", edit: Milter.quarantine("from carl@one.example"), leaks: "From"),
    Row(title: "a new body", edit: Milter.replBody("Dear ann@one.example,\r\n"), leaks: "MAIL"),
    Row(title: "its own sender", edit: Milter.addHeader("X-From", "eve@two.example")),
    Row(title: "the recipient of both", edit: Milter.addHeader("X-To", "joe@both.example")),
    Row(title: "a longer address", edit: Milter.addHeader("X-From", "joann@one.example.net")),
    Row(title: "a longer domain", edit: Milter.addHeader("X-From", "ann@one.example.net")),
    Row(title: "what many mails have", edit: Milter.addHeader("Content-Type", "text/plain; charset=utf-8")),
    Row(title: "a verdict on spam", edit: Milter.addHeader("X-Spam-Status", "No, score=0.1")),
    Row(title: "a role", edit: Milter.addHeader("X-Report-To", "postmaster@one.example")),
    Row(
      title: "an address that its own body names", edit: Milter.addRcpt("ann@one.example"),
      body: "Ask ann@one.example\r\n"),
    Row(title: "its own macro", edit: Milter.addHeader("X-Login", "dora@one.example")),
    Row(title: "a deletion", edit: Milter.chgHeader(1, "Subject", "")),
  ]

  @Test(arguments: rows) func aValueOfTheMailBeforeIsFound(_ row: Row) {
    var play = Self.first()
    let found = Self.second(&play, body: row.body, row.edit)
    #expect(found.count == (row.leaks == nil ? 0 : 1), "\(found.map(\.text))")
    #expect(found.first?.text.contains(row.leaks ?? "") ?? true, "\(found.map(\.text))")
    #expect(found.first?.sentence.packets.count ?? 1 == 1)
  }

  @Test func aValueOfTheSameMailIsNone() {
    #expect(
      Self.first(edit: Milter.addHeader("X-From", "ann@one.example")).findings.filter(Self.isLeak).isEmpty)
  }

  @Test func ofMailsLongAgoNothingIsKept() {
    var play = Self.first()
    for _ in 0..<20 { _ = Self.second(&play, body: "", Milter.addHeader("X-From", "eve@two.example")) }
    #expect(Self.second(&play, body: "", Milter.addHeader("X-From", "ann@one.example")).isEmpty)
  }

  /// The milter declined MAIL and RCPT: it knows the addresses by their macros.
  @Test func addressesOfMacrosCount() {
    var play = LegPlay("O/O C/c H/c", flags: [.noMail, .noRcpt])
    for sender in ["ann@one.example", "eve@two.example"] {
      play.play(MTA.macro("M", ["{mail_addr}": sender]), MTA.header("From", "x@y"), Milter.continue, MTA.eoh)
      play.play(Milter.continue, MTA.bodyEOB, Milter.addHeader("X-From", "ann@one.example"), Milter.continue)
    }
    #expect(play.findings.filter(Self.isLeak).count == 1)
  }

  private static func first(edit: Packet = Milter.addHeader("X-Seen", "yes")) -> LegPlay {
    var play = LegPlay("O/O C/c H/c")
    play.play(MTA.mail("<ann@one.example>"), Milter.continue)
    for recipient in ["<bob@one.example>", "<joe@both.example>"] {
      play.play(MTA.rcpt(recipient), Milter.continue)
    }
    play.play(MTA.data, Milter.continue)
    let headers = [
      ("From", "Carl <carl@one.example>"), ("Cc", "dora@one.example"), ("Subject", "First invoice"),
      ("X-Order", "4711-0815"),
      ("Content-Type", "text/plain; charset=utf-8"), ("X-Spam-Status", "No, score=0.1"),
      ("Reply-To", "postmaster@one.example"),
    ]
    for (name, value) in headers { play.play(MTA.header(name, value), Milter.continue) }
    play.play(
      MTA.eoh, Milter.continue, MTA.body(), Milter.continue, MTA.bodyEOB, edit, Milter.continue, MTA.abort)
    return play
  }

  private static func second(_ play: inout LegPlay, body: String, _ edit: Packet) -> [Finding] {
    let before = play.findings.count
    play.play(
      MTA.macro("M", ["{auth_authen}": "dora@one.example"]), MTA.mail("<eve@two.example>"),
      Milter.continue)
    play.play(MTA.rcpt("<joe@both.example>"), Milter.continue, MTA.data, Milter.continue)
    play.play(
      MTA.header("From", "eve@two.example"), Milter.continue, MTA.header("Subject", "Second"), Milter.continue
    )
    play.play(MTA.eoh, Milter.continue)
    if !body.isEmpty { play.play(MTA.body(body), Milter.continue) }
    play.play(MTA.bodyEOB, edit, Milter.continue, MTA.abort)
    return play.findings[before...].filter(isLeak)
  }

  private static func isLeak(_ finding: Finding) -> Bool { finding.rule == .valueOfEarlierMail }
}
