import MilterProtocol
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite struct TraceIndexTests {
  /// The records that can be read from the first `length` bytes of `file`.
  private func records(_ file: [UInt8], upTo length: Int) throws -> [Record] {
    var index = TraceIndex()
    index.append(file.span.extracting(0..<length))
    return try (0..<index.count).dropFirst().map {
      try RecordReader.record(in: file.span.extracting(index.line($0)))
    }
  }

  @Test func anyPrefixOfATraceIsATraceThatLacksOnlyItsEnd() throws {
    var file: [UInt8] = []
    RecordWriter.append(RecordRow.head, to: &file)
    var ends = [file.count]
    for row in RecordRow.all {
      RecordWriter.append(row.record, to: &file)
      ends.append(file.count)
    }
    for length in ends[0]...file.count {
      let whole = ends.count { $0 <= length } - 1
      #expect(try records(file, upTo: length) == RecordRow.all.prefix(whole).map(\.record))
    }
  }

  @Test func findsTheSameLinesHoweverTheFileGrows() {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<300 {
      let file = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
        generator.next() % 12 == 0 ? UInt8(ascii: "\n") : UInt8(ascii: "x")
      }
      var expected: [Range<Int>] = []
      var start = 0
      for (place, byte) in file.enumerated() where byte == UInt8(ascii: "\n") {
        if place > start { expected.append(start..<place) }
        start = place + 1
      }
      var index = TraceIndex()
      var offset = 0
      while offset < file.count {
        let end = min(file.count, offset + Int.random(in: 1...60, using: &generator))
        index.append(file.span.extracting(offset..<end))
        offset = end
      }
      #expect(index.bytes == file.count)
      #expect(index.tail == start)
      #expect((0..<index.count).map { index.line($0).lowerBound } == expected.map(\.lowerBound))
      #expect((0..<index.count).allSatisfy { index.line($0).upperBound > expected[$0].upperBound })
    }
  }
}
