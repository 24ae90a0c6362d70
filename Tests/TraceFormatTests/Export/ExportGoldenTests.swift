import Foundation
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@testable import TraceFormat

/// What each format makes of one made-up trace, kept as a file.
@Suite struct ExportGoldenTests {
  /// With `MITMILTER_RECORD_EXPORTS=1` the file is written instead, and the test fails on purpose: read the difference.
  ///
  /// A bundle is made of others, and has tests of its own.
  @Test(arguments: ExportFormat.table.map(\.name).filter { $0 != ExportFormat.bundle.name })
  func everyFormatIsAsItWas(_ name: String) throws {
    let format = try #require(ExportFormat.named(name))
    var exporter = format.exporter(ExportInput(ExportedPlay.source))
    let bytes = exporter.all()
    let isBinary = format.options.contains(.isBinary)
    let text =
      isBinary
      ? HexDump.lines(bytes).joined(separator: "\n") + "\n" : String(decoding: bytes, as: UTF8.self)
    try check(text, "export-\(name)." + (isBinary ? "hex" : format.fileExtension))
  }

  /// `--delivered`: one mail with every kind of modification, as either MTA delivers it.
  @Test(arguments: KnownMTA.allCases)
  func aDeliveredMailIsAsItWas(_ rules: KnownMTA) throws {
    var play = Recording()
    play.greet()
    play.mail(
      headers: [
        ("Received", "from a by b; Thu, 01 Jan 2026 12:00:00 +0000"), ("From", "Alice <alice@example.org>"),
        ("X-Twice", "one"), ("Subject", "old"), ("X-Twice", "two"), ("X-Gone", "soon\n\tfolded"),
      ], body: ["Hello.\r\n"])
    play.milter(
      Milter.addHeader("X-Added", "last\n\tfolded"), Milter.insHeader(0, "X-Top", "first"),
      Milter.insHeader(2, "X-Third", "third"), Milter.chgHeader(1, "Subject", "new"),
      Milter.chgHeader(2, "X-Twice", "second"), Milter.chgHeader(1, "X-Gone", ""),
      Milter.chgHeader(9, "X-Twice", "beyond"), Milter.replBody("Other "),
      Milter.replBody("text.\r\n.dot\r\n"),
      Milter.accept)
    var exporter = ExportFormat.eml.exporter(
      ExportInput(MemoryRecords(play.records, head: ExportedPlay.head), delivery: rules))
    try check(String(decoding: exporter.all(), as: UTF8.self), "export-delivered-\(rules.rawValue).eml")
  }

  @Test func whatIsToBeKnownAboutSeveralPacketsIsSaidOnce() {
    var play = Recording()
    play.greet()
    play.mail()
    let first = play.packet + 1
    play.milter(
      Milter.chgHeader(1, "X-None", ""), Milter.chgHeader(1, "X-Other", ""), Milter.addRcpt(""),
      Milter.accept)
    var exporter = ExportFormat.eml.exporter(ExportInput(MemoryRecords(play.records), delivery: .postfix))
    _ = exporter.all()
    #expect(
      exporter.remarks == [
        "c1.1: packets \(first), \(first + 1): there is no such header: nothing is deleted",
        "c1.1: packet \(first + 2): an empty address is ignored",
      ])
  }

  private func check(_ text: String, _ file: String) throws {
    guard ProcessInfo.processInfo.environment["MITMILTER_RECORD_EXPORTS"] == "1" else {
      return #expect(text == Fixtures.text(file), "MITMILTER_RECORD_EXPORTS=1 writes it anew")
    }
    let url = Fixtures.folder(besides: #filePath).appendingPathComponent(file)
    try text.write(to: url, atomically: true, encoding: .utf8)
    Issue.record("\(file) was written; look at it and run again")
  }

  @Test func thePageHasTheTable() throws {
    let page = Fixtures.project.appendingPathComponent("docs/exports.md")
    #expect(
      try String(contentsOf: page, encoding: .utf8).contains(ExportFormat.page),
      "docs/exports.md lacks this table:\n\(ExportFormat.page)")
  }

  @Test func namesAreTheirOwn() {
    #expect(Set(ExportFormat.table.map(\.name)).count == ExportFormat.table.count)
    #expect(Set(ExportFormat.table.map(\.fileExtension)).count == ExportFormat.table.count)
  }
}
