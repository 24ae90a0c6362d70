import CommandLanguage
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct ProbedFilterTests {
  private func rows(_ expression: Expression, _ source: any RecordSource) -> [UInt32] {
    var index = TimelineIndex()
    while index.recordCount < source.count {
      if let record = source.record(at: index.recordCount) { index.append(record) }
    }
    var pass = FilterPass(FilterPredicate(expression))
    pass.advance(TimelineReader(index, source))
    return pass.rows
  }

  private var records: MemoryRecords { MemoryRecords(SamplePlay.shared.records) }

  @Test(arguments: MatcherTests.rows.map(\.0) + others)
  func findsTheSamePacketsAsWithoutProbes(_ text: String) throws {
    let expression = try Expression(parsing: text)
    #expect(rows(expression, ProbedRecords(records)) == rows(expression, records))
  }

  /// With words that stand in headers, next to words that do not.
  private static let others = [
    "message.subject startswith \"a\" and not message.subject contains \"nowhere\"",
    "not message.subject contains \"nowhere\" and bodyeob",
    "not message.subject contains \"test\" and bodyeob",
    "message.subject != \"nowhere\" and bodyeob", "message.subject or \"nowhere\"",
    "message.subject ~ \"test\" and message.header[\"From\"] endswith \"org>\"",
    "message.subject == \"a test\" or message.header[\"from\"] contains \"nowhere\"",
    "not \"example\"", "mail.address == \"<alice@example.org>\"", "mail.address endswith \"example.org>\"",
    "mail.address contains \"alice\"", "not rcpt.address contains \"bob\"",
    "reply.text contains \"such user\"",
    "message.from contains \"alice\"", "message.rcpts contains \"bob\"", "helo.name contains \"mail\"",
    "client.host endswith \"example.org\"", "macro[\"i\"] == \"nowhere\"",
    "macro[\"{mail_addr}\"] contains \"alice\"",
    "message.from contains \"nowhere\" or helo.name contains \"mail\"", "queue != \"nowhere\"",
    "header.value startswith \"a test\"", "header.name == \"subject\" or helo",
  ]

  @Test func anyExpressionFindsTheSamePackets() {
    var generator = SeededGenerator(seed: 29)
    for _ in 0..<3000 {
      let expression = generator.expression()
      #expect(
        rows(expression, ProbedRecords(records)) == rows(expression, records), "\(expression.text)")
    }
  }

  @Test(arguments: [
    "\"nowhere\"", "header.value contains \"nowhere\"", "message.subject contains \"nowhere\"",
    "message.from contains \"nowhere\"", "macro[\"i\"] == \"nowhere\"",
  ])
  func readsNoPacketThatSurelyDoesNotMatch(_ text: String) throws {
    let source = ProbedRecords(records)
    _ = rows(try Expression(parsing: text), source)
    #expect(source.denied > 0)
  }
}
