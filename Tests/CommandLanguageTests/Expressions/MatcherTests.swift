import CommandLanguage
import MilterProtocol
import Testing
import Timeline
import TraceModel

@Suite struct MatcherTests {
  static let examples = Term.table.map(\.example)

  static let rows: [(String, [Int])] = [
    ("command and reply", []),
    ("rcpt", [13, 16]),
    ("RCPT or Helo", [7, 13, 16]),
    ("reply and stage == rcpt", [14, 17]),
    ("stage in [connect, helo] and not macro", [4, 5, 7, 8]),
    ("stage != rcpt and verdict", [5, 8, 11, 19, 21, 23, 25, 31]),
    ("optneg", [1, 2]),
    ("modification", [27, 28, 29, 30]),
    ("verdict && !continue", [17, 31]),
    ("refusal", [17]), ("verdict and not refusal and stage == rcpt", [14]),
    ("macro or quit", [3, 6, 9, 12, 15, 35]),
    ("unknown", [33]),
    ("held", [17]),
    ("marked or injected", [27, 34]),
    ("not (command or continue or held)", [2, 27, 28, 29, 30, 31]),
    ("from == milter and not verdict", [2, 27, 28, 29, 30]),
    ("conn == 7 and n in 1..3", [1, 2, 3]),
    ("conn != 7", []),
    ("n in [4, 30..40, 7]", [4, 7, 30, 31, 32, 33, 34, 35]),
    ("n < 3 or n >= 34", [1, 2, 34, 35]),
    ("msg == 1 and n > 28", [29, 30, 31, 32]),
    ("len == 5 and command", [22, 26, 32, 35]),
    ("took > 500ms", [17]),
    ("took in 1s..2s", [17]),
    ("took and took < 10ms and stage == mail", [11]),
    ("time < 5ms", [1, 2, 3]),
    ("time >= 14:00:01", [17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35]),
    ("time == 12:00", []),
    (
      "time == 14:00",
      [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
        29, 30, 31, 32, 33, 34, 35,
      ]
    ),
    ("time in 23:00..01:00", []),
    ("time in 13:00..15:00 and quit", [35]),
    (
      "time >= 2026-05-01T12:00:01Z",
      [17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35]
    ),
    ("time >= 2026-05-01T12:00:01+02:00 and optneg", [1, 2]),
    ("time == 2026-05-01 and quit", [35]),
    ("code == \"y\"", [17]),
    ("code == \"Z\"", [34]),
    ("finding", [27, 31]),
    ("finding >= warning", [27]),
    ("finding == note", [31]),
    ("finding == \"r02\"", [27]),
    ("finding startswith \"F\"", [31]),
    ("finding in [\"X01\", \"F01\"]", [31]),
    ("finding != \"R02\"", [31]),
    ("mail.address == \"alice@EXAMPLE.org\"", [10, 11]),
    ("mail.address == \"<alice@example.org>\"", [10, 11]),
    ("mail.address endswith \"@example.org\"", [10, 11]),
    ("mail.address endswith \"@example.org>\"", [10, 11]),
    ("mail.address startswith \"<alice\"", [10, 11]),
    ("mail.address contains \"EXAMPLE\"", [10, 11]),
    ("mail.address != \"bob@example.org\"", [10, 11]),
    ("mail.address", [10, 11]),
    ("mail.args == \"size=1820\"", [10, 11]),
    ("mail.args != \"SIZE=1\"", [10, 11]),
    ("rcpt and rcpt.address ~ \"@example\\.net$\"", [13]),
    ("rcpt.address ~ \"^bob@\"", [13, 14, 29]),
    ("rcpt.address ~ \"(?-i)^BOB@\"", []),
    ("rcpt.address in [\"<eve@example.com>\", \"x@y\"]", [16, 17]),
    ("rcpt.args contains \"never\"", [13]),
    ("helo.name == \"mail.example.org\" and helo", [7]),
    ("client.host endswith \".org\" and mail", [10]),
    ("client.address in 192.0.2.0/24 and mail", [10]),
    ("client.address in [10.0.0.0/8, \"192.0.2.7\"] and mail", [10]),
    ("client.address == \"::ffff:192.0.2.7\" and mail", [10]),
    ("client.address != 192.0.2.7 and mail", []),
    ("client.port > 1024 and mail", [10]),
    ("macro[\"client_addr\"] in 2001:db8::/32 and mail", [10]),
    ("macro[\"{client_addr}\"] == 2001:db8:0::7 and mail", [10]),
    ("macro[\"i\"] == \"4XyZ\" and not reply", [12, 13, 15, 16, 18, 20, 22, 24, 26, 32, 33, 34]),
    ("macro[\"nope\"]", []),
    ("queue == \"4xyz\" and verdict", [14, 17, 19, 21, 23, 25, 31]),
    ("header.name == \"subject\"", [20]),
    ("header.value contains \"a test\"", [20]),
    ("header.value ~ \"test.*folding$\"", [20]),
    ("header.name startswith \"X-\"", [27, 28]),
    ("header.index == 2", [28]),
    ("chgheader and header.value == \"\"", [28]),
    ("body contains \"GTUBE\"", [24]),
    ("body contains \"gtube\"", []),
    ("body", [24]),
    ("reply.code == 550", [17]),
    ("reply.code in 400..499", []),
    ("reply.text contains \"No Such\"", [17]),
    ("unknown.line startswith \"xfoo\"", [33]),
    ("reason ~ \"o{2}\"", [30]),
    ("message.from == \"alice@example.org\" and verdict", [11, 14, 17, 19, 21, 23, 25, 31]),
    ("message.rcpts == \"bob@example.net\" and (rcpt or bodyeob)", [13, 16, 26]),
    ("message.rcpts != \"eve@example.com\" and bodyeob", [26]),
    ("message.nrcpts == 1 and bodyeob", [26]),
    ("message.subject contains \"test\" and bodyeob", [26]),
    ("message.header[\"SUBJECT\"] contains \"test\" and header", [20]),
    ("message.header[\"From\"] and eoh", [22]),
    ("message.header[\"To\"]", []),
    ("message.size > 60 and message.size < 5MB and bodyeob", [26]),
    ("\"example.COM\"", [16]),
    ("text contains \"bob@\"", [13, 29]),
    ("raw contains \"\\x1b\\xFF\"", [34]),
    ("raw startswith \"\\0\\0\\0\\x01E\"", [26]),
    ("rcpt and (rcpt.address contains \"bob\" or rcpt.address contains \"eve\") and not held", [13, 16]),
    ("not not rcpt", [13, 16]),
  ]

