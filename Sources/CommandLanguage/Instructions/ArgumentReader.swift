import MilterProtocol

/// Reads what follows an instruction's first word: words, strings, numbers, and text to the end of the instruction.
struct ArgumentReader {
  var scanner: Scanner

  init(_ scanner: Scanner) { self.scanner = scanner }

  /// A line's end or `;`.
  var isAtEnd: Bool { isAtEnd(behind: scanner) }

  func isAtEnd(behind scanner: Scanner) -> Bool {
    var rest = scanner
    rest.skipSpace()
    return rest.byte == nil || rest.byte == UInt8(ascii: ";")
  }

  /// Moves past `;`.
  mutating func skipSeparator() -> Bool {
    scanner.skipSpace()
    guard scanner.byte == UInt8(ascii: ";") else { return false }
    scanner.at += 1
    return true
  }

  func expectEnd(of name: String) throws(SyntaxError) {
    guard !isAtEnd else { return }
    var rest = scanner
    rest.skipSpace()
    throw scanner.error(
      "\(name) takes no more than this", hint: "';' separates instructions",
      at: rest.at..<Self.trimmedEnd(of: rest))
  }

  /// The next word where it is bare, without moving.
  func peekWord() -> (text: String, range: Range<Int>)? {
    var ahead = self
    guard let range = ahead.bareWord() else { return nil }
    return (scanner.text(range), range)
  }

  mutating func word(_ wanted: String) throws(SyntaxError) -> (text: String, range: Range<Int>) {
    guard let range = bareWord() else { throw missing(wanted) }
    return (scanner.text(range), range)
  }

  /// To white space or `;`.
  private mutating func bareWord(endingAt marks: [UInt8] = []) -> Range<Int>? {
    scanner.skipSpace()
    let start = scanner.at
    while let byte = scanner.byte, byte > 0x20, byte != UInt8(ascii: ";") {
      if marks.contains(byte) { break }
      scanner.at += 1
    }
    return scanner.at > start ? start..<scanner.at : nil
  }

  func missing(_ wanted: String) -> SyntaxError {
    var rest = scanner
    rest.skipSpace()
    return scanner.error("expected \(wanted) here", at: rest.at..<(rest.byte == nil ? rest.at : rest.at + 1))
  }

  var startsString: Bool { scanner.byte == UInt8(ascii: "\"") || scanner.byte == UInt8(ascii: "'") }

  /// A word or a string.
  mutating func argument(
    _ wanted: String, endingAt marks: [UInt8] = []
  ) throws(SyntaxError) -> (bytes: [UInt8], range: Range<Int>) {
    scanner.skipSpace()
    if startsString {
      let range = try scanner.quoted()
      return (try scanner.unescaped(range), range)
    }
    guard let range = bareWord(endingAt: marks) else { throw missing(wanted) }
    return (Array(scanner.bytes[range]), range)
  }

  /// A string, or else everything up to `;` or the end as it stands.
  mutating func text(_ wanted: String) throws(SyntaxError) -> (bytes: [UInt8], range: Range<Int>) {
    scanner.skipSpace()
    if startsString { return try argument(wanted) }
    let start = scanner.at
    let end = Self.trimmedEnd(of: scanner)
    guard end > start else { throw missing(wanted) }
    while let byte = scanner.byte, byte != UInt8(ascii: ";") { scanner.at += 1 }
    return (Array(scanner.bytes[start..<end]), start..<end)
  }

  private static func trimmedEnd(of scanner: Scanner) -> Int {
    var end = scanner.bytes[scanner.at...].firstIndex(of: UInt8(ascii: ";")) ?? scanner.bytes.count
    while end > scanner.at, scanner.bytes[end - 1] <= 0x20 { end -= 1 }
    return end
  }

  /// Moves past that mark, where it stands here.
  mutating func skip(_ mark: UInt8) {
    var ahead = scanner
    ahead.skipSpace()
    guard ahead.byte == mark else { return }
    ahead.at += 1
    scanner = ahead
  }

  mutating func number(_ wanted: String, from low: Int, to high: Int) throws(SyntaxError) -> Int {
    let (text, range) = try word(wanted)
    guard text.utf8.allSatisfy(isDigit), let number = Int(text), (low...high).contains(number) else {
      throw scanner.error("expected \(wanted) from \(low) to \(high), not '\(text)'", at: range)
    }
    return number
  }

  /// `[2]` right behind a name.
  mutating func index() throws(SyntaxError) -> UInt32? {
    guard scanner.byte == UInt8(ascii: "[") else { return nil }
    let start = scanner.at
    guard let close = scanner.bytes[start...].firstIndex(of: UInt8(ascii: "]")) else {
      throw scanner.error("'[' without ']'", at: start..<(start + 1))
    }
    scanner.at = close + 1
    let text = scanner.text((start + 1)..<close)
    guard text.utf8.allSatisfy(isDigit), let index = UInt32(text), index > 0 else {
      throw scanner.error("expected an index from 1", at: start..<(close + 1))
    }
    return index
  }

  /// One of some words.
  mutating func choice<Value>(
    _ wanted: String, _ choices: [(String, Value)]
  ) throws(SyntaxError) -> Value {
    let (text, range) = try word(wanted)
    if let choice = choices.first(where: { $0.0 == text.lowercased() }) { return choice.1 }
    throw scanner.error("expected \(wanted), not '\(text)'", at: range)
  }

  /// A path or name in valid UTF-8.
  mutating func string(_ wanted: String) throws(SyntaxError) -> String {
    let (bytes, range) = try argument(wanted)
    return try Self.string(bytes, range, in: scanner)
  }

  static func string(_ bytes: [UInt8], _ range: Range<Int>, in scanner: Scanner) throws(SyntaxError) -> String
  {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw scanner.error("this is not UTF-8", at: range)
    }
    return text
  }
}
