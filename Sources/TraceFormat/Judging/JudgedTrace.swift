import TraceModel

/// Turns bytes into the text of a trace, piece by piece.
package protocol TraceTranslation {
  /// The lines that more bytes make.
  mutating func append(_ bytes: [UInt8]) -> [UInt8]
  /// The lines that the end makes.
  mutating func finish() -> [UInt8]
  /// Why nothing came of the bytes, behind their end; nil where that is for whoever reads the lines to say.
  var refusal: String? { get }
}

extension TraceTranslation {
  package var refusal: String? { nil }
}

/// A trace turned into one with the findings of this version, line by line as it comes. Lines that are no findings stay as they
/// are, those that are no records too.
package struct JudgedTrace: TraceTranslation {
  private var judge = Judge()
  private var rest: [UInt8] = []
  private var hasHead = false

  package init() {}

  package mutating func append(_ bytes: [UInt8]) -> [UInt8] {
    rest.append(contentsOf: bytes)
    var text: [UInt8] = []
    var start = 0
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      take(rest[start...end], &text)
      start = end + 1
    }
    rest.removeFirst(start)
    return text
  }

  /// A last line without a line feed.
  package mutating func finish() -> [UInt8] {
    var text: [UInt8] = []
    if !rest.isEmpty { take(rest[...], &text) }
    rest = []
    return text
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ text: inout [UInt8]) {
    guard hasHead else {
      hasHead = true
      return text.append(contentsOf: line)
    }
    guard let record = try? RecordReader.record(in: line.span) else { return text.append(contentsOf: line) }
    let (stays, findings) = judge.take(record)
    if stays { text.append(contentsOf: line) }
    for finding in findings {
      RecordWriter.append(
        Record(time: record.time, connection: record.connection, event: .found(finding)), to: &text)
    }
  }
}
