import Foundation
import TestSupport
import Testing
import TraceFormat
import TraceModel

/// `docs/trace-format.md` shows lines as they are written.
@Suite struct TraceDocumentTests {
  private var lines: [String] {
    let page = Fixtures.project.appendingPathComponent("docs/trace-format.md")
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  @Test func everyExampleIsWrittenLikeThat() throws {
    var heads = 0
    for line in lines where line.hasPrefix("{") {
      var again: [UInt8] = []
      if line.hasPrefix("{\"mitmilter\"") {
        RecordWriter.append(try TraceHeadReader.head(in: Array(line.utf8).span), to: &again)
        heads += 1
      } else {
        RecordWriter.append(try RecordReader.record(in: Array(line.utf8).span), to: &again)
      }
      #expect(String(decoding: again, as: UTF8.self) == line + "\n")
    }
    #expect(heads == 1)
  }

  @Test func everyKindHasAnExample() {
    for row in RecordRow.all {
      let start = row.line.prefix { $0 != "," }
      #expect(lines.contains { $0.hasPrefix(start) }, "no example of \(start)")
    }
  }

  @Test func everyKeyIsExplained() {
    let page = lines.joined(separator: "\n")
    for row in RecordRow.all {
      let keys = row.line.split(separator: "\"").filter { row.line.contains(",\"\($0)\":") }
      for key in keys { #expect(page.contains("`\(key)`"), "no word on \(key)") }
    }
  }
}
