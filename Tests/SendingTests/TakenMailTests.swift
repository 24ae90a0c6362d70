import MilterProtocol
import Sending
import Testing

@Suite struct TakenMailTests {
  private func mail(_ text: String, as mta: MTAChoice = .postfix) -> TakenMail {
    TakenMail(bytes(text), as: mta)
  }

  private func fields(_ mail: TakenMail) -> [String] {
    mail.headers.map { String(decoding: $0.name + [0x3A] + $0.text, as: UTF8.self) }
  }

  private func body(_ mail: TakenMail) -> String { String(decoding: mail.body, as: UTF8.self) }

  @Test(arguments: ["\n", "\r\n"])
  func linesEndInLFOrCRLF(_ end: String) {
    let taken = mail(["A: 1", "B:2", "\tfold", "", "body", "", "end"].joined(separator: end))
    #expect(fields(taken) == ["A: 1", "B:2\n\tfold"])
    #expect(body(taken) == "body\r\n\r\nend\r\n")
  }

  @Test func whatIsNoHeaderBeginsTheBody() {
    let taken = mail("A: 1\nno header\nB: 2\n")
    #expect(fields(taken) == ["A: 1"])
    #expect(body(taken) == "no header\r\nB: 2\r\n")
    #expect(body(mail("\nA: 1\n")) == "A: 1\r\n")
    #expect(fields(mail(" A: 1\n")) == [])
    #expect(mail("") == mail("\n"))
  }

  @Test func aLineOfAnMboxIsNoneOfTheMail() {
    #expect(fields(mail("From alice@example.org Thu Jan  1 12:00:00 2026\nA: 1\n\nx")) == ["A: 1"])
  }

  @Test func postfixMakesABlankOfABareCR() {
    #expect(body(mail("\na\rb\0\n")) == "a b\0\r\n")
    #expect(body(mail("\na\rb\n", as: .sendmail)) == "a\rb\r\n")
  }

  @Test func postfixCutsAHeader() {
    let long = mail("A: " + String(repeating: "x", count: 70_000) + "\n y\nB: 1\n")
    #expect(long.headers.map { $0.name.count + 1 + $0.text.count } == [60_000, 4])
    #expect(
      mail("A: " + String(repeating: "x", count: 70_000), as: .sendmail).headers[0].text.count == 70_001)
  }

  @Test(arguments: [
    ("Alice <alice@example.org>, bob@example.net", ["<alice@example.org>", "<bob@example.net>"]),
    ("\"a, b\" <c@d>, (who, me) e@f (you)", ["<c@d>", "<e@f>"]),
    ("friends: a@b, <c@d>;, nobody", ["<a@b>", "<c@d>"]),
    ("\"a b\"@example.org", ["<\"a b\"@example.org>"]),
    ("<>, @, a@, @b, <a@b", ["<a@b>"]),
    ("a@b,\n\tc@d", ["<a@b>", "<c@d>"]),
  ])
  func addressesOfAList(_ text: String, _ expected: [String]) {
    let taken = mail("To: \(text)\nCc: \(text)\n")
    #expect(taken.probableRecipients.map { String(decoding: $0, as: UTF8.self) } == expected)
  }

  @Test func theSenderIsInReturnPathOrFrom() {
    #expect(mail("From: A <a@b>\n").probableSender == bytes("<a@b>"))
    #expect(mail("From: A <a@b>\nReturn-Path: <>\n").probableSender == bytes("<>"))
    #expect(mail("From: A <a@b>\nReturn-Path: c@d\n").probableSender == bytes("<c@d>"))
    #expect(mail("Subject: x\n").probableSender == nil)
  }

  @Test(arguments: [
    ("a@b", "<a@b>", []), ("<a@b> SIZE=1 BODY=8BITMIME", "<a@b>", ["SIZE=1", "BODY=8BITMIME"]),
    ("", "<>", []),
    ("\"a b\"@c  X=1", "<\"a b\"@c>", ["X=1"]), ("\"a\\\" b\"@c", "<\"a\\\" b\"@c>", []),
  ])
  func envelopesAreTyped(_ typed: String, _ address: String, _ arguments: [String]) {
    #expect(
      Envelope(typed: bytes(typed)) == Envelope(address: bytes(address), arguments: arguments.map(bytes)))
  }
}
