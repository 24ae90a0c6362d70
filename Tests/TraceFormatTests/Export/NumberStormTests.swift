import CommandLanguage
import Delivery
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@testable import TraceFormat

/// A number from a file is any number: of a packet, of a connection, of seconds. None of them ends the program.
@Suite struct NumberStormTests {
  private static let seeds: [UInt64] = Array(1...48)

  @Test(arguments: seeds) func everyExportIsMade(_ seed: UInt64) {
    var storm = NumberStorm(seed: seed)
    let source = storm.trace()
    for format in ExportFormat.table {
      var exporter = format.exporter(ExportInput(source))
      #expect(!exporter.all().isEmpty || format.name == "eml" || format.name == "swaks", "\(format.name)")
    }
    for rules in KnownMTA.allCases {
      var exporter = ExportFormat.eml.exporter(ExportInput(source, delivery: rules))
      _ = exporter.all()
    }
  }

  @Test func theFileWithTheLargestAndSmallestNumbersGoesOutInEveryFormat() throws {
    let lines = Fixtures.text("extreme-numbers.mtrace").split(separator: "\n").map { Array($0.utf8) }
    let first = try #require(lines.first)
    let head = try TraceHeadReader.head(in: first.span)
    let records = try lines.dropFirst().map { try RecordReader.record(in: $0.span).read }
    for source in [MemoryRecords(records, head: head), MemoryRecords(records.reversed(), head: head)] {
      for format in ExportFormat.table {
        var exporter = format.exporter(ExportInput(source))
        let export = exporter.all()
        if format.name == "json" {
          #expect(String(decoding: export, as: UTF8.self).contains("\"n\":9223372036854775807"))
        }
      }
    }
  }

  @Test(arguments: seeds) func everyLineIsPrinted(_ seed: UInt64) {
    var storm = NumberStorm(seed: seed)
    let source = storm.trace()
    var options = ListingText.Options()
    options.isVerbose = true
    var text = ListingText(startedAt: source.head?.startedAt ?? 0, options: options) { _ in -3600 }
    let json = PacketJSON(startedAt: source.head?.startedAt ?? 0)
    var listing = Listing()
    var decisions = DecisionFold()
    let log = DecisionJSON(startedAt: source.head?.startedAt ?? 0)
    var lines: [UInt8] = []
    var entries: [Listing.Entry] = []
    for record in source.records {
      entries += listing.take(record)
      if let decision = decisions.apply(record) { log.append(decision, to: &lines) }
    }
    for entry in entries + listing.flush() {
      #expect(text.text(entry).hasSuffix("\n"))
      if case .packet(let packet) = entry { json.append(packet, to: &lines) }
    }
    #expect(lines.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
  }

  @Test(arguments: seeds) func mergingRedactingAndWritingTakeThem(_ seed: UInt64) throws {
    var storm = NumberStorm(seed: seed)
    let merged = MergedRecords([storm.trace(), storm.trace(), storm.trace()])
    var redactor = RecordRedactor(Redacted.redactor())
    var records: [Record] = []
    for index in 0..<merged.count {
      guard let record = merged.record(at: index) else { continue }
      records += redactor.take(record)
    }
    records += redactor.finish()
    #expect(records.count == merged.count)
    for record in records {
      var line: [UInt8] = []
      RecordWriter.append(record, to: &line)
      #expect(try RecordReader.record(in: line.span).read == record.read)
    }
  }

  @Test(arguments: [
    "n > 5", "n == 9223372036854775807", "conn in 1..3", "took > 1s", "time > 12:04", "time < 5s",
    "time > 2026-01-31", "len > 3 and held", "message.size > 1k", "finding >= note",
    "message.header[\"X-A\"] == \"1\"",
  ]) func everyFilterIsAnswered(_ text: String) throws {
    let predicate = FilterPredicate(try Expression(parsing: text))
    for seed in Self.seeds {
      var storm = NumberStorm(seed: seed)
      let source = storm.trace()
      var index = TimelineIndex()
      index.catchUp(with: source)
      let reader = TimelineReader(index, source)
      var pass = FilterPass(predicate)
      pass.advance(reader)
      for row in 0..<index.count { #expect(index.row(number: index.number(at: row)) != nil) }
    }
  }
}
