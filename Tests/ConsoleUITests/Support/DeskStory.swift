import Cells
import ConsoleUI
import MilterProtocol
import TestSupport
import TraceModel

/// A run of `milter` with three mails waiting: a signed one with an attachment, a plain one with a deadline, and a
/// recipient of a third; Postfix is the MTA.
struct DeskStory {
  private(set) var play = Recording()
  /// Numbers of the packets that wait.
  private(set) var signed = 0
  private(set) var plain = 0
  private(set) var recipient = 0

  static let sender = "alice@example.org"

  /// - Parameter actions: what the MTA agreed to.
  init(actions: ActionFlags = .current) {
    play.greet(Milter.optNeg(actions))
    play.mail(
      from: "<alice@example.org>", headers: Self.headers, body: [Self.body], id: "4XyZ7k2", isHeld: true)
    signed = play.packet
    hold(signed, until: nil)
    play.connection = 2
    play.greet(Milter.optNeg(actions))
    play.mail(
      from: "<bob@example.com>", to: ["<carol@example.net>", "<dave@example.net>"],
      headers: [("From", "bob@example.com"), ("Subject", "lunch?")], id: "4XyZ7k3", isHeld: true)
    plain = play.packet
    hold(plain, until: .seconds(24))
    play.connection = 3
    play.greet(Milter.optNeg(actions))
    play.ask(MTA.macro("M", ["i": "4XyZ7k4"]), MTA.mail("<news@example.com>"))
    recipient = play.receive(MTA.rcpt("<erin@example.net>"), forwarded: false)
    hold(recipient, until: .seconds(90))
  }

  private mutating func hold(_ number: Int, until span: Moment.Span?) {
    let deadline = span.map { play.now + $0 }
    play.append(.held(Held(number: number, cause: .rule("hold"), deadline: deadline)))
  }

  var source: MemoryRecords { MemoryRecords(play.records, head: Story.head) }

  static let headers = [
    ("Received", "from mail.example.org (mail.example.org [192.0.2.7])\n\tby mx.example.net"),
    (
      "Authentication-Results",
      "mx.example.net;\n\tdkim=pass (2048-bit key) header.d=example.org header.s=mail;\n\tspf=softfail "
        + "smtp.mailfrom=alice@example.org; dmarc=fail reason=\"not aligned\" header.from=example.org"
    ),
    (
      "Received-SPF",
      "Pass (mx.example.net: domain of example.org) client-ip=192.0.2.7; helo=mail.example.org"
    ),
    (
      "DKIM-Signature",
      "v=1; a=rsa-sha256; c=relaxed/simple; d=example.org; s=mail;\n\tt=1790000000; h=from:to:subject;\n\t"
        + "bh=abc=; b=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSb"
    ),
    ("From", "=?utf-8?q?J=C3=BCrgen?= <alice@example.org>"), ("To", "bob@example.net"),
    ("Subject", "=?utf-8?b?UmVjaG51bmcgZsO8ciBNw6Ryeg==?="), ("MIME-Version", "1.0"),
    ("Content-Type", "multipart/mixed; boundary=\"sep\""),
  ]

  static let body =
    "A preamble.\r\n--sep\r\nContent-Type: text/plain; charset=utf-8\r\n"
    + "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    + "Sch=C3=B6ne Gr=C3=BC=C3=9Fe, =\r\nAlice \r\n"
    + "--sep\r\nContent-Type: application/pdf; name=\"bill.pdf\"\r\nContent-Transfer-Encoding: base64\r\n"
    + "Content-Disposition: attachment; filename=\"../bill.pdf\"\r\n\r\n"
    + "SGVsbG8sIEJvYiEK\r\n--sep--\r\nAn epilogue.\r\n"
}

extension Driver {
  /// The desk with all three waiting, ten seconds after the last came.
  static func desk(_ story: DeskStory, _ source: MemoryRecords, size: Size = Size(columns: 80, rows: 24))
    -> Driver
  {
    var driver = Driver(source, size: size, isLive: true, milter: nil)
    driver.send(.tick(story.play.now + .seconds(10)))
    driver.press("Esc")
    return driver
  }
}
