import MilterProtocol

/// A cursor over typed text, with the words and strings that expressions and instructions have in common.
struct Scanner {
  let bytes: [UInt8]
  var at = 0
  /// Whether a word or value may have in it what mail has in its words: `bob@example.net`, `5.7.1`.
  var takesPlainWords = false
  /// Whether a list may be in a file, as in rules, whose files somebody reads.
  var takesFiles = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

  func byte(ahead: Int) -> UInt8? { at + ahead < bytes.count ? bytes[at + ahead] : nil }

  mutating func skipSpace() {
    while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
  }

  /// Space, then nothing more.
  var isAtEnd: Bool {
    var rest = self
    rest.skipSpace()
    return rest.byte == nil
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// - Parameters:
  ///   - repair: what was probably meant, in place of `range` or of another one.
  ///   - continuation: what may still be typed that makes it right.
  func error(
    _ message: String, hint: String? = nil, repair: SyntaxError.Repair? = nil, continuation: String? = nil,
    at range: Range<Int>
  ) -> SyntaxError {
    var error = SyntaxError(message, hint: hint, in: bytes, at: range)
    error.repair = repair
    error.continuation = continuation
    return error
  }

  /// An error with a word in the place of which another was probably meant.
  func error(
    _ message: String, hint: String? = nil, near: String?, at range: Range<Int>
  ) -> SyntaxError {
    error(message, hint: hint, repair: near.map { SyntaxError.Repair(range, $0) }, at: range)
  }

  /// Moves past a string in quotes, single or double; a backslash takes the next byte with it.
  ///
  /// - Returns: where it lies, quotes included.
  mutating func quoted() throws(SyntaxError) -> Range<Int> {
    let start = at
    let quote = bytes[at]
    at += 1
    while let byte {
      at += 1
      if byte == quote { return start..<at }
      if byte == UInt8(ascii: "\\") { at += 1 }
    }
    at = bytes.count
    let closing = String(decoding: [quote], as: UTF8.self)
    throw error(
      "the string has no closing quote", repair: SyntaxError.Repair(at..<at, closing),
      continuation: "\(closing) ends the text", at: start..<bytes.count)
  }

  /// Where a pattern without quotes lies: up to white space, or to a bracket that it did not open; nil where none begins.
  func plainPattern() -> Range<Int>? {
    var rest = self
    rest.skipSpace()
    let start = rest.at
    guard let first = rest.byte, first != UInt8(ascii: "\""), first != UInt8(ascii: "'") else { return nil }
    var depth = 0
    while let byte = rest.byte, byte > 0x20, byte != UInt8(ascii: ";") {
      if byte == UInt8(ascii: "(") { depth += 1 }
      if byte == UInt8(ascii: ")") { depth -= 1 }
      if depth < 0 { break }
      rest.at += byte == UInt8(ascii: "\\") && rest.byte(ahead: 1) ?? 0 > 0x20 ? 2 : 1
    }
    return rest.at > start ? start..<rest.at : nil
  }

  /// A name without quotes behind `[`, up to its `]`; nil where a quote begins it or none ends it.
  func nameInBrackets(from start: Int? = nil) -> Range<Int>? {
    let start = start ?? at
    guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "]")), end > start,
      bytes[start..<end].allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x27 && $0 != 0x5B })
    else { return nil }
    return start..<end
  }

  /// The bytes that a string stands for: `\n \r \t \0 \" \' \\` and `\xNN`, everything else as it is.
  func unescaped(_ range: Range<Int>) throws(SyntaxError) -> [UInt8] {
    var result: [UInt8] = []
    var index = range.lowerBound + 1
    let end = range.upperBound - 1
    while index < end {
      let byte = bytes[index]
      index += 1
      guard byte == UInt8(ascii: "\\"), index < end else {
        result.append(byte)
        continue
      }
      let escape = bytes[index]
      index += 1
      switch escape {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "0"): result.append(0)
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): result.append(escape)
      case UInt8(ascii: "x"):
        guard index + 2 <= end, let high = HexDigit.value(bytes[index]),
          let low = HexDigit.value(bytes[index + 1])
        else {
          throw error(
            "\\x wants two hexadecimal digits", repair: SyntaxError.Repair((index - 2)..<(index - 2), "\\"),
            at: (index - 2)..<min(index + 2, end))
        }
        result.append(high << 4 | low)
        index += 2
      default:
        throw error(
          "unknown escape '\(text((index - 2)..<index))' in a string",
          hint: "a backslash itself is written \\\\",
          repair: SyntaxError.Repair((index - 2)..<(index - 2), "\\"), at: (index - 2)..<index)
      }
    }
    return result
  }

  /// The source of a pattern: only quotes lose their backslash, the other escapes are the pattern's.
  func patternSource(_ range: Range<Int>) -> [UInt8] {
    var result: [UInt8] = []
    var index = range.lowerBound + 1
    let end = range.upperBound - 1
    while index < end {
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < end {
        let isQuote = bytes[index + 1] == UInt8(ascii: "\"") || bytes[index + 1] == UInt8(ascii: "'")
        if !isQuote { result.append(bytes[index]) }
        index += 1
      }
      result.append(bytes[index])
      index += 1
    }
    return result
  }
}

func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
