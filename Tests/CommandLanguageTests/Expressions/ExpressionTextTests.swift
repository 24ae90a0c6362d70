import CommandLanguage
import TestSupport
import Testing

@Suite struct ExpressionTextTests {
  @Test(arguments: 0..<2000) func anExpressionPrintsAsTextThatParsesToIt(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let expression = generator.expression()
    let text = expression.text
    #expect(try Expression(parsing: text) == expression, "\(text)")
  }

  @Test(arguments: [
    ("RCPT && !held", "rcpt and not held"),
    ("((rcpt))", "rcpt"),
    ("rcpt or mail and helo", "rcpt or mail and helo"),
    ("(rcpt or mail) and helo", "(rcpt or mail) and helo"),
    ("rcpt and (mail and helo)", "rcpt and mail and helo"),
    ("not (rcpt or mail)", "not (rcpt or mail)"),
    ("not rcpt or mail", "not rcpt or mail"),
    ("mail.address not in ['a']", "not mail.address in [\"a\"]"),
    ("message.size > 1024", "message.size > 1KB"),
    ("Message.Size > 1.5M", "message.size > 1536KB"),
    ("took>1500ms", "took > 1500ms"),
    ("took > 120s", "took > 2m"),
    ("time > 2026-05-01T14:00+02:00", "time > 2026-05-01T12:00Z"),
    ("client.address in 192.0.2.77/24", "client.address in 192.0.2.0/24"),
    ("client.address == 2001:DB8:0:0::7", "client.address == 2001:db8::7"),
    ("macro['{i}']", "macro[\"i\"]"),
    ("helo.name == 'say \"hi\"\\n\\xff'", "helo.name == \"say \\\"hi\\\"\\n\\xFF\""),
    ("helo.name ~ 'say \"\\w\"'", "helo.name ~ \"say \\\"\\w\\\"\""),
    ("helo.name == \"Zürich\\xe2\\x80\\xae\"", "helo.name == \"Zürich\\xE2\\x80\\xAE\""),
  ])
  func anExpressionPrintsInOneForm(_ typed: String, _ printed: String) throws {
    #expect(try Expression(parsing: typed).text == printed)
  }
}
