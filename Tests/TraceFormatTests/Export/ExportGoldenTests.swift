import Foundation
import TestSupport
import Testing

@testable import TraceFormat

/// What each format makes of one made-up trace, kept as a file.
@Suite struct ExportGoldenTests {
  /// With `MITMILTER_RECORD_EXPORTS=1` the file is written instead, and the test fails on purpose: read the difference.
  @Test(arguments: ExportFormat.table.map(\.name))
  func everyFormatIsAsItWas(_ name: String) throws {
    let format = try #require(ExportFormat.named(name))
    var exporter = format.exporter(ExportInput(ExportedPlay.source))
    let bytes = exporter.all()
    let isBinary = format.options.contains(.isBinary)
    let text =
      isBinary
      ? HexDump.lines(bytes).joined(separator: "\n") + "\n" : String(decoding: bytes, as: UTF8.self)
    let file = "export-\(name)." + (isBinary ? "hex" : format.fileExtension)
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