  @Test(arguments: rows) func anExpressionSaysYesToThesePackets(_ text: String, _ numbers: [Int]) throws {
    let matcher = Matcher(try Expression(parsing: text))
    #expect(SamplePlay.shared.matched(by: matcher) == numbers)
  }
}

extension MatcherTests {
  /// A term says the same whatever stands around it, and nothing of packets that it is not about.
  @Test(arguments: examples) func whatStandsAroundATermChangesNothing(_ example: String)
    throws
  {
    func matched(_ text: String) throws -> Set<Int> {
      Set(SamplePlay.shared.matched(by: Matcher(try Expression(parsing: text))))
    }
    let alone = try matched(example)
    #expect(try matched("(\(example)) or n > 9999") == alone)
    #expect(
      try matched("not (\(example))") == Set(SamplePlay.shared.contexts.map(\.number)).subtracting(alone))
  }

  @Test(arguments: rows) func theKindsItNamesAreEnough(_ text: String, _ numbers: [Int]) throws {
    let matcher = Matcher(try Expression(parsing: text))
    for context in SamplePlay.shared.contexts where numbers.contains(context.number) {
      #expect(matcher.kinds.contains(context.kind, from: context.sender))
    }
  }

  @Test(arguments: [
    ("rcpt", PacketKindSet.commands(.rcpt)),
    ("rcpt and rcpt.address ~ \"x\"", .commands(.rcpt)),
    ("rcpt or mail and held", .commands(.rcpt, .mail)),
    ("not (command or verdict)", .allReplies.intersection(PacketKindSet.replies(role: .verdict).complement)),
    ("reply.code == 550", .replies(.replyCode)),
    ("not reply.code == 550", .all),
    ("rcpt and reply", .none),
    ("body and body contains \"x\"", .commands(.body)),
    ("message.size > 5MB", .all),
  ])
  func anExpressionKnowsWhichPacketsItLooksAt(_ text: String, _ kinds: PacketKindSet) throws {
    #expect(Matcher(try Expression(parsing: text)).kinds == kinds)
  }

  static let needRows: [(String, Needs)] = [
    ("rcpt and held and took > 5ms and conn == 1 and stage == rcpt and code == \"c\"", []),
    ("raw contains \"x\"", .packet), ("finding", .findings), ("message.from == \"a\"", .envelope),
    ("macro[\"i\"] or message.header[\"To\"]", [.macros, .headers]), ("\"x\"", .packet),
    ("not rcpt.address == \"a\"", [.packet, .envelope]), ("rcpt and rcpt.address == \"a\"", .packet),
    ("client.port == 1 and message.size > 5k", [.session, .size]),
  ]

  @Test(arguments: needRows)
  func anExpressionKnowsWhatItAsksFor(_ text: String, _ needs: Needs) throws {
    #expect(Matcher(try Expression(parsing: text)).needs == needs)
  }

  /// Counts what a matcher asks for beyond the kind.
  final class Questions { var packets = 0 }

  @Test func thePacketIsReadOnlyWhenCheaperTestsLeaveItOpen() throws {
    let questions = Questions()
    let matcher = FilterPredicate(try Expression(parsing: "raw contains \"\\xFF\" and held and command"))
    for context in SamplePlay.shared.contexts {
      _ = matcher.matches(CountingContext(context: context, questions: questions))
    }
    #expect(questions.packets == 0)
    let reading = FilterPredicate(try Expression(parsing: "raw contains \"\\xFF\" and marked"))
    for context in SamplePlay.shared.contexts {
      _ = reading.matches(CountingContext(context: context, questions: questions))
    }
    #expect(questions.packets == 1)
  }

  struct CountingContext: PacketContext {
    let context: FactsContext
    let questions: Questions
    var packet: Packet? {
      questions.packets += 1
      return context.packet
    }
    var kind: PacketKind { context.kind }
    var sender: Leg { context.sender }
    var stage: Stage? { context.stage }
    var connection: Int { context.connection }
    var message: Int { context.message }
    var number: Int { context.number }
    var time: Moment { context.time }
    var took: Moment.Span? { context.took }
    var flags: PacketFlags { context.flags }
    var frameBytes: Int { context.frameBytes }
    var severity: Finding.Severity? { context.severity }
    var findingIDs: [String] { context.findingIDs }
    var startedAt: Int64 { context.startedAt }
    var tap: ArraySlice<UInt8>? { context.tap }
    var heloName: ArraySlice<UInt8>? { context.heloName }
    var clientHost: ArraySlice<UInt8>? { context.clientHost }
    var clientAddress: ArraySlice<UInt8>? { context.clientAddress }
    var clientPort: UInt16? { context.clientPort }
    var clientFamily: UInt8? { context.clientFamily }
    var content: MailContent? { context.content }
    var queueID: ArraySlice<UInt8>? { context.queueID }
    func macro(_ name: [UInt8]) -> ArraySlice<UInt8>? { context.macro(name) }
    var messageFrom: ArraySlice<UInt8>? { context.messageFrom }
    var messageArguments: [ArraySlice<UInt8>] { context.messageArguments }
    var messageRecipients: [ArraySlice<UInt8>] { context.messageRecipients }
    var latestRecipient: ArraySlice<UInt8>? { context.latestRecipient }
    var announcedAddress: ArraySlice<UInt8>? { context.announcedAddress }
    var messageBytes: Int { context.messageBytes }
    func messageHeaders(named name: [UInt8]) -> [ArraySlice<UInt8>] { context.messageHeaders(named: name) }
  }
}
