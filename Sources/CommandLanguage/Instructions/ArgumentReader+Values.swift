import MilterProtocol

/// Texts that may have values in them: a value brings its own quotes, blanks and semicolons.
extension ArgumentReader {
  /// As ``argument(_:endingAt:)``, each value spelled in one way.
  mutating func valuedArgument(_ wanted: String) throws(SyntaxError) -> (bytes: [UInt8], range: Range<Int>) {
    scanner.skipSpace()
    return startsString ? try valuedString() : try valued(wanted) { $0 <= 0x20 || $0 == UInt8(ascii: ";") }
  }

  /// As ``text(_:)``, each value spelled in one way.
  mutating func valuedText(_ wanted: String) throws(SyntaxError) -> (bytes: [UInt8], range: Range<Int>) {
    scanner.skipSpace()
    return startsString ? try valuedString() : try valued(wanted) { $0 == UInt8(ascii: ";") }
  }

  /// Without quotes, up to a byte that ends it and is not a value's.
  private mutating func valued(
    _ wanted: String, endingAt ends: (UInt8) -> Bool
  ) throws(SyntaxError) -> (bytes: [UInt8], range: Range<Int>) {
    let start = scanner.at
    while let byte = scanner.byte, !ends(byte) {
      if !skipBraces() { scanner.at += 1 }
    }
    var end = scanner.at
    while end > start, scanner.bytes[end - 1] <= 0x20 { end -= 1 }
    guard end > start else { throw missing(wanted) }
    return (ValuedText(Array(scanner.bytes[start..<end])).source, start..<end)
  }

  private mutating func valuedString() throws(SyntaxError) -> (bytes: [UInt8], range: Range<Int>) {
    let start = scanner.at
    let quote = scanner.bytes[start]
    var result: [UInt8] = []
    var plainFrom = start + 1
    scanner.at = plainFrom
    while let byte = scanner.byte {
      let at = scanner.at
      if byte == ValuedText.brace, let braced = ValuedText.braced(at: at, in: scanner.bytes) {
        result += try scanner.unescaped(plainFrom - 1..<at + 1)
        result += braced.source
        plainFrom = braced.end
        scanner.at = plainFrom
        continue
      }
      scanner.at += byte == ValuedText.brace ? ValuedText.run(at: at, in: scanner.bytes) : 1
      if byte == UInt8(ascii: "\\") { scanner.at += 1 }
      guard byte == quote else { continue }
      result += try scanner.unescaped(plainFrom - 1..<at + 1)
      // What an escape stands for may be part of a value as well.
      return (ValuedText(result).source, start..<scanner.at)
    }
    scanner.at = scanner.bytes.count
    throw scanner.error(
      "the string has no closing quote", continuation: "\(Character(Unicode.Scalar(quote))) ends the text",
      at: start..<scanner.bytes.count)
  }

  /// Moves past braces, with the term behind them if there is one.
  private mutating func skipBraces() -> Bool {
    guard scanner.byte == ValuedText.brace else { return false }
    scanner.at =
      ValuedText.braced(at: scanner.at, in: scanner.bytes)?.end
      ?? scanner.at + ValuedText.run(at: scanner.at, in: scanner.bytes)
    return true
  }
}
