import CommandLanguage
import Testing

@Suite struct CompletionTests {
  /// The cursor is `|`; what is completed, and the first candidates.
  static let expressions: [(String, String, [String])] = [
    ("|", "", ["command", "reply", "verdict"]),
    ("rcp|", "rcp", ["rcpt", "rcpt.address", "rcpt.args", "addrcpt", "delrcpt", "message.rcpts"]),
    ("RCPT.A|", "RCPT.A", ["rcpt.address", "rcpt.args"]),
    ("mail and subj|", "subj", ["message.subject"]),
    ("mail.address |", "", ["==", "!=", "contains", "startswith"]),
    ("mail.address st|", "st", ["startswith"]),
    ("mail.address startswith |", "", []),
    ("stage == |", "", ["optneg", "connect", "helo"]),
    ("stage in [mail, r|", "r", ["rcpt"]),
    ("finding >= w|", "w", ["warning"]),
    ("from == |", "", ["mta", "milter"]),
    ("held |", "", ["and", "or"]),
    ("held a|", "a", ["and"]),
    ("held and not he|", "he", ["helo", "header", "held", "helo.name"]),
    ("(held or mar|", "mar", ["marked"]),
    ("mac|ro and x", "mac", ["macro", "macro[\""]),
    ("macro[\"client_a|", "client_a", ["client_addr\"]"]),
    ("message.header[\"Rece|", "Rece", ["Received\"]", "Received-SPF\"]"]),
    ("macro[\"i\"] |", "", ["==", "!="]),
    ("helo.name == \"rcp|", "rcp", []),
    ("body |", "", ["==", "!=", "contains"]),
    ("n in [1, 2] |", "", ["and", "or"]),
    ("screen down 10|", "", []),
  ]

  @Test(arguments: expressions) func whatMayComeInAnExpression(
    _ typed: String, _ part: String, _ first: [String]
  ) {
    let cursor = typed.prefix { $0 != "|" }.utf8.count
    let text = typed.replacing("|", with: "")
    check(Completion.expression(text, at: cursor), text, part, first)
  }

  static let statements: [(String, String, [String])] = [
    ("|", "", ["hold", "forward", "step"]),
    ("re|", "re", ["reject", "reply", "replace-body", "replace-part", "revert", "reorder"]),
    ("reject; ho|", "ho", ["hold"]),
    ("note \"a; b\"; ho|", "ho", ["hold"]),
    ("filter rcpt.ad|", "rcpt.ad", ["rcpt.address"]),
    ("on rcpt and hel|", "hel", ["helo", "held", "helo.name"]),
    ("on rcpt |", "", ["and", "or", "do", "once"]),
    ("on rcpt d|", "d", ["do"]),
    ("on rcpt once |", "", ["do", "once", "once per"]),
    ("on rcpt do |", "", ["hold", "forward"]),
    ("on rcpt do qu|", "qu", ["quarantine"]),
    ("on rcpt do reject; ho|", "ho", ["hold"]),
    ("apply held do acc|", "acc", ["accept"]),
    ("reply 550 \"{rcpt.ad|", "rcpt.ad", ["rcpt.address}"]),
    ("on rcpt do reply 550 5.7.1 \"to {client.|", "client.", ["client.host}", "client.address}"]),
    ("note {|", "", ["from}", "stage}"]), ("note \"{lower(mess|", "mess", ["message.from}"]),
    ("note \"{message.header[\"Rece|", "Rece", ["Received\"]}"]),
    ("note \"{macro[\"client_a|", "client_a", ["client_addr\"]}"]),
    ("note \"{n} |", "", []), ("note \"{su|", "su", ["sub("]),
    ("set mail.|", "mail.", ["mail.address", "mail.args"]),
    ("close m|", "m", ["mta", "milter"]), ("silence m|", "m", ["mta", "milter"]),
    ("extra te|", "te", ["tempfail"]), ("extra add-header X-A {client.a|", "client.a", ["client.address}"]),
    ("progress s|", "s", ["storm"]), ("provoke R0|", "R0", ["R01", "R02"]),
    ("export r|", "r", ["report"]),
    ("export report |", "", ["packet", "message", "marked", "shown", "--redact", "--no-redact"]),
    ("export report ma|", "ma", ["marked"]), ("export report marked --n|", "--n", ["--no-redact"]),
    ("export report marked --redact |", "", []),
    ("bind F5 rej|", "rej", ["reject"]),
    ("rejct |", "", []),
    ("on rcpt once; log |", "", ["do"]),
  ]

  @Test(arguments: statements) func whatMayComeInAStatement(
    _ typed: String, _ part: String, _ first: [String]
  ) {
    let cursor = typed.prefix { $0 != "|" }.utf8.count
    let text = typed.replacing("|", with: "")
    var vocabulary = Completion.Vocabulary()
    vocabulary.formats = [.init("report", "Markdown"), .init("json", "")]
    check(Completion.statement(text, at: cursor, vocabulary: vocabulary), text, part, first)
  }

  private func check(_ completion: Completion, _ text: String, _ part: String, _ first: [String]) {
    #expect(String(decoding: Array(text.utf8)[completion.range], as: UTF8.self) == part)
    #expect(completion.candidates.prefix(first.count).map(\.text) == first)
    if first.isEmpty { #expect(completion.candidates.isEmpty) }
    #expect(completion.candidates.allSatisfy { !$0.text.isEmpty })
  }

  @Test(arguments: [
    ("", "empty", "empty"), ("  ", "empty", "empty"), ("rcpt", "valid", "valid"),
    ("rcp", "incomplete", "valid"), ("rcpt and", "incomplete", "incomplete"),
    ("(rcpt", "incomplete", "incomplete"), ("mail.address == \"x", "incomplete", "incomplete"),
    ("took >", "incomplete", "incomplete"), ("macro[", "incomplete", "incomplete"),
    ("xyz", "wrong", "valid"), ("subject", "wrong", "incomplete"), ("rcpt mail", "wrong", "wrong"),
    ("took > \"x\"", "wrong", "wrong"), ("\"x", "incomplete", "incomplete"),
    ("'x", "incomplete", "incomplete"),
  ])
  func aDraftIsJudgedWhileItIsTyped(_ text: String, _ ofRule: String, _ ofFilter: String) {
    #expect(state(text, isFilter: false) == ofRule)
    #expect(state(text, isFilter: true) == ofFilter)
  }

  private func state(_ text: String, isFilter: Bool) -> String {
    switch Expression.draft(text, isFilter: isFilter) {
    case .empty: "empty"
    case .valid: "valid"
    case .incomplete: "incomplete"
    case .wrong: "wrong"
    }
  }
}
