import MilterProtocol

/// A unit of an expression's text.
enum Token: Equatable {
  /// Letters, digits, `_ . -`, beginning with a letter.
  case word(String)
  /// A string in quotes; its bytes are read when it is known whether it is a pattern.
  case string
  /// Begins with a digit, or is an IPv6 address: number, size, duration, time, range or network.
  case value(String)
  /// In a filter: what is none of these and no operator, up to white space or a bracket.
  case plain(String)
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
    if takesPlainWords, let range = plainWord() {
      at = range.upperBound
      return LocatedToken(token: Self.token(plain: text(range)), range: range)
    }
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

  /// Where a word lies that may have in it whatever words of mail have: addresses, ids, names of files. An address may be in angle
  /// brackets. nil where none begins here.
  func plainWord() -> Range<Int>? {
    var end = at
    if byte == UInt8(ascii: "<") {
      while end < bytes.count, bytes[end] > 0x20, bytes[end] != UInt8(ascii: ">") { end += 1 }
      let isAddress =
        end < bytes.count && bytes[end] == UInt8(ascii: ">")
        && (end == at + 1 || bytes[at..<end].contains(UInt8(ascii: "@")))
      return isAddress ? at..<(end + 1) : nil
    }
    while end < bytes.count, Self.isPlain(bytes[end]) { end += 1 }
    return end > at ? at..<end : nil
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || byte >= 0x80 || "_.-@+:/%#*$?{}^\\".utf8.contains(byte)
  }

  /// What a plain word is: a word of the language may be a term, a value a number or time.
  private static func token(plain text: String) -> Token {
    let bytes = Array(text.utf8)
    if isLetter(bytes[0]) || bytes[0] == 0x5F,
      bytes.allSatisfy({ isLetter($0) || isDigit($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D })
    {
      return .word(text)
    }
    let isAddress =
      bytes.prefix { $0 != 0x3A }.allSatisfy { HexDigit.value($0) != nil } && bytes.contains(0x3A)
    let isValue = bytes.allSatisfy { byte in
      isLetter(byte) || isDigit(byte) || byte >= 0x80 || "._:/+-".utf8.contains(byte)
    }
    return isValue && (isDigit(bytes[0]) || isAddress) ? .value(text) : .plain(text)
  }

  private static let marks = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "~", "!", "(", ")", "[", "]", ",", ";",
  ]

  private mutating func mark(from start: Int) throws(SyntaxError) -> LocatedToken {
    for mark in Self.marks where bytes[at...].starts(with: mark.utf8) {
      at += mark.utf8.count
      return LocatedToken(token: .mark(mark), range: start..<at)
    }
    if bytes[at] == UInt8(ascii: "=") {
      let (meant, length) =
        switch self.byte(ahead: 1) {
        case UInt8(ascii: "~"): ("~", 2)
        case UInt8(ascii: "<"): ("<=", 2)
        case UInt8(ascii: ">"): (">=", 2)
        default: ("==", 1)
        }
      throw error(
        "a single '=' compares nothing", repair: SyntaxError.Repair(start..<(start + length), meant),
        at: start..<(start + length))
    }
    if bytes[at] == UInt8(ascii: "&") || bytes[at] == UInt8(ascii: "|") {
      let whole = String(repeating: text(at..<(at + 1)), count: 2)
      throw error("expected '\(whole)'", near: whole, at: start..<(start + 1))
    }
    // A character beyond ASCII is named whole.
    at += 1
    while let byte, byte & 0xC0 == 0x80 { at += 1 }
    var behind = self
    behind.at = start
    let word = behind.plainWord() ?? start..<at
    let meant =
      bytes[start] == UInt8(ascii: ":")
      ? SyntaxError.Repair(start..<at, " == ") : SyntaxError.Repair(word, Quoting.string(Array(bytes[word])))
    throw error("unexpected '\(text(start..<at))'", repair: meant, at: start..<at)
  }
}
