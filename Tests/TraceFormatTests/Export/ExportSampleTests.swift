import Foundation
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@testable import TraceFormat

/// Every sample goes out in every format, and comes back where there is a way back.
@Suite struct ExportSampleTests {
  private static let samples: [String] = {
    let folder = Fixtures.project.appendingPathComponent("sample-sessions")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".mtrace") }.sorted()
  }()

  private func sample(_ name: String) throws -> MemoryRecords {
    try records(TemporaryFolder.bytes(of: Fixtures.project.path + "/sample-sessions/" + name))
  }

  private func records(_ trace: [UInt8]) throws -> MemoryRecords {
    var index = TraceIndex()
    index.append(trace.span)
    let head = try TraceHeadReader.head(in: trace.span.extracting(index.line(0)))
    let records = try (1..<index.count).map {
      try RecordReader.record(in: trace.span.extracting(index.line($0)))
    }
    return MemoryRecords(records, head: head)
  }

  private func export(_ format: ExportFormat, _ source: MemoryRecords, rows: [UInt32]? = nil) -> [UInt8] {
    var exporter = format.exporter(ExportInput(source, rows: rows))
    return exporter.all()
  }

  /// Of all packets: sender and bytes.
  private func packets(_ records: [Record]) -> [Packet] { records.compactMap(\.newPacket) }

  @Test func thereAreSamples() { #expect(Self.samples.count >= 8) }

  @Test(arguments: Self.samples)
  func everyFormatHasSomethingToSay(_ name: String) throws {
    let source = try sample(name)
    for format in ExportFormat.table { #expect(!export(format, source).isEmpty, "\(format.name)") }
  }

  @Test(arguments: Self.samples)
  func aTraceIsTheSameRecordsAgain(_ name: String) throws {
    let source = try sample(name)
    let again = try records(export(.trace, source))
    #expect(again.records == source.records)
    #expect(again.head == source.head)
  }

  @Test(arguments: Self.samples)
  func aCaptureComesBackToTheSamePackets(_ name: String) throws {
    let source = try sample(name)
    var capture = CaptureImport()
    let read = capture.append(export(.pcapng, source)) + capture.finish()
    #expect(packets(read) == packets(source.records))
    func times(_ records: [Record]) -> [Int64] {
      let times = records.filter { $0.newPacket != nil }.map(\.time.microseconds)
      return times.map { $0 - (times.first ?? 0) }
    }
    #expect(times(read) == times(source.records))
    #expect(!read.contains { if case .passed = $0.event { true } else { false } })
  }

  @Test(arguments: Self.samples)
  func linesAndDocumentHoldTheSameObjects(_ name: String) throws {
    let source = try sample(name)
    let lines = try export(.jsonLines, source).split(separator: 0x0A).map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(export(.json, source))) as? [String: Any])
    for (type, member) in [
      ("session", "sessions"), ("message", "messages"), ("packet", "packets"), ("event", "events"),
    ] {
      let count = lines.count { $0["type"] as? String == type }
      #expect(count == (document[member] as? [Any])?.count, "\(type)")
    }
    #expect(lines.count { $0["type"] as? String == "packet" } == packets(source.records).count)
  }

  @Test func aChosenPacketBringsWhatItNeedsAndNoMore() throws {
    let source = try sample("several-messages.mtrace")
    var index = TimelineIndex()
    index.catchUp(with: source)
    let second = try #require(index.messages[1].rcptRow)
    let part = try records(export(.trace, source, rows: [UInt32(second)]))
    let names = packets(part.records).map { $0.kind.name }
    #expect(
      names == [
        "OPTNEG", "OPTNEG", "MACRO", "CONNECT", "CONTINUE", "MACRO", "HELO", "CONTINUE", "MACRO", "MAIL",
        "CONTINUE", "MACRO", "RCPT", "CONTINUE",
      ])
    let json = export(.jsonLines, source, rows: [UInt32(second)]).split(separator: 0x0A)
    #expect(json.count { $0.starts(with: Array(#"{"type":"packet""#.utf8)) } == 1)
  }
}
