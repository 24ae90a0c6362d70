import CommandLanguage
import TestSupport
import Testing

@Suite struct PlainWordsTests {
  /// A filter, and what it says as it would stand in a rule.
  static let readings: [(String, String)] = [
    ("bob", "\"bob\""), ("rcptt", "\"rcptt\""), ("@example.net", "\"@example.net\""),
    ("<bob@example.net>", "\"bob@example.net\""), ("<>", "\"<>\""), ("'bob'", "\"bob\""),
    ("not bob", "not \"bob\""), ("!bob", "not \"bob\""), ("bob and rcpt", "\"bob\" and rcpt"),
    ("(bob or alice@example.org) and reply", "(\"bob\" or \"alice@example.org\") and reply"),
    ("550", "reply.code == 550"), ("421", "reply.code == 421"), ("5xx", "reply.code in 500..599"),
    ("4XX", "reply.code in 400..499"), ("250", "\"250\""), ("5.7.1", "\"5.7.1\""), ("1200", "\"1200\""),
    ("192.0.2.7", "\"192.0.2.7\""), ("192.0.2.0/24", "client.address in 192.0.2.0/24"),
    ("Subject:", "header.name == \"Subject\""), ("X-Spam-Score:", "header.name == \"X-Spam-Score\""),
    ("reject", "reject"), ("rcpt", "rcpt"), ("naïve", "\"naïve\""), ("4XyZ1234ab", "\"4XyZ1234ab\""),
    ("subject contains invoice", "message.subject contains \"invoice\""),
    ("subject ~ (in|out)voice$", "message.subject ~ \"(in|out)voice$\""),
    ("(rcpt.address ~ @example\\.net$)", "rcpt.address ~ \"@example\\.net$\""),
    ("sender == bob@example.net", "message.from == \"bob@example.net\""),
    ("from == bob@example.net", "message.from == \"bob@example.net\""),
    ("from contains bob", "message.from contains \"bob\""), ("from == milter", "from == milter"),
    ("from in [mta, milter]", "from in [mta, milter]"),
    ("to == <bob@example.net>", "message.rcpts == \"<bob@example.net>\""),
    ("id == 4XyZ1234ab", "queue == \"4XyZ1234ab\""), ("size > 5 MB", "message.size > 5MB"),
    ("ip in 192.0.2.0/24", "client.address in 192.0.2.0/24"),
    ("ip == 192.0.2.7", "client.address == 192.0.2.7"),
    ("took > 500 ms", "took > 500ms"), ("took>500ms", "took > 500ms"),
    ("rcpt.address == bob@example.net", "rcpt.address == \"bob@example.net\""),
    (
      "rcpt.address in [a@example.net, 'b@example.net']",
      "rcpt.address in [\"a@example.net\", \"b@example.net\"]"
    ),
    ("macro[i] == 4XyZ", "macro[\"i\"] == \"4XyZ\""), ("macro[{auth_authen}]", "macro[\"auth_authen\"]"),
    ("message.header[X-Spam] contains yes", "message.header[\"X-Spam\"] contains \"yes\""),
    ("finding == r02", "finding == \"R02\""), ("finding >= warning", "finding >= warning"),
    ("time >= 12:04", "time >= 12:04"),
  ]

  @Test(arguments: readings) func aFilterTakesWordsOfMail(_ filter: String, _ meaning: String) throws {
    let expression = try Expression(filter: filter)
    #expect(expression.text == meaning)
    #expect(try Expression(parsing: meaning) == expression)
    #expect(try Expression(filter: meaning) == expression)
  }

  /// What stands in a rule says the same in a filter.
  @Test(arguments: 0..<2000) func aFilterReadsWhatARuleReads(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let text = generator.expression().text
    do throws(SyntaxError) {
      #expect(try Expression(filter: text) == Expression(parsing: text), "\(text)")
    } catch {
      #expect(error.message == "'from' says nothing alone", "\(text)")
    }
  }

