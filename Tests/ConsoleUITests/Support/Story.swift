import MilterProtocol
import TestSupport
import TraceModel

/// The trace that the screen tests look at: two connections at once, three mails.
///
/// c1 from Postfix: to bob and to nobody, who is refused; a header added, one changed, one deleted; delivered.
/// c2 from Sendmail: a newsletter that is quarantined after a slow look at it, then a mail refused in three lines, and
/// a reply that answers nothing.
enum Story {
  static let head = TraceHead(
    program: "0.1", startedAt: 1_790_000_000_218_000, command: ["mitmilter", "proxy"],
    listen: "inet:8891@127.0.0.1", milter: "unix:/run/filter.sock", negotiation: "transparent")

  static var records: [Record] {
    var play = Recording()
    play.open()
    greetPostfix(&play)
    play.connection = 2
    play.open()
    greetSendmail(&play)
    play.connection = 1
    signedMail(&play)
    play.connection = 2
    newsletter(&play)
    play.connection = 1
    play.mta(MTA.abort)
    found(.abortOutside, "ABORT outside a message", &play)
    play.mta(MTA.quit)
    play.close()
    play.connection = 2
    refusedMail(&play)
    return play.records
  }

  static var source: MemoryRecords { MemoryRecords(records, head: head) }

  private static func greetPostfix(_ play: inout Recording) {
    play.mta(MTA.optNeg())
    play.milter(
      Milter.optNeg(
        [.addHeaders, .changeHeaders, .quarantine], [.noUnknown, .noReplyHeaders, .skip],
        symbols: [(3, "{rcpt_addr} {rcpt_mailer} {client_resolve}")]))
    play.ask(
      MTA.macro(
        "C",
        [
          "j": "mx.example.net", "{daemon_name}": "mx.example.net", "{daemon_addr}": "192.0.2.25",
          "v": "Postfix 3.7.11", "_": "mail.example.org [192.0.2.7]",
        ]), MTA.connect())
    play.ask(MTA.macro("H", ["{tls_version}": "TLSv1.3", "{cipher_bits}": "256"]), MTA.helo())
  }

  private static func greetSendmail(_ play: inout Recording) {
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg([.addHeaders, .changeHeaders, .quarantine], []))
    play.ask(
      MTA.macro("C", ["j": "relay.example.com", "{daemon_name}": "MTA", "v": "8.18.2"]),
      MTA.connect("news.example.com", "IPv6:2001:db8::5", port: 40022))
    play.ask(MTA.helo("news.example.com"))
  }

  private static func signedMail(_ play: inout Recording) {
    play.ask(
      MTA.macro("M", ["{mail_addr}": "alice@example.org", "{mail_host}": "example.org"]),
      MTA.mail("<alice@example.org>", "SIZE=1820", "BODY=8BITMIME"))
    play.ask(
      MTA.macro("R", ["{rcpt_addr}": "bob@example.net", "{rcpt_mailer}": "local"]),
      MTA.rcpt("<bob@example.net>"))
    play.mta(
      MTA.macro("R", ["i": "4XyZ7k2", "{rcpt_addr}": "nobody@example.net", "{rcpt_mailer}": "local"]),
      MTA.rcpt("<nobody@example.net>", "NOTIFY=NEVER"))
    play.milter(Milter.reply("550 5.1.1 no such user"))
    play.ask(MTA.macro("T", ["i": "4XyZ7k2"]), MTA.data)
    let headers = [
      ("Received", "from mail.example.org (mail.example.org [192.0.2.7])\n\tby mx.example.net"),
      ("From", "Alice <alice@example.org>"), ("To", "bob@example.net"),
      ("Subject", "=?utf-8?q?Gr=C3=BC=C3=9Fe?= aus dem Urlaub"), ("X-Spam", "maybe"), ("X-Spam", "no"),
      ("MIME-Version", "1.0"), ("Content-Type", "multipart/mixed; boundary=\"sep\""),
    ]
    for (name, value) in headers { play.mta(MTA.header(name, value)) }
    play.ask(MTA.macro("N", ["i": "4XyZ7k2"]), MTA.eoh)
    play.ask(
      MTA.body(
        "--sep\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
          + "Sch=C3=B6ne Gr=C3=BC=C3=9Fe, =\r\nAlice \r\n"
          + "--sep\r\nContent-Type: text/plain; name=note.txt\r\nContent-Transfer-Encoding: base64\r\n\r\n"
          + "SGVsbG8sIEJvYiEK\r\n--sep--\r\n"))
    play.mta(MTA.macro("E", ["i": "4XyZ7k2"]), MTA.bodyEOB)
    play.milter(
      Milter.insHeader(0, "DKIM-Signature", "v=1; a=rsa-sha256; d=example.org;\n\tb=abc="),
      Milter.addHeader("X-Seen", "by the filter"), Milter.chgHeader(1, "Subject", "[ext] holiday"),
      Milter.chgHeader(2, "X-Spam", ""), Milter.continue)
  }

  private static func newsletter(_ play: inout Recording) {
    play.ask(
      MTA.macro("M", ["i": "31AQ9xKa", "{mail_addr}": "news@example.com"]), MTA.mail("<news@example.com>"))
    play.ask(
      MTA.macro("R", ["{rcpt_addr}": "list@example.net", "{rcpt_mailer}": "esmtp"]),
      MTA.rcpt("<list@example.net>"))
    found(.replyNotWanted, "CONTINUE for RCPT, which was promised none", &play)
    play.ask(MTA.header("From", "\"News\" <news@example.com>"))
    play.ask(MTA.header("Subject", "Ten tricks\u{1B}]0;gone\u{7} for your terminal"))
    play.ask(MTA.eoh)
    play.ask(MTA.body("Buy now.\r\n"))
    play.mta(MTA.macro("E", ["{msg_id}": "<n1@example.com>"]), MTA.bodyEOB)
    play.wait(.milliseconds(2400))
    play.milter(Milter.quarantine("looks like a scam"), Milter.accept)
  }

  private static func refusedMail(_ play: inout Recording) {
    play.ask(MTA.macro("M", ["i": "31AQ9xKb"]), MTA.mail("<news@example.com>"))
    play.ask(MTA.rcpt("<bob@example.net>"))
    play.ask(MTA.header("Subject", "Again"))
    play.ask(MTA.eoh)
    play.mta(MTA.bodyEOB)
    play.milter(Milter.reply("554-5.7.1 We do not take this.\r\n554-5.7.1 Ask postmaster.\r\n554 5.7.1 Bye"))
    play.milter(Milter.continue)
    found(
      .secondVerdict,
      "CONTINUE answers nothing: BODYEOB has its verdict in packet \(packet: play.packet - 1)", &play)
  }

  /// A finding about the latest packet.
  private static func found(_ rule: FindingRule, _ sentence: Sentence, _ play: inout Recording) {
    play.append(.found(Finding(rule, packet: play.packet, sentence)))
  }
}
