import CommandLanguage
import MilterProtocol
import Testing

/// Files that say what an SMTP client does.
@Suite struct ScenarioTests {
  private static func acts(_ text: String) throws -> [Scenario.Act] {
    try Scenario.parse(Array(text.utf8), name: "s").lines.map(\.act)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test(arguments: [
    ("mail from <a@example.org> SIZE=1 BODY=8BITMIME", "<a@example.org>", ["SIZE=1", "BODY=8BITMIME"]),
    ("mail a@example.org", "<a@example.org>", []), ("MAIL FROM:<a@example.org>", "<a@example.org>", []),
    ("mail from: <>", "<>", []), ("mail from \"<a b@example.org>\" X", "<a b@example.org>", ["X"]),
  ])
  func anEnvelopeIsReadAsItIsSaid(_ line: String, _ address: String, _ arguments: [String]) throws {
    guard case .mail(let envelope) = try #require(try Self.acts(line).first) else {
      Issue.record("no mail")
      return
    }
    #expect(Self.text(envelope.address) == address && envelope.arguments.map(Self.text) == arguments)
  }

  private static let start = "mail from a@example.org\nrcpt to b@example.net\n"

  @Test(arguments: [
    ("header Subject: hello", "Subject", " hello"), ("header Subject:hello  # why", "Subject", "hello"),
    (#"header X-Folded: "one\n\ttwo # three""#, "X-Folded", " one\n\ttwo # three"),
    (#"header Subject: "quoted" in part"#, "Subject", #" "quoted" in part"#),
    ("header X-Empty:", "X-Empty", ""),
  ])
  func aHeaderIsAllBehindItsColon(_ line: String, _ name: String, _ value: String) throws {
    guard case .header(let header) = try #require(try Self.acts(Self.start + line).last) else {
      Issue.record("no header")
      return
    }
    #expect(Self.text(header.name) == name && Self.text(header.value) == value)
  }

  @Test(arguments: [
    ("body one two", Scenario.Text.bytes(Array("one two\r\n".utf8))), ("body", .bytes([0x0D, 0x0A])),
    (#"body "a\r\nb""#, .bytes(Array("a\r\nb".utf8))), ("body @part.txt", .file("part.txt")),
  ])
  func aBodyIsALineOrAsItIsQuoted(_ line: String, _ expected: Scenario.Text) throws {
    guard case .body(let text) = try #require(try Self.acts(Self.start + line).last) else {
      Issue.record("no body")
      return
    }
    #expect(text == expected)
  }

  @Test func allThatAClientDoesIsKnown() throws {
    let acts = try Self.acts(
      """
      # A client, twice.
      connect 192.0.2.7 mail.example.org
      ehlo mail.example.org
      starttls
      auth alice
      macro rcpt:{rcpt_mailer} = local mail
      drop-macro {mail_host}
      unknown XFOO bar
      mail from <a@example.org>
      expect verdict and
        continue
      rset
      \(Self.start)data
      message @mail.eml
      end
      mail from <>
      abort
      quit
      expect verdict
      connect
      """)
    #expect(acts.count == 20)
    guard case .macro(let stage, let name, let value) = acts[4] else {
      Issue.record("no macro")
      return
    }
    #expect(stage == .rcpt && Self.text(name) == "{rcpt_mailer}" && Self.text(value) == "local mail")
  }

  @Test(arguments: [
    ("mial from a", "s:1:1: unknown word 'mial'"), ("mail from", "s:1:10: expected an address here"),
    ("connect 192.0.2.7 a b", "s:1:21: connect takes no more than this"),
    ("quit now", "s:1:6: quit takes no more"),
    ("helo", "s:1:5: expected a name here"), ("macro a b = c", "s:1:8: a macro's name has no blanks"),
    ("macro nope:i = c", "s:1:7: 'nope' is no stage"), ("macro i", "s:1:7: expected NAME = VALUE here"),
    ("mail a\nrcpt b\nheader X Y: z", "s:3:9: the name of a header is"),
    ("mail a\nrcpt b\nheader : z", "s:3:8: expected NAME: VALUE here"),
    ("mail a\nrcpt b\nmessage mail.eml", "s:3:9: expected @ and a file here"),
    ("mail a\nexpect stge:rcpt", "s:2:8: "), ("mail a\nexpect verdict verdict", "s:2:16: "),
    ("mail a\nrcpt \"b", "s:2:6: the string has no closing quote"),
    ("mail a\nmail b", "s:2:1: a mail is open already"), ("rcpt b", "s:1:1: there is no mail"),
    ("mail a\nbody x", "s:2:1: the mail has no recipient"),
    ("mail a\nrcpt b\nbody x\nheader A: b", "s:4:1: the body has begun already"),
    ("mail a\nrcpt b\ndata\ndata", "s:4:1: the content has begun already"),
    ("end", "s:1:1: there is no mail"),
    ("expect verdict", "s:1:1: nothing has been said before it"),
    ("helo a\nquit\nmail a", "s:3:1: the client has quit"),
    ("# nothing", "s:1:1: nothing is said in it"),
    ("helo a\n  b c\n\nmail from", "s:2:3: helo takes no more"),
  ])
  func aMistakeIsShownWhereItIs(_ text: String, _ message: String) {
    do throws(RuleFile.Mistake) {
      _ = try Scenario.parse(Array(text.utf8), name: "s")
      Issue.record("'\(text)' is taken")
    } catch { #expect(error.description.hasPrefix(message), "\(error.description)") }
  }
}
