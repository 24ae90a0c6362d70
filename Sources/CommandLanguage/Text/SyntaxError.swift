/// Text that does not parse: what was expected, what was there, and where.
package struct SyntaxError: Error, Equatable, Sendable {
  /// In the user's words, lower case, no full stop.
  package var message: String
  /// What to do about it; nil where the message says it all.
  package var hint: String?
  /// The line that it is about, as typed.
  package var line: [UInt8]
  /// Bytes of `line` that are wrong; may be empty at its end.
  package var range: Range<Int>

  package init(_ message: String, hint: String? = nil, in line: [UInt8], at range: Range<Int>) {
    self.message = message
    self.hint = hint
    self.line = line
    let start = min(range.lowerBound, line.count)
    self.range = start..<max(start, min(range.upperBound, line.count))
  }

  /// Where it starts, in characters from 1.
  package var column: Int { Self.characters(line[..<range.lowerBound]) + 1 }

  /// Three lines: the message, the text, and carets under what is wrong with the hint behind them.
  package var description: String {
    let shown = Self.printable(line[...])
    let carets = String(repeating: "^", count: max(1, Self.characters(line[range])))
    let marker = String(repeating: " ", count: column - 1) + carets
    return "\(message)\n  \(shown)\n  \(marker)" + (hint.map { " \($0)" } ?? "")
  }

  private static func characters(_ bytes: ArraySlice<UInt8>) -> Int { printable(bytes).count }

  /// Control characters would move the carets: each becomes a space.
  private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
  }
}
