import MilterProtocol

/// Strings of a trace from their escaped form: bytes of the wire, or text of ours.
enum JSONStrings {
  /// One byte a code point, U+0000 to U+00FF. The bytes may also stand unescaped as UTF-8, as `jq` prints them.
  static func bytes(_ token: JSONCursor.Token, in line: Span<UInt8>) throws(LineFault) -> [UInt8] {
    // No form of a byte is shorter than the byte, so the string's length is room enough.
    try [UInt8](capacity: token.end - token.start) { output throws(LineFault) in
      var offset = token.start
      while offset < token.end {
        offset += unsafe copyOwn(line, offset..<token.end, to: &output)
        guard offset < token.end else { break }
        let scalar = try scalar(at: &offset, end: token.end, in: line)
        guard let byte = UInt8(exactly: scalar) else {
          throw LineFault(
            at: offset, "expected code points up to U+00FF in bytes, one just before this is beyond")
        }
        output.append(byte)
      }
    }
  }

  /// The bytes of a string that stands in `range` just as this program writes it; nil where anything else is in it, the
  /// end of a string included.
  static func ownBytes(_ range: Range<Int>, in line: Span<UInt8>) -> [UInt8]? {
    var isOwn = false
    // Swift 6.3 makes room for `init(capacity:initializingWith:)` by generic code, at 500 instructions.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
      isOwn = unsafe copyOwn(line, range, to: &output) == range.count
      count = unsafe output.finalize(for: buffer)
    }
    return isOwn ? bytes : nil
  }

  /// Those of an array.
  static func texts(_ token: JSONCursor.Token, in line: Span<UInt8>) throws(LineFault) -> [String] {
    var texts: [String] = []
    var cursor = JSONCursor(offset: token.start + 1)
    cursor.skipSpace(in: line)
    if cursor.skip(UInt8(ascii: "]"), in: line) { return [] }
    repeat {
      cursor.skipSpace(in: line)
      texts.append(try JSONStrings.text(cursor.string(in: line, expected: "a string"), in: line))
      cursor.skipSpace(in: line)
    } while cursor.skip(UInt8(ascii: ","), in: line)
    guard cursor.skip(UInt8(ascii: "]"), in: line) else {
      throw LineFault(at: cursor.offset, in: line, expected: "',' or ']'")
    }
    return texts
  }

  static func text(_ token: JSONCursor.Token, in line: Span<UInt8>) throws(LineFault) -> String {
    if let bytes = ownBytes(token.start..<token.end, in: line), bytes.allSatisfy({ $0 < 0x80 }) {
      return String(decoding: bytes, as: UTF8.self)
    }
    var text = ""
    var offset = token.start
    while offset < token.end {
      let scalar = try scalar(at: &offset, end: token.end, in: line)
      // Halves of pairs are joined already and code points are in range, so this is never the other character.
      text.unicodeScalars.append(Unicode.Scalar(scalar) ?? "\u{FFFD}")
    }
    return text
  }

  /// Decodes from the start of `range` what this program writes: plain bytes, sixteen at a time, and the escapes of
  /// ``Escapes``. Stops at anything else; returns how far that was.
  @unsafe
  private static func copyOwn(_ line: Span<UInt8>, _ range: Range<Int>, to output: inout OutputSpan<UInt8>)
    -> Int
  {
    unsafe line.withUnsafeBytes { source in
      unsafe output.withUnsafeMutableBufferPointer { target, written in
        guard let from = source.baseAddress, let to = target.baseAddress else { return 0 }
        var offset = range.lowerBound
        while range.upperBound - offset >= Block.bytes, target.count - written >= Block.bytes {
          let block = unsafe Block(at: from + offset)
          unsafe block.store(to: UnsafeMutableRawPointer(to + written))
          let plain = block.plainPrefix
          offset += plain
          written += plain
          if plain < Block.bytes {
            // Escapes come in runs.
            var length = 0
            repeat {
              guard let (byte, taken) = unsafe own(from + offset, range.upperBound - offset) else {
                return offset - range.lowerBound
              }
              unsafe to[written] = byte
              written += 1
              offset += taken
              length = taken
            } while length > 1 && offset < range.upperBound && written < target.count
          }
        }
        while offset < range.upperBound, written < target.count,
          let (byte, taken) = unsafe own(from + offset, range.upperBound - offset)
        {
          unsafe to[written] = byte
          offset += taken
          written += 1
        }
        return offset - range.lowerBound
      }
    }
  }

  /// One byte in the form that this program gives it, and the length of that form.
  @inline(__always) @unsafe
  private static func own(_ start: UnsafeRawPointer, _ room: Int) -> (byte: UInt8, taken: Int)? {
    let first = unsafe start.load(as: UInt8.self)
    if Escapes.isPlain(first) { return (first, 1) }
    guard first == UInt8(ascii: "\\"), room >= 2 else { return nil }
    switch unsafe start.load(fromByteOffset: 1, as: UInt8.self) {
    case UInt8(ascii: "r"): return (0x0D, 2)
    case UInt8(ascii: "n"): return (0x0A, 2)
    case UInt8(ascii: "t"): return (0x09, 2)
    case UInt8(ascii: "\""): return (UInt8(ascii: "\""), 2)
    case UInt8(ascii: "\\"): return (UInt8(ascii: "\\"), 2)
    case UInt8(ascii: "u"):
      guard room >= Escapes.longest,
        unsafe start.loadUnaligned(fromByteOffset: 2, as: UInt16.self) == 0x3030,
        let high = unsafe HexDigit.value(start.load(fromByteOffset: 4, as: UInt8.self)),
        let low = unsafe HexDigit.value(start.load(fromByteOffset: 5, as: UInt8.self))
      else { return nil }
      return (high << 4 | low, Escapes.longest)
    default: return nil
    }
  }

  /// The code point at `offset`, which moves behind it.
  private static func scalar(at offset: inout Int, end: Int, in line: Span<UInt8>) throws(LineFault) -> UInt32
  {
    let start = offset
    let byte = line[start]
    switch byte {
    case UInt8(ascii: "\\"): return try escape(at: &offset, end: end, in: line)
    case 0x00..<0x20: throw LineFault(at: start, in: line, expected: "control characters to be escaped")
    case 0x20..<0x80:
      offset += 1
      return UInt32(byte)
    default: return try encoded(at: &offset, end: end, in: line)
    }
  }

  private static func escape(at offset: inout Int, end: Int, in line: Span<UInt8>) throws(LineFault) -> UInt32
  {
    let start = offset
    guard start + 1 < end else { throw LineFault(at: start, "expected a letter behind the backslash") }
    offset += 2
    switch UnicodeScalar(line[start + 1]) {
    case "n": return 0x0A
    case "r": return 0x0D
    case "t": return 0x09
    case "b": return 0x08
    case "f": return 0x0C
    case "\"", "\\", "/": return UInt32(line[start + 1])
    case "u": break
    default:
      throw LineFault(at: start + 1, in: line, expected: "one of \" \\ / b f n r t u behind the backslash")
    }
    let unit = try hexadecimal(at: &offset, end: end, in: line)
    switch unit {
    case 0xD800..<0xDC00:
      guard offset + 1 < end, line[offset] == UInt8(ascii: "\\"), line[offset + 1] == UInt8(ascii: "u") else {
        throw LineFault(at: start, "expected a second half to this half of a surrogate pair")
      }
      offset += 2
      let second = try hexadecimal(at: &offset, end: end, in: line)
      guard (0xDC00..<0xE000).contains(second) else {
        throw LineFault(at: start, "expected a second half to this half of a surrogate pair")
      }
      return 0x1_0000 + (unit - 0xD800) << 10 + (second - 0xDC00)
    case 0xDC00..<0xE000: throw LineFault(at: start, "expected a first half to this half of a surrogate pair")
    default: return unit
    }
  }

  private static func hexadecimal(at offset: inout Int, end: Int, in line: Span<UInt8>) throws(LineFault)
    -> UInt32
  {
    var value: UInt32 = 0
    for place in offset..<offset + 4 {
      guard place < end, let digit = HexDigit.value(line[place]) else {
        throw LineFault(at: min(place, end), in: line, expected: "four hexadecimal digits behind \\u")
      }
      value = value << 4 | UInt32(digit)
    }
    offset += 4
    return value
  }

  /// A code point beyond ASCII in UTF-8.
  private static func encoded(at offset: inout Int, end: Int, in line: Span<UInt8>) throws(LineFault)
    -> UInt32
  {
    let start = offset
    let first = line[start]
    let (length, smallest): (Int, UInt32) =
      switch first {
      case 0xC2..<0xE0: (2, 0x80)
      case 0xE0..<0xF0: (3, 0x800)
      case 0xF0..<0xF5: (4, 0x1_0000)
      default: throw LineFault(at: start, in: line, expected: "UTF-8")
      }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for place in start + 1..<start + length {
      guard place < end, line[place] & 0xC0 == 0x80 else {
        throw LineFault(at: start, in: line, expected: "UTF-8")
      }
      value = value << 6 | UInt32(line[place] & 0x3F)
    }
    guard value >= smallest, Unicode.Scalar(value) != nil else {
      throw LineFault(at: start, in: line, expected: "UTF-8")
    }
    offset += length
    return value
  }
}
