import MilterProtocol
import Testing
import TraceModel

@Suite struct VerdictEffectTests {
  struct Row: Sendable {
    var kind: ReplyKind
    var stage: Stage
    var rules: DeliveryRules
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
    Row(kind: .accept, stage: .bodyEOB, rules: .sendmail, part: "as with continue"),
  ]

  @Test(arguments: rows) func aVerdictDoesWhatTheTableSays(_ row: Row) {
    let effect = VerdictEffect(of: row.kind, at: row.stage, under: row.rules, text: Array(row.text.utf8)[...])
    #expect(effect.clientCode == row.code)
    #expect(effect.words.contains(row.part), "\(effect.words)")
  }

  @Test func whatKillsSmtpdIsADanger() {
    #expect(VerdictEffect(of: .accept, at: .unknown, under: .postfix).danger != nil)
    #expect(VerdictEffect(of: .discard, at: .unknown, under: .sendmail).danger != nil)
    #expect(VerdictEffect(of: .accept, at: .mail, under: .postfix).danger == nil)
  }

  @Test func everyVerdictHasWordsAtEveryStage() {
    for kind in ReplyKind.allCases where kind.role == .verdict {
      for stage in Stage.allCases {
        for rules in DeliveryRules.allCases {
          let words = VerdictEffect(of: kind, at: stage, under: rules).words
          #expect(!words.isEmpty && words.last != ".")
        }
      }
    }
  }
}
