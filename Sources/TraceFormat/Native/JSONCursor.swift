/// A place in a line of JSON, and the steps over what stands there. Lines are hostile: no step traps, none recurses.
struct JSONCursor {
  /// Deepest nesting that is stepped over; our own records have one level.
  static let deepest = 64

  var offset = 0

  /// A value by its place in the line; a string without its quotes.
  struct Token {
    var kind = Kind.none
    var start = 0
    var end = 0

    enum Kind: UInt8 { case none, string, number, yes, no, null, array, object }
  }

  mutating func skipSpace(in line: Span<UInt8>) {
    while offset < line.count {
      switch line[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }

  /// Steps over `byte` if it is next.
  mutating func skip(_ byte: UInt8, in line: Span<UInt8>) -> Bool {
    guard offset < line.count, line[offset] == byte else { return false }
    offset += 1
    return true
  }

  mutating func string(in line: Span<UInt8>, expected: String) throws(LineFault) -> Token {
    let quote = offset
    guard skip(UInt8(ascii: "\""), in: line) else { throw LineFault(at: quote, in: line, expected: expected) }
    guard let end = Self.endOfString(from: offset, in: line) else {
      throw LineFault(at: quote, "expected a closing quote for the string that begins here")
    }
    defer { offset = end + 1 }
    return Token(kind: .string, start: offset, end: end)
  }

  mutating func value(in line: Span<UInt8>) throws(LineFault) -> Token {
    guard offset < line.count else { throw LineFault(at: offset, in: line, expected: "a value") }
    let start = offset
    switch line[offset] {
    case UInt8(ascii: "\""): return try string(in: line, expected: "a string")
    case UInt8(ascii: "["):
      try skipContainer(in: line)
      return Token(kind: .array, start: start, end: offset)
    case UInt8(ascii: "{"):
      try skipContainer(in: line)
      return Token(kind: .object, start: start, end: offset)
    case UInt8(ascii: "t"): return try word("true", .yes, in: line)
    case UInt8(ascii: "f"): return try word("false", .no, in: line)
    case UInt8(ascii: "n"): return try word("null", .null, in: line)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      while offset < line.count, Self.isNumeric(line[offset]) { offset += 1 }
      return Token(kind: .number, start: start, end: offset)
    default: throw LineFault(at: offset, in: line, expected: "a value")
    }
  }

  private mutating func word(_ word: StaticString, _ kind: Token.Kind, in line: Span<UInt8>) throws(LineFault)
    -> Token
  {
    let end = offset + word.utf8CodeUnitCount
    guard end <= line.count, line.extracting(offset..<end).spells(word) else {
      throw LineFault(at: offset, in: line, expected: "a value")
    }
    defer { offset = end }
    return Token(kind: kind, start: offset, end: end)
  }

  /// Steps over an array or object with all that is in it; whether commas stand where they should is not looked at.
  private mutating func skipContainer(in line: Span<UInt8>) throws(LineFault) {
    // One bit for each open bracket, the innermost lowest: 1 for an object.
    var open: UInt64 = 0
    var depth = 0
    repeat {
      skipSpace(in: line)
      guard offset < line.count else { throw LineFault(at: offset, in: line, expected: "a closing bracket") }
      let byte = line[offset]
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard depth < Self.deepest else {
          throw LineFault(at: offset, "expected at most \(Self.deepest) brackets within each other")
        }
        open = open << 1 | (byte == UInt8(ascii: "{") ? 1 : 0)
        depth += 1
        offset += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        let expected = open & 1 == 1 ? UInt8(ascii: "}") : UInt8(ascii: "]")
        guard byte == expected else {
          throw LineFault(at: offset, in: line, expected: "'\(Character(UnicodeScalar(expected)))'")
        }
        open >>= 1
        depth -= 1
        offset += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"): offset += 1
      default: _ = try value(in: line)
      }
    } while depth > 0
  }

  private static func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// Where the quote stands that closes a string; nil where none does.
  private static func endOfString(from start: Int, in line: Span<UInt8>) -> Int? {
    unsafe line.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      var offset = start
      while offset < bytes.count {
        if bytes.count - offset >= Block.bytes {
          let skipped = unsafe Block(at: base + offset).stringPrefix
          offset += skipped
          if skipped == Block.bytes { continue }
        }
        let byte = unsafe bytes[offset]
        if byte == UInt8(ascii: "\"") { return offset }
        offset += byte == UInt8(ascii: "\\") ? 2 : 1
      }
      return nil
    }
  }
}
