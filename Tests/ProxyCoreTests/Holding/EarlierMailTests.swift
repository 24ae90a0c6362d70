import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

/// Rules that ask about the connection's earlier mail, and about macros as a stage had them.
@Suite struct EarlierMailTests {
  private func isRefused(_ condition: String, _ events: String, after beginning: String) throws -> Bool {
    let cast = [
      "mta SECOND": MTA.mail("<eve@two.example>"), "mta MACRO EOM": MTA.macro("E", ["i": "later"]),
    ]
    let acts = try Playbook(cast: cast, controls: Beginnings.watched()).acts(
      "rule on \(condition) do reply 450 \"{previous.from} {previous.queue} {macro.mail[\"i\"]}.\"\n\(events)",
      after: beginning)
    return acts.contains { act in
      guard case .send(let packet, .mta) = act else { return false }
      return packet.kind == .reply(.replyCode)
    }
  }

  private static let first =
    Beginnings.upTo("HELO")
    + "\nmta MACRO MAIL\nmta MAIL\nmilter CONTINUE\nmta RCPT\nmilter CONTINUE\nmta DATA"
    + "\nmilter CONTINUE\nmta HEADER\nmilter CONTINUE\nmta EOH\nmilter CONTINUE\nmta BODYEOB\nmilter REJECT"

  @Test(arguments: [
    ("mail and previous.verdict == \"reject\"", true), ("mail and previous.verdict == \"accept\"", false),
    ("mail and previous.from == \"alice@example.org\"", true),
    ("mail and previous.from == \"eve@two.example\"", false),
    ("mail and previous.rcpts == \"bob@example.net\"", true), ("mail and previous.subject == \"test\"", true),
    ("mail and previous.header[\"subject\"] contains \"es\"", true),
    ("mail and previous.header[\"X-A\"]", false),
    ("mail and previous.queue == \"4Xy\"", true),
  ])
  func aSecondMailKnowsTheFirst(condition: String, holds: Bool) throws {
    for gone in ["", "mta ABORT\n"] {
      #expect(try isRefused(condition, gone + "mta SECOND", after: Self.first) == holds)
    }
  }

  @Test func theFirstMailHasNone() throws {
    #expect(try !isRefused("mail and previous.from", "mta MAIL", after: Beginnings.upTo("HELO")))
    #expect(try isRefused("mail and not previous.from", "mta MAIL", after: Beginnings.upTo("HELO")))
  }

  @Test func betweenTwoMailsItIsTheLatest() throws {
    #expect(
      try isRefused(
        "helo and previous.from == \"alice@example.org\"", "mta ABORT\nmta HELO", after: Self.first))
  }

  @Test func aMacroIsAskedForAsItsStageHadIt() throws {
    let beginning =
      Beginnings.upTo("HELO")
      + "\nmta MACRO MAIL\nmta MAIL\nmilter CONTINUE\nmta RCPT\nmilter CONTINUE\nmta DATA"
      + "\nmilter CONTINUE\nmta EOH\nmilter CONTINUE\nmta MACRO EOM"
    for (condition, holds) in [
      ("bodyeob and macro.mail[\"i\"] == \"4Xy\"", true),
      ("bodyeob and macro.bodyeob[\"i\"] == \"later\"", true),
      ("bodyeob and macro[\"i\"] == \"later\"", true),
      ("bodyeob and macro.mail[\"{i}\"] == \"later\"", false),
      ("bodyeob and macro.helo[\"i\"]", false),
    ] {
      #expect(try isRefused(condition, "mta BODYEOB", after: beginning) == holds, "\(condition)")
    }
  }

  @Test func theirValuesAreWritten() throws {
    let acts = try Playbook(
      cast: ["mta SECOND": MTA.mail("<eve@two.example>")], controls: Beginnings.watched()
    ).acts(
      "rule on mail do reply 450 \"after {previous.from} in {previous.queue}\"\nmta SECOND", after: Self.first
    )
    #expect(acts.contains(.send(Milter.reply("450 after alice@example.org in 4Xy"), to: .mta)))
  }
}
