import CommandLanguage
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct ValuedTextTests {
  /// What an instruction comes to for the packet of that number of ``SamplePlay``.
  private func filled(_ text: String, at number: Int) throws -> String {
    var effort = SearchEffort.ofFilter
    return try Instruction(parsing: text).filled(in: Self.context(number), &effort).text
  }

  private static func context(_ number: Int) -> some PacketContext {
    SamplePlay.shared.contexts[number - 1]
  }

  @Test(arguments: [
    (13, "add-header X-Client \"{client.address}\"", "add-header X-Client 192.0.2.7"),
    (13, "add-header X-Client {client.address}", "add-header X-Client 192.0.2.7"),
    (13, "reply 550 5.7.1 \"{rcpt.address} is unknown\"", "reply 550 5.7.1 \"bob@example.net is unknown\""),
    (14, "reply 550 \"{rcpt.address}\"", "reply 550 \"bob@example.net\""),
    (
      26, "quarantine \"about {message.header[\"subject\"]}, {message.nrcpts}\"",
      "quarantine \"about A Test of folding, 1\""
    ),
    (
      26, "change-header Subject \"[ext] {message.subject}\"",
      "change-header Subject \"[ext] A Test of folding\""
    ),
    (
      26, "note \"{message.from} {macro[\"i\"]} {stage} {from}\"",
      "note \"Alice@example.org 4XyZ bodyeob mta\""
    ),
    (17, "note \"{n} {reply.code} {stage}\"", "note \"17 550 rcpt\""),
    (4, "note \"{sub(time, /:.*/, \"\")} {sub(took, /./, \"\")}\"", "note \"2026-05-01T12 \""),
    (
      10, "set mail.args \"{mail.args} X={helo.name}\"",
      "set mail.args \"SIZE=1820 BODY=8BITMIME X=Mail.Example.Org\""
    ),
    (
      13, "add-rcpt <a@b> \"ORCPT=rfc822;{lower(message.from)} X={message.header[\"none\"]}\"",
      "add-rcpt <a@b> \"ORCPT=rfc822;alice@example.org X=\""
    ),
    (26, "add-rcpt <a@b> \"X={message.subject}\"", "add-rcpt <a@b> \"X=A+20Test+20of+20folding\""),
    (26, "change-from <{message.from}>", "change-from <Alice@example.org>"),
    (26, "delete-rcpt {sub(message.from, /@.*/, \"@example.net\")}", "delete-rcpt Alice@example.net"),
    (26, "note {sub(lower(message.subject), /^a |o/, '0;0')}", "note \"0;0test 0;0f f0;0lding\""),
    (26, "note {lower(sub(message.subject, /\\s+/, \"_\"))}", "note \"a_test_of_folding\""),
    (4, "note \"{rcpt.address}{message.from}{held}\"", "note \"{held}\""),
    (
      13, "replace-body \"{{client.address} {{{client.address} {\"",
      "replace-body \"{client.address} {192.0.2.7 {\""
    ),
    (
      13, "add-header X-A \"{{ {x} {i} {client.adress} {} {message.header} }}\"",
      "add-header X-A \"{{ {x} {i} {client.adress} {} {message.header} }}\""
    ),
  ]) func aTextNamesValues(_ packet: Int, _ typed: String, _ expected: String) throws {
    let filled = try filled(typed, at: packet)
    #expect(filled == expected)
  }

  /// As it is typed, and as it is printed.
  @Test(arguments: [
    ("note \"a {Client.Address} b\"", "note \"a {client.address} b\""),
    ("note 'a {message.header['X']} b'", "note \"a {message.header[\"X\"]} b\""),
    ("note \"{message.header[\\\"X\\\"]}\"", "note \"{message.header[\"X\"]}\""),
    (
      "note {sub( message.subject , /a\\/\"b/ , ';' )} c; mark",
      "note \"{sub(message.subject, /a\\/\"b/, \";\")} c\"; mark"
    ),
    ("add-header X {client.address}", "add-header X \"{client.address}\""),
    (
      "add-rcpt {sub(message.from, /a b/, \"c\")} \"x={n}\"",
      "add-rcpt \"{sub(message.from, /a b/, \"c\")}\" \"x={n}\""
    ),
    ("note \"{{message.header['X']} {no} \\\"{\"", "note \"{{message.header['X']} {no} \\\"{\""),
    ("note \"\\x7Bclient.address}\"", "note \"{client.address}\""),
    ("note {{n}", "note \"{{n}\""),
  ]) func aValuePrintsInOneForm(_ typed: String, _ printed: String) throws {
    let statements = try Statement.parse(typed)
    #expect(statements.map(\.text).joined(separator: "; ") == printed)
    #expect(try Statement.parse(printed) == statements)
  }

  @Test func aCommentDoesNotBeginWithinAValue() throws {
    let text = "on bodyeob do add-header X \"{message.header[\"a # b\"]}\" # a comment"
    let rules = try RuleFile.rules(Array(text.utf8), name: "")
    #expect(rules.map(\.text) == ["on bodyeob do add-header X \"{message.header[\"a # b\"]}\""])
  }

  @Test func aRuleWhosePacketsNeverHaveAValueIsRefused() {
    do {
      _ = try Rule(parsing: "on helo do reply 550 \"{rcpt.address}\"")
      Issue.record("taken")
    } catch {
      #expect(
        error.description == """
          {rcpt.address} is never there on packets that match
            on helo do reply 550 "{rcpt.address}"
                       ^^^^^ it is on RCPT, the reply to it, ADDRCPT, DELRCPT; macros where the milter declined RCPT; {{ is a brace
          """)
    }
  }

  @Test(arguments: [
    ("{client.adress}", "did you mean {client.address}?"),
    ("{message.sbject}", "did you mean {message.subject}?"),
    ("{message.header}", "written {message.header[\"…\"]}"),
    ("{client_addr}", "the macro is {macro[\"client_addr\"]}"), ("{rcpt}", "rcpt is yes or no, and no text"),
    ("{sub(message.subject, \"a\", \"b\")}", "written {sub(TERM, /PATTERN/, \"TEXT\")}"),
    ("{helo.fqdn}", "there are {helo.name}"),
  ]) func aLiteralThatLooksLikeATermIsDoubted(_ text: String, _ hint: String) throws {
    let rule = try Rule(parsing: "on bodyeob do note \(Quoting.string(Array("x \(text) y".utf8)))")
    #expect(rule.doubts == ["\(text) names no value and goes out as it stands: \(hint)"])
  }

  @Test(arguments: [
    "{}", "{ color: red }", "{x}", "{{client.address}", "{client.address}", "a { b", "{nothing like it}",
  ])
  func otherBracesAreNot(_ text: String) throws {
    #expect(try Rule(parsing: "on bodyeob do note \(Quoting.string(Array(text.utf8)))").doubts == [])
  }

  @Test(arguments: 0..<500) func whatIsMeantAsItStandsComesOutAsItStands(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let pieces = [
      "{", "}", "{client.address}", "{message.header['X']}", "{sub(n, /a\\/b/, \"\\x01\")}", "\"", "\\", "x",
    ]
    let text = (0..<Int.random(in: 0...8, using: &generator)).map { _ in generator.element(of: pieces) }
      .joined()
    let instruction = Instruction.note(text)
    var effort = SearchEffort.ofFilter
    let spelled = instruction.asItStands
    #expect(try spelled.filled(in: Self.context(13), &effort) == instruction)
    #expect(try Instruction(parsing: spelled.text) == spelled)
    #expect(
      try Instruction(parsing: instruction.text).filled(in: Self.context(13), &effort).text
        == instruction.filled(in: Self.context(13), &effort).text)
  }

  // MARK: - What a value must not do

  /// A mail whose Subject is that.
  private static func context(subject: [UInt8]) -> some PacketContext {
    var play = Recording()
    play.ask(MTA.mail("<a@example.org>"), MTA.rcpt("<b@example.net>"))
    play.ask(Packet(encoding: Command.header(Header(name: Array("Subject".utf8), value: subject))))
    var facts = SessionFacts()
    var last: FactsContext?
    for record in play.records {
      let placement = facts.apply(record)
      guard case .received(let received) = record.event, let placement else { continue }
      last = FactsContext(
        received.packet, number: received.number, at: record.time, connection: 1, placement: placement,
        facts: facts)
    }
    return last ?? SamplePlay.shared.contexts[0]
  }

  @Test(arguments: [
    ("grüße", "=?UTF-8?B?Z3LDvMOfZQ==?="), ("a grüße ß b", "a =?UTF-8?B?Z3LDvMOfZSDDnw==?= b"),
    ("\u{7F}", "=?UTF-8?B?fw==?="), ("plain =?utf-8?q?=C3=9F?=", "plain =?utf-8?q?=C3=9F?="),
    ("one\n two\r\n\tthree", "one two\tthree"),
  ]) func whatIsNotASCIIIsEncodedInAHeader(_ subject: String, _ expected: String) throws {
    var effort = SearchEffort.ofFilter
    let instruction = try Instruction(parsing: "add-header X-Was \"{message.subject}\"")
      .filled(in: Self.context(subject: Array(subject.utf8)), &effort)
    #expect(
      instruction == .change(.addHeader(Header(name: Array("X-Was".utf8), value: Array(expected.utf8)))))
  }

  @Test func aLongHeaderIsFolded() throws {
    var effort = SearchEffort.ofFilter
    let subject = Array(repeating: "words", count: 30).joined(separator: " ")
    let instruction = try Instruction(parsing: "add-header X-Was \"{message.subject} ß\"")
      .filled(in: Self.context(subject: Array(subject.utf8)), &effort)
    let value = try #require(instruction.texts.first)
    let lines = ("X-Was: " + String(decoding: value, as: UTF8.self)).split(separator: "\n")
    #expect(lines.allSatisfy { $0.utf8.count <= 78 } && lines.count == 3)
    #expect(lines.joined() == "X-Was: \(subject) ß")
  }

  @Test(arguments: 0..<1000) func noValueAddsALine(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let bytes: [UInt8] = (0..<Int.random(in: 0...120, using: &generator)).map { _ in
      generator.element(of: [
        0x0A, 0x0D, 0x20, 0x09, 0x3A, 0x41, 0x5A, 0xC3, 0x9F, 0x22, 0x3C, 0x3E, 0x25, 0x01,
      ])
    }
    let context = Self.context(subject: bytes)
    for text in [
      "add-header X \"a {message.subject} b\"", "reply 550 \"a {message.subject}\"",
      "quarantine \"{message.subject}\"", "add-rcpt \"<{message.subject}>\" \"A={message.subject}\"",
      "set helo.name \"{message.subject}\"",
    ] {
      var effort = SearchEffort.ofFilter
      guard let filled = try? Instruction(parsing: text).filled(in: context, &effort) else { continue }
      for value in filled.texts {
        #expect(!value.contains(0x0D) && !value.contains(0))
        for (index, byte) in value.enumerated() where byte == 0x0A {
          #expect(index + 1 < value.count && (value[index + 1] == 0x20 || value[index + 1] == 0x09))
        }
      }
      if case .change(.addRcpt(let address, let words?)) = filled {
        #expect(
          address.contains(0x22) || !address.dropFirst().dropLast().contains { $0 == 0x3C || $0 == 0x3E })
        #expect(words.allSatisfy { $0 > 0x20 && $0 < 0x7F })
      }
    }
  }

  @Test(arguments: [
    ("add-header X \"{message.subject}\"", "the value of {message.subject} has a line end or NUL in it"),
    ("add-rcpt \"{message.subject}\"", "the value of {message.subject} has a line end or NUL in it"),
    ("add-rcpt {message.header[\"none\"]}", "the address is empty: the null address is <>"),
    (
      "add-rcpt \"{sub(message.subject, /\\n/, \" \")}\"",
      "the value of {sub(message.subject, /\\n/, \" \")} is no address: 'a b'"
    ),
  ]) func aValueThatDoesNotFitIsRefused(_ text: String, _ reason: String) throws {
    var effort = SearchEffort.ofFilter
    let context = Self.context(subject: Array("a\nb".utf8))
    let instruction = try Instruction(parsing: text)
    do throws(Refusal) {
      Issue.record("taken as \(try instruction.filled(in: context, &effort).text)")
    } catch {
      #expect(error.reason == reason)
    }
  }

  @Test func aReplyIsNotRefusedButCleanedAndCut() throws {
    var effort = SearchEffort.ofFilter
    let long = Array("a\nb".utf8) + [UInt8](repeating: UInt8(ascii: "%"), count: 2000)
    let filled = try Instruction(parsing: "reply 550 \"{message.subject}\"").filled(
      in: Self.context(subject: long), &effort)
    let line = try #require(filled.texts.first)
    #expect(line.starts(with: "a?b%%".utf8))
    // Each `%` is sent twice.
    #expect((480...490).contains(line.count))
  }

  @Test func aFilesContentsGoOutAsTheyStand() throws {
    let instruction = Instruction.change(.replaceBody(.file("new.txt")))
    #expect(instruction.files == ["new.txt"])
    #expect(instruction.inlining([:]) == nil)
    #expect(Instruction.hold.inlining([:]) == .hold)
    let contents = Array("from {client.address}".utf8)
    var effort = SearchEffort.ofFilter
    let filled = try instruction.inlining(["new.txt": contents])?.filled(in: Self.context(13), &effort)
    #expect(filled == .change(.replaceBody(.text(contents))))
  }
}
