import Glibc

/// A part of a file in memory, so that reading line after line, in either direction, asks the system seldom.
struct FileWindow {
  private static let bytes = 131_072

  private(set) var contents: [UInt8] = []
  private var start = 0
  private var end = 0

  /// How much of ``contents`` is of the file.
  var count: Int { end - start }

  /// Makes `range` of `file` available and returns where it lies in ``contents``; nil where the file no longer has it.
  mutating func load(_ range: Range<Int>, of file: Descriptor) -> Range<Int>? {
    if range.lowerBound < start || range.upperBound > end {
      // Going backwards, the next lines wanted stand in front.
      let first = range.upperBound <= end ? max(0, range.upperBound - Self.bytes) : range.lowerBound
      read(min(first, range.lowerBound), max(Self.bytes, range.count), file)
      guard range.upperBound <= end else { return nil }
    }
    return range.lowerBound - start..<range.upperBound - start
  }

  private mutating func read(_ first: Int, _ count: Int, _ file: Descriptor) {
    if contents.count < count || contents.count > 8 * Self.bytes {
      contents = [UInt8](repeating: 0, count: count)
    }
    start = first
    end = first
    while end - start < count {
      let got = contents.withUnsafeMutableBytes {
        pread(file.number, $0.baseAddress.map { $0 + (end - start) }, count - (end - start), end)
      }
      if got > 0 { end += got } else if got == 0 || errno != EINTR { return }
    }
  }
}