  /// Wrong in a filter: what to paste instead.
  static let corrections: [(String, String)] = [
    ("bob smith", "\"bob smith\""), ("no such user", "\"no such user\""), ("rcpt mail", "rcpt and mail"),
    ("stge == rcpt", "stage == rcpt"), ("rcpt.address = bob", "rcpt.address == bob"),
    ("subject =~ invoice", "subject ~ invoice"),
    ("rcpt == bob@example.net", "rcpt.address == bob@example.net"),
    ("reply == 550", "reply.code == 550"), ("reply ~ greylist", "reply.text ~ greylist"),
    ("header contains spam", "header.value contains spam"),
    ("header[\"X-Spam\"]", "message.header[\"X-Spam\"]"),
    ("code == 550", "reply.code == 550"), ("took > 500", "took > 500ms"),
    ("X-Spam-Score > 5", "message.header[\"X-Spam-Score\"] == 5"),
    ("{client_addr} == 192.0.2.7", "macro[\"client_addr\"] == 192.0.2.7"),
    ("auth_authen == bob", "macro[\"auth_authen\"] == bob"),
    ("subject", "subject contains \"invoice\""), ("rcpt and", "rcpt"), ("rcpt and and mail", "rcpt and mail"),
    ("(bob", "(bob)"),
    ("bob)", "bob"), ("rcpt & mail | bob", "rcpt && mail || bob"), ("macro == x", "macro[\"i\"] == x"),
    ("held == true", "held"), ("held != true", "not held"), ("\"bob", "\"bob\""), ("'bob", "'bob'"),
    ("finding >= R02", "finding == R02"), ("finding >= warn", "finding >= warning"), ("n in 5", "n in [5]"),
    ("n in 9..5", "n in 5..9"), ("n in [1 2", "n in [1, 2]"), ("stage == eom", "stage == bodyeob"),
    ("message.size > \"5MB\"", "message.size > 5MB"),
    ("rcpt.address >", "rcpt.address == \"bob@example.net\""),
    ("subject ~ \"a(b\"", "subject ~ \"a\\(b\""), ("subject ~ (a", "subject ~ \\(a"),
    ("subject == \"a\\.b\"", "subject == \"a\\\\.b\""), ("rcpt;", "rcpt"),
  ]

  @Test(arguments: corrections) func aMistakeComesWithTheFilterThatWasMeant(_ filter: String, _ meant: String)
    throws
  {
    do throws(SyntaxError) {
      let expression = try Expression(filter: filter)
      Issue.record("read as \(expression.text)")
    } catch {
      #expect(error.correction == meant)
      #expect(error.advice?.hasSuffix("try: \(meant)") == true)
      _ = try Expression(filter: meant)
    }
  }

  /// A rule acts on mail: what is none of its words is an error, with the rule that was probably meant.
  static let rules: [(String, String)] = [
    ("on bob do reject", "on \"bob\" do reject"),
    ("on @example.net do reject", "on \"@example.net\" do reject"),
    ("on rcptt do reject", "on rcpt do reject"),
    ("on rcpt.address == bob@example.net do reject", "on rcpt.address == \"bob@example.net\" do reject"),
    ("on from == bob@example.net do reject", "on message.from == \"bob@example.net\" do reject"),
    ("on subject contains invoice do mark", "on message.subject contains \"invoice\" do mark"),
    ("on 550 do mark", "on reply.code == 550 do mark"), ("on rcpt od reject", "on rcpt do reject"),
    ("on rcpt do rejct", "on rcpt do reject"), ("apply bob do mark", "apply \"bob\" do mark"),
    ("on macro[i] do mark", "on macro[\"i\"] do mark"), ("on (rcpt do reject", "on (rcpt) do reject"),
    ("on took > do mark", "on took > 500ms do mark"),
  ]

  @Test(arguments: rules) func aRuleIsStrictAndSaysWhatWasMeant(_ rule: String, _ meant: String) throws {
    do throws(SyntaxError) {
      _ = try Statement.parse(rule)
      Issue.record("it was taken")
    } catch {
      #expect(error.correction == meant)
      _ = try Statement.parse(meant)
    }
  }

  @Test func aFilterAmongStatementsTakesPlainWords() throws {
    #expect(try Statement.parse("filter bob; goto 5").count == 2)
    #expect(try Statement.parse("bind x filter @example.net").count == 1)
    #expect(throws: SyntaxError.self) { try Statement.parse("filter bob; on bob do mark") }
  }

  @Test func whatIsLookedForAsTextIsSaidWithTheTermThatItResembles() throws {
    #expect(Expression.plainReading(of: "rcptt") == "\"rcptt\"")
    #expect(Expression.plainReading(of: "rcpt") == nil)
    #expect(Expression.plainReading(of: "\"rcptt\"") == nil)
    #expect(try Expression(filter: "mail and not rcptt").misspelledTerm == "rcpt")
    #expect(try Expression(filter: "bob").misspelledTerm == nil)
  }

  /// Whatever is typed is read or refused, and a correction holds.
  @Test(arguments: 0..<3000) func aCorrectionHolds(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let pieces = [
      "rcpt", "and", "or", "not", "(", ")", "==", "=", "~", ">", "bob", "550", "\"x\"", "'y", "[", "]", ",",
      "macro",
      "from", "subject", "in", "5MB", "@a", "contains", "finding", "stage", "header", ";", "<", "&", "\\",
      "§",
    ]
    let text = (0..<Int.random(in: 1...7, using: &generator)).map { _ in
      pieces.randomElement(using: &generator) ?? ""
    }.joined(separator: Bool.random(using: &generator) ? " " : "")
    do throws(SyntaxError) { _ = try Expression(filter: text) } catch {
      if let correction = error.correction { _ = try Expression(filter: correction) }
    }
    do throws(SyntaxError) { _ = try Expression(parsing: text) } catch {
      if let correction = error.correction { _ = try Expression(parsing: correction) }
    }
  }
}
