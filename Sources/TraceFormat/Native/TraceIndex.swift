/// Where the lines of a trace begin: eight bytes a line, found as the bytes come in.
///
/// A line counts once its line feed is there, so a torn tail is not in the index, and a file that grows is followed by
/// handing in what was added. Empty lines are not counted.
package struct TraceIndex: Sendable {
  private var starts: [Int] = []
  /// Bytes looked at so far.
  package private(set) var bytes = 0
  /// Where the line begins that has no line feed yet.
  package private(set) var tail = 0

  package init() {}

  /// How many whole lines there are.
  package var count: Int { starts.count }

  /// Takes in the bytes that follow those seen so far, cut anywhere.
  package mutating func append(_ piece: Span<UInt8>) {
    unsafe piece.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      var offset = 0
      while buffer.count - offset >= Block.bytes {
        let place = unsafe Block(at: base + offset).first(UInt8(ascii: "\n"))
        offset += place
        if place < Block.bytes {
          endLine(at: bytes + offset)
          offset += 1
        }
      }
      while offset < buffer.count {
        if unsafe buffer[offset] == UInt8(ascii: "\n") { endLine(at: bytes + offset) }
        offset += 1
      }
    }
    bytes += piece.count
  }

  private mutating func endLine(at offset: Int) {
    if offset > tail { starts.append(tail) }
    tail = offset + 1
  }

  /// The bytes of a line, its line feed included; empty lines that follow it too.
  package func line(_ number: Int) -> Range<Int> {
    starts[number]..<(number + 1 < starts.count ? starts[number + 1] : tail)
  }
}
