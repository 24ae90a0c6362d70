import TestSupport
import Testing
import TraceFormat
import TraceModel

/// One file of every format that was ever written has to open, for ever.
@Suite struct KeptTraceTests {
  @Test(arguments: [
    ("format-1.mtrace", RecordRow.withoutParts), ("format-1-parts.mtrace", RecordRow.inParts),
  ])
  func formatOneOpensAndIsWrittenAsItWas(_ name: String, _ rows: [RecordRow]) throws {
    let file = Array(Fixtures.text(name).utf8)
    var index = TraceIndex()
    index.append(file.span)
    try #require(index.count > 0)
    #expect(try TraceHeadReader.head(in: file.span.extracting(index.line(0))) == RecordRow.head)
    let records = try (1..<index.count).map {
      try RecordReader.record(in: file.span.extracting(index.line($0)))
    }
    #expect(records == rows.map(\.record))
    var again: [UInt8] = []
    RecordWriter.append(RecordRow.head, to: &again)
    for record in records { RecordWriter.append(record, to: &again) }
    #expect(again == file)
  }
}
