import Testing

@testable import MilterProtocol

/// Searches that take sixteen bytes a step find what a search byte by byte finds: at each place, in ranges of each length.
@Suite struct ByteSearchTests {
  /// Neighbours of what is looked for, and bytes that a search by words takes for it where it is not exact.
  private static let around: [UInt8] = [0x01, 0x0B, 0x0C, 0x0E, 0x80, 0x8A, 0xFF, 0x20]

  @Test(arguments: 0...40) func eachPlaceIsFound(length: Int) {
    for start in 0..<3 {
      let range = start..<start + length
      let plain = (0..<length + 6).map { Self.around[$0 % Self.around.count] }
      #expect(plain.span.firstNUL(in: range) == nil)
      #expect(plain.span.hasLineEnd(in: range) == false)
      #expect(plain.span.lastLineFeed(in: range) == nil)
      for place in plain.indices {
        for byte: UInt8 in [0x00, 0x0A, 0x0D] {
          var bytes = plain
          bytes[place] = byte
          let isThere = range.contains(place)
          #expect(bytes.span.firstNUL(in: range) == (isThere && byte == 0 ? place : nil))
          #expect(bytes.span.hasLineEnd(in: range) == (isThere && byte != 0))
          #expect(bytes.span.lastLineFeed(in: range) == (isThere && byte == 0x0A ? place : nil))
        }
      }
    }
  }

  @Test func theFirstAndTheLastOfSeveralAreFound() {
    let bytes: [UInt8] = Array("a\u{0}b\nc\u{0}d\n0123456789abcdef\n\u{0}\n".utf8)
    #expect(bytes.span.firstNUL(in: 2..<bytes.count) == 5)
    #expect(bytes.span.lastLineFeed(in: 0..<bytes.count) == bytes.count - 1)
    #expect(bytes.span.lastLineFeed(in: 0..<bytes.count - 1) == bytes.count - 3)
  }
}
