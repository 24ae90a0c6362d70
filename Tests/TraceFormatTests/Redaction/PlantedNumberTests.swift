import CommandLanguage
import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

/// Numbers of cases, customers and telephones in every place of a trace, in the fixture `numbers.mtrace`.
@Suite struct PlantedNumberTests {
  private static let planted = "86420"

  private let trace: (head: TraceHead, records: [Record])

  init() throws {
    let lines = Fixtures.text("numbers.mtrace").split(separator: "\n").map { Array($0.utf8) }
    let first = try #require(lines.first)
    let head = try TraceHeadReader.head(in: first.span)
    trace = (head, try lines.dropFirst().map { try RecordReader.record(in: $0.span).read })
  }

  private func redacted(_ key: RedactionKey) -> (head: TraceHead, records: [Record]) {
    var redactor = RecordRedactor(Redactor(key: key, language: Redacted.language))
    var other = Redacted.redactor()
    var records: [Record] = []
    for record in trace.records { records += redactor.take(record) }
    return (other.head(trace.head), records + redactor.finish())
  }

  @Test func theyAreThere() {
    let exports = PlantedSecretTests.exports(trace.records, trace.head)
    let numbers = Fixtures.text("numbers.mtrace").matches(of: #/86420\d\d/#).map { String($0.0) }
    #expect(Set(numbers).count > 80)
    for (format, export) in zip(ExportFormat.table, exports) {
      let texts = [export] + PlantedSecretTests.decoded(export)
      #expect(
        texts.contains { String(decoding: $0, as: UTF8.self).contains(Self.planted) }, "\(format.name)")
    }
  }

  @Test(arguments: [RedactionKey(1, 2), RedactionKey(3, 4), RedactionKey(5, 6)])
  func noneIsLeftInAnyExport(_ key: RedactionKey) {
    let (head, records) = redacted(key)
    for (format, export) in zip(ExportFormat.table, PlantedSecretTests.exports(records, head)) {
      for text in [export] + PlantedSecretTests.decoded(export) {
        #expect(!String(decoding: text, as: UTF8.self).contains(Self.planted), "\(format.name)")
      }
    }
  }

  @Test(arguments: [
    "\"rules in force: 1\"", "\"in its turn\"", "on rcpt.address contains ", " or message.size > ", " named ",
    " do reply ",
    "\"reply 550 5.7.1 ", "SIZE=1999", "BODY=8BITMIME", "Thu, 01 Jan 2026 12:00:00 +0000", "t=1767268800;",
    "v=1;",
    "550 5.7.1 ", "inet:8891@127.0.0.1", "\"30s,300s\"", "Postfix 3.7.11", "\"matched rule ", "i=1;",
    "charset=utf-8",
    "delay ", "macro[\\\"i\\\"]", "\"reply.text has \"", "is a recipient already", "\"mitmilter ends\"",
  ])
  func whatSaysNothingAboutAnybodyStays(_ text: String) {
    let (head, records) = redacted(RedactionKey(1, 2))
    var lines: [UInt8] = []
    RecordWriter.append(head, to: &lines)
    for record in records { RecordWriter.append(record, to: &lines) }
    #expect(String(decoding: lines, as: UTF8.self).contains(text))
  }

  @Test(arguments: [
    ("Thu, 01 Jan 2026 12:00:00 +0000 (UTC)", true), ("1 Jan 26 9:00 GMT", true), ("0171 2345 678", false),
    ("12 Jan 1234 5678 90", false), ("86420", false),
  ])
  func onlyADateKeepsItsNumbers(_ value: String, _ isDate: Bool) {
    #expect((Redacted.text(value, header: "Date") == value) == isDate)
  }
}
