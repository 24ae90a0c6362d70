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
  /// What could be typed next where the text is right so far and not finished; nil where it is wrong as it stands.
  package var continuation: String?
  /// What would let the text be read on from here; nil where nobody can tell.
  package var repair: Repair?
  /// The whole text as it holds, to be pasted; nil where nobody can tell what was meant.
  package private(set) var correction: String?

  /// Bytes of the line, and what was probably meant by them.
  package struct Repair: Equatable, Sendable {
    var range: Range<Int>
    var text: String

    init(_ range: Range<Int>, _ text: String) {
      self.range = range
      self.text = text
    }
  }

  package init(_ message: String, hint: String? = nil, in line: [UInt8], at range: Range<Int>) {
    self.message = message
    self.hint = hint
    self.line = line
    let start = min(range.lowerBound, line.count)
    self.range = start..<max(start, min(range.upperBound, line.count))
  }

  /// Where it starts, in characters from 1.
  package var column: Int { Self.characters(line[..<range.lowerBound]) + 1 }

  /// What to do about it, the corrected text last.
  package var advice: String? {
    let words = [hint, correction.map { "try: \($0)" } ?? guess].compactMap { $0 }
    return words.isEmpty ? nil : words.joined(separator: "; ")
  }

  /// What was probably meant by the wrong word, where the rest does not hold either.
  private var guess: String? {
    guard let repair, repair.range == range, !repair.text.isEmpty else { return nil }
    return "did you mean '\(repair.text)'?"
  }

  /// On one line: what is wrong, and what to do about it.
  package var summary: String { advice.map { "\(message); \($0)" } ?? message }

  /// Three lines: the message, the text, and carets under what is wrong with the advice behind them.
  package var description: String {
    let shown = Self.printable(line[...])
    let carets = String(repeating: "^", count: max(1, Self.characters(line[range])))
    let marker = String(repeating: " ", count: column - 1) + carets
    return "\(message)\n  \(shown)\n  \(marker)" + (advice.map { " \($0)" } ?? "")
  }

  /// The same mistake in part of the line.
  package func shown(in line: [UInt8], at range: Range<Int>) -> SyntaxError {
    var error = SyntaxError(message, hint: hint, in: line, at: range)
    error.correction = correction
    error.repair = repair.flatMap { $0.range == self.range ? Repair(error.range, $0.text) : nil }
    return error
  }

  private static func characters(_ bytes: ArraySlice<UInt8>) -> Int { printable(bytes).count }

  /// Control characters would move the carets: each becomes a space.
  private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
  }
}

extension SyntaxError {
  /// Mistakes of one line that are mended one after the other, and the length of a line that is still worth it.
  private static let (maximumRepairs, maximumLine) = (16, 4096)

  /// With the text as it holds once each mistake in it is repaired.
  ///
  /// - Parameter read: reads a text as the one that the error is about was read.
  func corrected(_ read: ([UInt8]) throws(SyntaxError) -> Void) -> SyntaxError {
    var (error, bytes) = (self, line)
    for _ in 0..<Self.maximumRepairs {
      guard let repair = error.repair, bytes.count <= Self.maximumLine,
        repair.range.upperBound <= bytes.count
      else { break }
      var end = repair.range.upperBound
      if repair.text.isEmpty, repair.range.lowerBound == 0 || bytes[repair.range.lowerBound - 1] == 0x20 {
        // With the space behind a word that goes.
        while end < bytes.count, bytes[end] == 0x20 { end += 1 }
      }
      bytes.replaceSubrange(repair.range.lowerBound..<end, with: repair.text.utf8)
      do throws(SyntaxError) {
        try read(bytes)
        var corrected = self
        corrected.correction = Self.pasteable(bytes)
        return corrected
      } catch let next {
        error = next
      }
    }
    return self
  }

  /// nil where bytes would not come back from a terminal as they are; a tab separates like a space.
  private static func pasteable(_ bytes: [UInt8]) -> String? {
    let spaced = bytes.map { $0 == 0x09 ? 0x20 : $0 }
    guard spaced.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
      let text = String(validating: spaced, as: UTF8.self)
    else { return nil }
    let trimmed = text.drop { $0 == " " }
    return String(trimmed.prefix(trimmed.count - trimmed.reversed().prefix { $0 == " " }.count))
  }
}
