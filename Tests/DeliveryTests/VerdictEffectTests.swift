import Delivery
import MilterProtocol
import Testing
import Timeline
import TraceModel

@Suite struct VerdictEffectTests {
  struct Row: Sendable {
    var kind: ReplyKind
    var stage: Stage
    var rules: KnownMTA
    var text = ""
    var code: Int?
    var part: String
  }

  static let rows: [Row] = [
    Row(kind: .reject, stage: .connect, rules: .postfix, code: 554, part: "550 5.7.1 Command rejected"),
    Row(kind: .reject, stage: .connect, rules: .sendmail, code: 554, part: "550 5.0.0"),
    Row(
      kind: .replyCode, stage: .connect, rules: .sendmail, text: "550 5.7.1 no", code: 554,
      part: "ignores the text"),
    Row(kind: .replyCode, stage: .connect, rules: .postfix, text: "421 no", code: 421, part: "disconnected"),
    Row(kind: .reject, stage: .helo, rules: .postfix, code: 550, part: "HELO itself gets 250"),
    Row(kind: .tempfail, stage: .mail, rules: .postfix, code: 451, part: "451 4.7.1"),
    Row(kind: .tempfail, stage: .mail, rules: .sendmail, code: 451, part: "451 4.3.2"),
    Row(
      kind: .replyCode, stage: .rcpt, rules: .postfix, text: "550 5.1.1 no such user", code: 550,
      part: "goes on for others"),
    Row(kind: .reject, stage: .bodyEOB, rules: .postfix, code: 550, part: "final dot"),
    Row(kind: .reject, stage: .bodyEOB, rules: .sendmail, code: 554, part: "final dot"),
    Row(
      kind: .replyCode, stage: .body, rules: .sendmail, text: "421 4.7.0 go", code: 421, part: "disconnected"),
    Row(kind: .discard, stage: .rcpt, rules: .postfix, code: 250, part: "all recipients"),
    Row(kind: .discard, stage: .helo, rules: .sendmail, part: "no effect"),
    Row(kind: .skip, stage: .mail, rules: .sendmail, part: "ignored for the rest"),
    Row(kind: .shutdown, stage: .bodyEOB, rules: .postfix, code: 250, part: "before 3.11"),
    Row(kind: .shutdown, stage: .header, rules: .postfix, code: 250, part: "lost"),
    Row(kind: .shutdown, stage: .data, rules: .postfix, code: 421, part: "disconnected"),
    Row(kind: .shutdown, stage: .unknown, rules: .postfix, code: 421, part: "disconnected"),
    Row(kind: .discard, stage: .unknown, rules: .postfix, part: "lost"),
    Row(
      kind: .replyCode, stage: .unknown, rules: .postfix, text: "421 4.7.0 go", code: 421,
      part: "disconnected"),
    Row(
      kind: .replyCode, stage: .unknown, rules: .sendmail, text: "421 4.7.0 go", code: 421,
      part: "disconnected"
    ),
    Row(
      kind: .replyCode, stage: .unknown, rules: .sendmail, text: "451 4.7.0 go", code: 451,
      part: "fails anyway"
    ),
    Row(kind: .accept, stage: .bodyEOB, rules: .sendmail, part: "as with continue"),
  ]

  @Test(arguments: rows) func aVerdictDoesWhatTheTableSays(_ row: Row) {
    let effect = VerdictEffect(of: row.kind, at: row.stage, under: row.rules, text: Array(row.text.utf8)[...])
    #expect(effect.clientCode == row.code)
    #expect(effect.words.contains(row.part), "\(effect.words)")
  }

  struct OddText: Sendable {
    var text: String
    var ending = ReplyText.Ending.nul
    /// What the client gets at RCPT, and whether the text itself gets there.
    var postfix: (code: Int, isOwn: Bool)
    var sendmail: (code: Int, isOwn: Bool)
  }

