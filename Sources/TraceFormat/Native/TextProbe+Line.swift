import MilterProtocol
import TraceModel

extension TextProbe {
  /// Whether the bytes in this line of a trace may have the text; false is certain.
  ///
  /// The text is looked for as it is. A line in which somebody wrote visible characters as escapes (`\/`, `\u0041`)
  /// may always have it.
  package func mayStand(in line: Span<UInt8>) -> Bool {
    guard let first = bytes.first else { return true }
    let otherFirst = (0x61...0x7A).contains(first) ? first & 0xDF : first
    var offset = 0
    while offset < line.count {
      let byte = line[offset]
      if byte == first || byte == otherFirst {
        if stands(at: offset, in: line) { return true }
        offset += 1
      } else if byte == UInt8(ascii: "\\") {
        guard let length = Self.lengthOfUsualEscape(at: offset, in: line) else { return true }
        offset += length
      } else {
        offset += 1
      }
    }
    return false
  }

  func stands(at start: Int, in line: Span<UInt8>) -> Bool {
    guard line.count - start >= bytes.count else { return false }
    for place in bytes.indices where lowercased(line[start + place]) != bytes[place] { return false }
    return true
  }

  /// Of an escape that stands for no visible character but a quote or a backslash; nil for all others.
  private static func lengthOfUsualEscape(at start: Int, in line: Span<UInt8>) -> Int? {
    guard start + 1 < line.count else { return nil }
    switch line[start + 1] {
    case UInt8(ascii: "r"), UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "\""), UInt8(ascii: "\\"):
      return 2
    case UInt8(ascii: "u"):
      guard start + Escapes.longest <= line.count, line[start + 2] == UInt8(ascii: "0"),
        line[start + 3] == UInt8(ascii: "0")
      else { return nil }
      // U+0000 to U+001F and from U+0080 on.
      switch line[start + 4] {
      case UInt8(ascii: "2")...UInt8(ascii: "7"): return isDelete(start, line) ? Escapes.longest : nil
      default: return Escapes.longest
      }
    default: return nil
    }
  }

  private static func isDelete(_ start: Int, _ line: Span<UInt8>) -> Bool {
    line[start + 4] == UInt8(ascii: "7") && line[start + 5] | 0x20 == UInt8(ascii: "f")
  }
}
