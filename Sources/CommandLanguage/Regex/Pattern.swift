/// A regular expression over bytes that is searched for in time in proportion to the text, whatever the text.
///
/// Mail is hostile: the standard library's `Regex` works on `String`, which mail bytes are not, and backtracks.
/// This one cannot backtrack. The usual syntax: literals, `.` (any byte, as a fold is a line end within a
/// header), classes, `\d \w \s \b` and their opposites, `^ $`, groups, `|`, `* + ? {m,n}`, `(?i)` and `(?-i)`.
/// There are no back references and no look-around. Letters match in either case unless `(?-i)` says otherwise.
package struct Pattern: Equatable, Sendable {
  /// As typed, between its quotes.
  package let source: [UInt8]
  private let machine: PatternMachine
  /// nil where it would have too many states: the machine is then followed in all states at once.
  private let table: PatternTable?

  /// - Throws: what is wrong, and the bytes of `source` that are.
  package init(_ source: [UInt8], caseSensitive: Bool = false) throws(Mistake) {
    guard String(validating: source, as: UTF8.self) != nil else {
      throw Mistake("the pattern is not UTF-8: write other bytes as \\xNN", at: 0..<source.count)
    }
    self.source = source
    var parser = PatternParser(source, caseSensitive: caseSensitive)
    machine = PatternMachine(try parser.parse())
    guard machine.count <= Self.maximumStates else { throw Self.tooLarge(source) }
    table = PatternTable(machine)
    guard table != nil || machine.count <= Self.maximumFollowed else { throw Self.tooLarge(source) }
  }

  private static func tooLarge(_ source: [UInt8]) -> Mistake {
    Mistake(
      "the pattern is too large: its repetitions multiply; repeat less often, or without end ({20,} or +)",
      at: 0..<source.count)
  }

  /// What is wrong with a pattern, and where in it.
  package struct Mistake: Error, Equatable, Sendable {
    package var message: String
    package var range: Range<Int>

    init(_ message: String, at range: Range<Int>) {
      self.message = message
      self.range = range
    }
  }

  /// States of the machine beyond which a pattern is refused.
  static let maximumStates = 1000
  /// The same where there is no table: each byte of text may visit all of them.
  static let maximumFollowed = 512

  package static func == (a: Pattern, b: Pattern) -> Bool { a.source == b.source }

  /// Whether it is found anywhere in `text`; no, where that takes more than there is of `effort`.
  package func isFound(in text: ArraySlice<UInt8>, _ effort: inout SearchEffort) -> Bool {
    if let table { return table.isFound(in: text) }
    return effort.spend { machine.isFound(in: text, steps: &$0, atMost: $1) }
  }

  /// The text with each place where the pattern is found replaced; nil where that takes more than there is of `effort`.
  func replaced(in text: [UInt8], with replacement: [UInt8], _ effort: inout SearchEffort) -> [UInt8]? {
    if let table, !table.isFound(in: text[...]) { return text }
    var matches: [Range<Int>] = []
    let isDone = effort.spend { steps, most in
      guard let found = machine.matches(in: text[...], steps: &steps, atMost: most) else { return nil }
      matches = found
      return true
    }
    guard isDone else { return nil }
    var result: [UInt8] = []
    var copiedTo = 0
    for match in matches {
      result += text[copiedTo..<match.lowerBound] + replacement
      copiedTo = match.upperBound
    }
    return result + text[copiedTo...]
  }

  /// The same by following the machine, and how many states that visits.
  package func isFoundSlowly(in text: ArraySlice<UInt8>) -> (found: Bool, steps: Int) {
    var steps = 0
    return (machine.isFound(in: text, steps: &steps, atMost: .max) ?? false, steps)
  }

  /// Whether a byte of text costs one look into a table.
  package var isTabled: Bool { table != nil }

  package var states: Int { machine.count }
}
