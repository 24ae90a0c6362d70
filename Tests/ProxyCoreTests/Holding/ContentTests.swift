import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

/// Rules that ask what a mail says, and rules that count.
@Suite struct ContentTests {
  private func replies(to script: String, after last: String, cast: [String: Packet]) throws -> [Packet] {
    let book = Playbook(cast: cast, controls: Beginnings.watched { $0.negotiation = .widen })
    return try book.acts(script, after: Beginnings.upTo(last)).compactMap { act in
      if case .send(let packet, to: .mta) = act { packet } else { nil }
    }
  }

  /// A mail of one text part that comes in two chunks, and what a rule says about it.
  private func verdicts(on condition: String, _ header: Packet, _ first: [UInt8], _ second: [UInt8]) throws
    -> [Packet]
  {
    let script = """
      rule on bodyeob and \(condition) do reply 550 5.7.1 "{part.type}"
      mta MAIL
      milter CONTINUE
      mta RCPT
      milter CONTINUE
      mta HEADER
      milter CONTINUE
      mta EOH
      milter CONTINUE
      mta BODY
      milter CONTINUE
      mta SECOND
      milter CONTINUE
      mta BODYEOB
      """
    return try replies(
      to: script, after: "HELO",
      cast: [
        "mta HEADER": header, "mta BODY": MTA.raw("B", first), "mta SECOND": MTA.raw("B", second),
      ])
  }

  private static let refused = [Milter.reply("550 5.7.1 text/plain")]

  @Test(arguments: 0...12) func aWordThatIsSplitOverTwoChunksIsFound(_ split: Int) throws {
    let text = Array("Buy Viagra!\r\n".utf8)
    let found = try verdicts(
      on: "message.body contains \"viagra\"", MTA.header("Subject", "x"), Array(text[..<split]),
      Array(text[split...]))
    #expect(found == Self.refused)
  }

  @Test(arguments: [
    ("base64", "QnV5IFZpYWdyYSE=\r\n"), ("quoted-printable", "Buy Via=\r\ngr=61!\r\n"),
    ("7bit", "Buy Viagra!\r\n"),
  ]) func whatAMailSaysIsDecoded(_ encoding: String, _ body: String) throws {
    let header = MTA.header("Content-Transfer-Encoding", encoding)
    let text = Array(body.utf8)
    for split in text.indices {
      let (first, second) = (Array(text[..<split]), Array(text[split...]))
      #expect(try verdicts(on: "part.text ~ \"\\bviagra\\b\"", header, first, second) == Self.refused)
      #expect(try verdicts(on: "message.body contains \"viagrum\"", header, first, second) == [])
    }
  }

  @Test func theSizeIsThatOfTheDecodedPartAndRawIsAsItCame() throws {
    let header = MTA.header("Content-Transfer-Encoding", "base64")
    let body = Array("QUJDRA==\r\n".utf8)
    #expect(try verdicts(on: "part.size == 4", header, body, []) == Self.refused)
    #expect(try verdicts(on: "part.size != 4", header, body, []) == [])
    #expect(
      try verdicts(on: "message.raw contains \"base64\\r\\n\\r\\nQUJDRA==\"", header, body, [])
        == Self.refused)
    #expect(try verdicts(on: "message.raw contains \"qujdra\"", header, body, []) == [])
  }

  @Test func aRuleThatCountsLetsTheFirstGoByAndBeginsAgain() {
    expectPlay(
      controls: Beginnings.watched { $0.negotiation = .widen }, after: Beginnings.upTo("MAIL"),
      """
      rule on rcpt count 1 per client.address over 10m do tempfail
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      milter CONTINUE
        record 10 CONTINUE from milter, forwarded
        forward to mta
      mta RCPT
        record 11 RCPT from mta
        record instructed tempfail done
        record released 11 answered
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
      at 700 s
      mta RCPT
        record 13 RCPT from mta, forwarded
        forward to milter
      """)
  }
}
