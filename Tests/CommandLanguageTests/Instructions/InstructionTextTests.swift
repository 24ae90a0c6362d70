import CommandLanguage
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@Suite struct InstructionTextTests {
  @Test(arguments: [
    ("hold", "hold"), ("FORWARD ALL", "forward all"), ("forward", "forward"), ("step", "step"),
    ("delay 1.5s", "delay 1500ms"), ("close mta", "close mta"), ("connfail", "connfail"),
    ("close MTA reset", "close mta reset"), ("close milter after 3", "close milter after 3"),
    ("close milter RESET after 0", "close milter reset after 0"),
    ("progress", "progress"), ("progress storm", "progress storm"), ("progress storm 5", "progress storm 5"),
    ("extra 00 00 00 01 63", "extra 0000000163"), ("extra MTA accept", "extra mta accept"),
    ("extra add-header X-A {client.address}", "extra add-header X-A \"{client.address}\""),
    ("extra reply 550 no", "extra reply 550 \"no\""), ("duplicate", "duplicate"),
    ("truncate 0", "truncate 0"),
    ("shorten 1", "shorten 1"), ("append F0 0f", "append F00F"), ("corrupt 4 5A", "corrupt 4 5A"),
    ("split 3", "split 3"), ("split 3 10ms", "split 3"), ("split 3 2s", "split 3 2s"),
    ("coalesce", "coalesce"), ("reorder", "reorder"), ("silence", "silence"), ("silence mta", "silence mta"),
    ("provoke r02", "provoke R02"),
    ("reply 550 5.7.1 \"not here\"", "reply 550 5.7.1 \"not here\""),
    ("reply 550 \"a\" \"b\"", "reply 550 \"a\" \"b\""), ("reply 451 try later", "reply 451 \"try later\""),
    ("add-header X-Seen \"by mitmilter\"", "add-header X-Seen \"by mitmilter\""),
    ("add-header X-Seen by mitmilter", "add-header X-Seen \"by mitmilter\""),
    ("add-header X-Seen yes", "add-header X-Seen yes"), ("add-header X-Empty ''", "add-header X-Empty \"\""),
    ("insert-header 0 X-A b", "insert-header 0 X-A b"),
    ("change-header Subject[1] x", "change-header Subject x"),
    ("change-header Subject[2] x", "change-header Subject[2] x"),
    ("change-header \"a[b\" x", "change-header \"a[b\" x"), ("delete-header \"X-*\"", "delete-header X-*"),
    ("prefix-header Subject '[x] '", "prefix-header Subject \"[x] \""),
    ("delete-header X-*[3]", "delete-header X-*[3]"), ("add-rcpt <a@b>", "add-rcpt <a@b>"),
    ("add-rcpt a@b NOTIFY=NEVER ORCPT=x", "add-rcpt a@b \"NOTIFY=NEVER ORCPT=x\""),
    ("change-from <>", "change-from <>"), ("replace-body @new-body.txt", "replace-body @new-body.txt"),
    ("replace-body @'new body.txt'", "replace-body @\"new body.txt\""),
    ("replace-body \"line\\r\\n\"", "replace-body \"line\\r\\n\""),
    ("quarantine looks odd", "quarantine \"looks odd\""),
    ("delete-part 2", "delete-part 2"), ("defang NAME *.exe", "defang name \"*.exe\""),
    ("delete-part type application/*", "delete-part type \"application/*\""),
    (
      "replace-part NAME '*.exe' removed: {part.name}", "replace-part name \"*.exe\" \"removed: {part.name}\""
    ), ("replace-part 2 @x", "replace-part 2 @x"),
    ("set mail.address <a@b>", "set mail.address <a@b>"), ("set macro[\"{i}\"] ABC", "set macro[\"i\"] ABC"),
    ("set Header.Value two words", "set header.value \"two words\""), ("set mta postfix", "set mta postfix"),
    ("raw 00 00 00 01 63", "raw 0000000163"), ("note hello; mark", "note \"hello\"; mark"),
    ("filter", "filter"), ("filter RCPT && held", "filter rcpt and held"),
    ("search 550 5.7.1", "search \"550 5.7.1\""),
    ("goto 12", "goto 12"), ("export report \"my bug.md\"", "export report \"my bug.md\""),
    ("export Report", "export report"), ("export html MARKED x.html", "export html marked x.html"),
    ("export trace shown --redact ~/a.mtrace", "export trace shown --redact ~/a.mtrace"),
    ("export report --no-redact", "export report --no-redact"),
    ("export json 'shown'", "export json \"shown\""),
    ("export json packet '--redact'", "export json packet \"--redact\""),
    ("rules", "rules"), ("rules off", "rules off"), ("rule 2 delete", "rule 2 delete"),
    ("bind F5 reject; step", "bind F5 reject; step"), ("unbind ';'", "unbind \";\""),
    ("screen down 10", "screen down 10"), ("edit", "edit"), ("quit", "quit"),
    ("apply held do accept", "apply held do accept"),
    ("on rcpt do reject; note x", "on rcpt do reject; note \"x\""), ("on rcpt log", "on rcpt log"),
    ("on mail every 3 log off named greedy do hold", "on mail named \"greedy\" every 3 log off do hold"),
    ("on rcpt once do hold", "on rcpt once do hold"),
    (
      "on rcpt count 20 per client.address,message.from over 600s do tempfail",
      "on rcpt count 20 per client.address, message.from over 10m do tempfail"
    ),
    (
      "on rcpt once per client.address,message.from, rcpt.address do tempfail",
      "on rcpt once per client.address, message.from, rcpt.address do tempfail"
    ),
    (
      "on bodyeob do delete-header \"X-*\"; add-header X-Seen \"by mitmilter\";",
      "on bodyeob do delete-header X-*; add-header X-Seen \"by mitmilter\""
    ),
  ])
  func aLinePrintsInOneForm(_ typed: String, _ printed: String) throws {
    let statements = try Statement.parse(typed)
    #expect(statements.map(\.text).joined(separator: "; ") == printed)
    #expect(try Statement.parse(printed) == statements)
  }

  @Test(arguments: InstructionTerm.table) func theTablesExamplesParse(_ term: InstructionTerm) throws {
    let statements = try Statement.parse(term.example)
    #expect(statements.count == 1)
    #expect(statements[0].text.hasPrefix(term.word.rawValue))
    #expect(term.syntax.hasPrefix(term.word.rawValue))
  }

  @Test(arguments: InstructionWord.allCases) func everyWordHasItsRow(_ word: InstructionWord) {
    #expect(InstructionTerm.table.filter { $0.word == word }.count == 1)
  }

  @Test(arguments: Term.table) func theTermsExamplesUseThem(_ term: Term) throws {
    let expression = try Expression(parsing: term.example)
    #expect(expression.fields.contains { $0.term == term } || term.name == "text")
  }

  @Test(arguments: 0..<2000) func anInstructionPrintsAsTextThatParsesToIt(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let instruction = generator.instruction()
    #expect(try Instruction(parsing: instruction.text) == instruction, "\(instruction.text)")
  }

  static let mistakes: [(String, String)] = [
    (
      "rejct",
      """
      unknown instruction 'rejct'
        rejct
        ^^^^^ try: reject
      """
    ),
    (
      "hold it",
      """
      hold takes no more than this
        hold it
             ^^ ';' separates instructions
      """
    ),
    (
      "reject; hodl",
      """
      unknown instruction 'hodl'
        reject; hodl
                ^^^^ try: reject; hold
      """
    ),
    (
      "reply 250 \"ok\"",
      """
      the reply code is 400 to 599, not 250: MTAs take nothing else from a milter
        reply 250 "ok"
              ^^^^^^^^
      """
    ),
    (
      "reply 550 4.7.1 \"no\"",
      """
      status 4.7.1 does not fit code 550: Postfix wants the same first digit
        reply 550 4.7.1 "no"
              ^^^^^^^^^^^^^^
      """
    ),
    (
      "reply 550",
      """
      a reply needs a text in quotes
        reply 550
              ^^^
      """
    ),
    (
      "reply not here",
      """
      expected a code such as 550, not 'not'
        reply not here
              ^^^
      """
    ),
    (
      "add-header X-Seen",
      """
      expected a value here
        add-header X-Seen
                         ^
      """
    ),
    (
      "add-header X-Seen: yes",
      """
      the name goes without its colon
        add-header X-Seen: yes
                   ^^^^^^^
      """
    ),
    (
      "change-header Subject[0] x",
      """
      expected an index from 1
        change-header Subject[0] x
                             ^^^
      """
    ),
    (
      "insert-header first X-A b",
      """
      expected an index from 0 to 4294967295, not 'first'
        insert-header first X-A b
                      ^^^^^
      """
    ),
    (
      "set mail.adress <a@b>",
      """
      unknown field 'mail.adress'
        set mail.adress <a@b>
            ^^^^^^^^^^^ try: set mail.address <a@b>
      """
    ),
    (
      "set client.port 99999",
      """
      client.port is a number from 0 to 65535
        set client.port 99999
                        ^^^^^
      """
    ),
    (
      "raw 0g",
      """
      expected pairs of hexadecimal digits
        raw 0g
            ^^
      """
    ),
    (
      "extra hold",
      """
      extra takes a frame in hexadecimal, a verdict, or a modification
        extra hold
              ^^^^ such as extra 00 00 00 01 63, extra continue, extra add-header X-Early yes
      """
    ),
    (
      "provoke R99",
      """
      there is no rule 'R99'
        provoke R99
                ^^^ mitmilter help findings lists them; try: provoke R09
      """
    ),
    (
      "split 1",
      """
      expected a number of pieces from 2 to 1000, not '1'
        split 1
              ^
      """
    ),
    (
      "raw 000000",
      """
      a frame begins with its 4 bytes of length
        raw 000000
            ^^^^^^
      """
    ),
    (
      "delay 5",
      """
      expected a duration such as 5s, not '5'
        delay 5
              ^
      """
    ),
    (
      "close client",
      """
      expected mta or milter, not 'client'
        close client
              ^^^^^^
      """
    ),
    (
      "filter stge == rcpt",
      """
      unknown term 'stge'
        filter stge == rcpt
               ^^^^ try: filter stage == rcpt
      """
    ),
    (
      "on rcpt reject",
      """
      expected 'and', 'or', 'do', or an option of the rule
        on rcpt reject
                ^^^^^^ options are named, once, every, count, log, off
      """
    ),
    (
      "on rcpt",
      """
      expected 'do' here
        on rcpt
               ^
      """
    ),
    (
      "on rcpt do quit",
      """
      quit is not for packets: it cannot stand here
        on rcpt do quit
                   ^^^^
      """
    ),
    (
      "on rcpt and mail.address == \"a\" do reject",
      """
      no packet can match this
        on rcpt and mail.address == "a" do reject
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ its terms are never there together
      """
    ),
    (
      "on connect do add-header X-A b",
      """
      add-header makes no sense for the packets of this rule
        on connect do add-header X-A b
                      ^^^^^^^^^^ a modification is for a message, from MAIL on
      """
    ),
    (
      "on abort do reject",
      """
      reject makes no sense for the packets of this rule
        on abort do reject
                    ^^^^^^ a verdict answers a command, or takes the place of one
      """
    ),
    (
      "on rcpt do set mail.address <a@b>",
      """
      set makes no sense for the packets of this rule
        on rcpt do set mail.address <a@b>
                   ^^^ they have no mail.address
      """
    ),
    (
      "on rcpt once per mail.address do tempfail",
      """
      mail.address is never there on packets that match
        on rcpt once per mail.address do tempfail
                         ^^^^^^^^^^^^ it is on MAIL, the reply to it, CHGFROM; macros where the milter declined MAIL
      """
    ),
    (
      "on rcpt once every 3 do hold",
      """
      a rule is either once or every so often
        on rcpt once every 3 do hold
                     ^^^^^
      """
    ),
    (
      "on rcpt count 3 per client.address do hold",
      """
      expected 'over' and a duration such as 10m here
        on rcpt count 3 per client.address do hold
                                           ^
      """
    ),
    (
      "add-header X-A \"a\\0b\"",
      """
      a NUL ends the string on the wire
        add-header X-A "a\\0b"
                       ^^^^^^ raw can send one
      """
    ),
  ]

  @Test(arguments: mistakes) func aMistakeIsNamedWhereItIs(_ text: String, _ expected: String) {
    do {
      let statements = try Statement.parse(text)
      Issue.record("parsed as \(statements.map(\.text))")
    } catch {
      #expect(error.description == expected)
    }
  }
}
