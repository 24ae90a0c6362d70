import MilterProtocol

/// A unit of an expression's text.
enum Token: Equatable {
  /// Letters, digits, `_ . -`, beginning with a letter.
  case word(String)
  /// A string in quotes; its bytes are read when it is known whether it is a pattern.
  case string
  /// Begins with a digit, or is an IPv6 address: number, size, duration, time, range or network.
  case value(String)
  /// An operator or bracket.
  case mark(String)
  case end
}

struct LocatedToken {
  let token: Token
  let range: Range<Int>
}

extension Scanner {
  /// The token at the cursor, which moves past it.
  mutating func token() throws(SyntaxError) -> LocatedToken {
    skipSpace()
    let start = at
    guard let byte else { return LocatedToken(token: .end, range: at..<at) }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return LocatedToken(token: .string, range: try quoted())
    case _ where isLetter(byte) || byte == UInt8(ascii: "_"):
      skip { isLetter($0) || isDigit($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D }
      if self.byte == 0x3A, bytes[start..<at].allSatisfy({ HexDigit.value($0) != nil }) {
        return value(from: start)
      }
      return LocatedToken(token: .word(text(start..<at)), range: start..<at)
    case _ where isDigit(byte) || (byte == 0x3A && self.byte(ahead: 1) == 0x3A): return value(from: start)
    default: return try mark(from: start)
    }
  }

  private mutating func skip(while condition: (UInt8) -> Bool) {
    while let byte, condition(byte) { at += 1 }
  }

  private mutating func value(from start: Int) -> LocatedToken {
    skip { byte in
      isLetter(byte) || isDigit(byte) || byte >= 0x80
        || byte == 0x2E || byte == 0x3A || byte == 0x2F || byte == 0x2B || byte == 0x2D
    }
    return LocatedToken(token: .value(text(start..<at)), range: start..<at)
  }

  private static let marks = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "~", "!", "(", ")", "[", "]", ",",
  ]

  private mutating func mark(from start: Int) throws(SyntaxError) -> LocatedToken {
    for mark in Self.marks where bytes[at...].starts(with: mark.utf8) {
      at += mark.utf8.count
      return LocatedToken(token: .mark(mark), range: start..<at)
    }
    if bytes[at] == UInt8(ascii: "=") {
      throw error("a single '=' compares nothing", hint: "did you mean '=='?", at: start..<(start + 1))
    }
    if bytes[at] == UInt8(ascii: "&") || bytes[at] == UInt8(ascii: "|") {
      let whole = String(repeating: text(at..<(at + 1)), count: 2)
      throw error("expected '\(whole)'", at: start..<(start + 1))
    }
    // A character beyond ASCII is named whole.
    at += 1
    while let byte, byte & 0xC0 == 0x80 { at += 1 }
    throw error("unexpected '\(text(start..<at))'", at: start..<at)
  }
}