  /// protocol.md 4.6, with the reactions of its X31 to X35.
  static let oddTexts: [OddText] = [
    OddText(text: "250 ok", postfix: (451, false), sendmail: (550, false)),
    OddText(text: "550 4.7.1 no", postfix: (451, false), sendmail: (550, true)),
    OddText(text: "451 5.7.1 no", postfix: (451, false), sendmail: (451, true)),
    OddText(text: "550 5.7.1 100% sure", postfix: (550, true), sendmail: (550, false)),
    OddText(text: "451 4.7.1 100% busy", postfix: (451, true), sendmail: (550, false)),
    OddText(text: "550 5.7.1 100%% sure", postfix: (550, true), sendmail: (550, true)),
    OddText(text: "550 5.7.1 no", ending: .missing, postfix: (550, true), sendmail: (550, false)),
    OddText(text: "550 5.7.1 no", ending: .more, postfix: (550, true), sendmail: (550, false)),
    OddText(text: "", postfix: (451, false), sendmail: (550, false)),
    OddText(text: "5x0 no", postfix: (451, false), sendmail: (550, false)),
    OddText(text: "55", postfix: (451, false), sendmail: (550, false)),
    OddText(text: "550", postfix: (451, false), sendmail: (550, true)),
    OddText(text: "550_no", postfix: (451, false), sendmail: (550, true)),
    OddText(text: "550 5.7.1 a\n550 5.7.1 b", postfix: (550, true), sendmail: (550, true)),
  ]

  @Test(arguments: oddTexts) func aTextDoesWhatTheMTAMakesOfIt(_ row: OddText) {
    for (rules, expected) in [(KnownMTA.postfix, row.postfix), (.sendmail, row.sendmail)] {
      let effect = VerdictEffect(
        of: .replyCode, at: .rcpt, under: rules, text: Array(row.text.utf8)[...], ending: row.ending)
      #expect(effect.clientCode == expected.code, "\(rules): \(effect.words)")
      #expect(effect.words.contains("does not take the text") == !expected.isOwn, "\(rules): \(effect.words)")
    }
  }

  @Test func aTextThatPostfixDoesNotTakeCostsTheMilter() {
    let effect = VerdictEffect(of: .replyCode, at: .bodyEOB, under: .postfix, text: Array("250 ok".utf8)[...])
    #expect(effect.words.contains("451 4.3.5"))
    #expect(effect.danger?.contains("rest of the session") ?? false)
  }

  @Test(arguments: [("421 4.7.0 go", true), ("421-4.7.0 go\r\n421 4.7.0 now", true)])
  func whoIsDisconnectedGetsNoMessageOn(_ text: String, _ alsoBySendmail: Bool) {
    for rules in KnownMTA.measured {
      let words = VerdictEffect(of: .replyCode, at: .rcpt, under: rules, text: Array(text.utf8)[...]).words
      let isGone = rules == .postfix || alsoBySendmail
      #expect(words.contains("disconnected") == isGone, "\(words)")
      #expect(words.contains("goes on") == !isGone, "\(words)")
    }
  }

  @Test func whatSendmailDoesNotKnowCountsAtOnceAtTheEndOnly() {
    for kind in [ReplyKind.shutdown, .skip] {
      #expect(VerdictEffect(of: kind, at: .bodyEOB, under: .sendmail).words.contains("F= decides at once"))
    }
    let earlier = VerdictEffect(of: .shutdown, at: .mail, under: .sendmail)
    #expect(earlier.words.contains("this command still succeeds"))
    #expect(earlier.words.contains("from the next command on"))
  }

  @Test func noVerdictAnswersTheNegotiation() {
    for kind in ReplyKind.allCases where kind.role == .verdict {
      #expect(VerdictEffect(of: kind, at: .negotiation, under: .postfix).words.contains("negotiation fails"))
    }
  }

  @Test func whatKillsSmtpdIsADanger() {
    #expect(VerdictEffect(of: .accept, at: .unknown, under: .postfix).danger != nil)
    #expect(VerdictEffect(of: .discard, at: .unknown, under: .sendmail).danger != nil)
    #expect(VerdictEffect(of: .accept, at: .mail, under: .postfix).danger == nil)
  }

  @Test func everyVerdictHasWordsAtEveryStage() {
    for kind in ReplyKind.allCases where kind.role == .verdict {
      for stage in Stage.allCases {
        for rules in KnownMTA.allCases {
          let words = VerdictEffect(of: kind, at: stage, under: rules).words
          #expect(!words.isEmpty && words.last != ".")
        }
      }
    }
  }
}
