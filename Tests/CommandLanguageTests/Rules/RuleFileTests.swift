import CommandLanguage
import Testing
import TraceModel

@Suite struct RuleFileTests {
  static let example = """
    # Refuses by hand.
    on mail and mail.address endswith "@example.com" do reply 550 5.7.1 "not allowed here!"   # really

    on rcpt and rcpt.address == "list@example.net"
      and not (message.from in ["a@example.net", "b#c@example.net"])   # a comment between
      do reject
    on bodyeob \\
    do delete-header "X-*"; add-header X-Seen "by # mitmilter"
    set mta postfix
    """

  @Test func aFileIsReadLineByLine() throws {
    let lines = try RuleFile.parse(Array(Self.example.utf8), name: "example")
    #expect(lines.map(\.number) == [2, 4, 7, 9])
    #expect(
      lines.flatMap(\.statements).map(\.text) == [
        "on mail and mail.address endswith \"@example.com\" do reply 550 5.7.1 \"not allowed here!\"",
        "on rcpt and rcpt.address == \"list@example.net\" "
          + "and not message.from in [\"a@example.net\", \"b#c@example.net\"] do reject",
        "on bodyeob do delete-header X-*; add-header X-Seen \"by # mitmilter\"",
        "set mta postfix",
      ])
  }

  @Test func aRuleKnowsItsPlaceWithoutBeingAnother() throws {
    let text = "# one\non mail do reject\n\non rcpt\n  do reject\n"
    let rules = try RuleFile.rules(Array(text.utf8), name: "a.rules")
    #expect(rules.map(\.place) == ["a.rules:2", "a.rules:4"])
    let moved = try RuleFile.rules(Array(("\n" + text).utf8), name: "a.rules")
    #expect(moved == rules)
    #expect(moved.map(\.place) == ["a.rules:3", "a.rules:5"])
  }

  static let mistakes = [
    (
      "on rcpt do reject\n\n# x\non stge do hold\n",
      """
      rules:4:4: unknown term 'stge'
        on stge do hold
           ^^^^ try: on stage do hold
      """
    ),
    (
      "on rcpt\n  and held\n  do rejct # why\n",
      """
      rules:3:6: unknown instruction 'rejct'
          do rejct
             ^^^^^ try: on rcpt   and held   do reject
      """
    ),
    (
      "on rcpt do reject \"x\n",
      """
      rules:1:19: reject takes no more than this
        on rcpt do reject "x
                          ^^ ';' separates instructions
      """
    ),
    (
      "set mta postfix\n",
      """
      rules:1:1: expected a rule
        set mta postfix
        ^^^^^^^^^^^^^^^ on EXPRESSION do INSTRUCTION
      """
    ),
  ]

  @Test(arguments: mistakes) func aMistakeIsNamedByFileLineAndColumn(_ text: String, _ expected: String) {
    do {
      _ = try RuleFile.rules(Array(text.utf8), name: "rules")
      Issue.record("accepted")
    } catch {
      #expect(error.description == expected)
    }
  }

  @Test(arguments: ["", "\n\n", "# only\n", "   \n\t# indented\n", "on rcpt do hold\r\n"])
  func emptyAndForeignLinesAreFine(_ text: String) throws {
    #expect(try RuleFile.rules(Array(text.utf8), name: "x").count == (text.hasPrefix("on") ? 1 : 0))
  }
}

@Suite struct RuleKeyTests {
  @Test func packetsWithTheSameValuesHaveTheSameKey() throws {
    let rule = try Rule(parsing: "on rcpt once per client.address, message.from, rcpt.address do tempfail")
    guard case .oncePer(let key) = rule.frequency else {
      Issue.record("no key")
      return
    }
    let contexts = SamplePlay.shared.contexts
    let values = contexts.filter { [13, 16].contains($0.number) }.map { key.value(in: $0) }
    #expect(
      values.map { String(decoding: $0, as: UTF8.self) } == [
        "9:192.0.2.7,17:alice@example.org,15:bob@example.net,",
        "9:192.0.2.7,17:alice@example.org,15:eve@example.com,",
      ])
  }

  @Test func aRuleGoesByItsNameOrItsText() throws {
    #expect(try Rule(parsing: "on rcpt do hold").label == "on rcpt do hold")
    #expect(try Rule(parsing: "on rcpt named 'stop' do hold").label == "stop")
  }
}
