/// A file of rules or of settings: a statement a line.
///
/// `#` begins a comment where it stands at the start of a line or behind white space, outside strings. A backslash
/// at the end of a line goes on with the next; so do lines that begin with white space.
package enum RuleFile {
  /// A statement, and the line it begins on, from 1.
  package struct Line: Equatable, Sendable {
    package var number: Int
    package var statements: [Statement]
  }

  package struct Mistake: Error, Equatable, Sendable {
    package var file: String
    /// From 1.
    package var line: Int
    /// What is wrong, in the whole of a continued line.
    package var error: SyntaxError

    /// `rules:12:5: unknown term 'stge'`, and the text with carets.
    package var description: String { "\(file):\(line):\(error.column): \(error.description)" }
  }

  /// - Parameter name: as it is to be called in errors.
  package static func parse(_ bytes: [UInt8], name: String) throws(Mistake) -> [Line] {
    var lines: [Line] = []
    for line in logicalLines(bytes) {
      do throws(SyntaxError) {
        lines.append(Line(number: line.number, statements: try Statement.parse(line.text)))
      } catch {
        throw line.mistake(error, in: name)
      }
    }
    return lines
  }

  /// Only rules, each with its place if the file has a name; other statements are refused.
  package static func rules(_ bytes: [UInt8], name: String) throws(Mistake) -> [Rule] {
    var rules: [Rule] = []
    for line in logicalLines(bytes) {
      do throws(SyntaxError) {
        for statement in try Statement.parse(line.text) {
          guard case .rule(var rule) = statement else {
            throw SyntaxError(
              "expected a rule", hint: "on EXPRESSION do INSTRUCTION", in: line.text, at: 0..<line.text.count)
          }
          rule.place = name.isEmpty ? nil : "\(name):\(line.number)"
          rules.append(rule)
        }
      } catch {
        throw line.mistake(error, in: name)
      }
    }
    return rules
  }

  /// A line without its comment, put together with those that it goes on with.
  struct LogicalLine {
    /// Of the first of its lines.
    let number: Int
    var text: [UInt8]
    /// For each of its lines: where it begins in `text`.
    var parts: [(number: Int, start: Int)]

    /// In the line where it is.
    func mistake(_ error: SyntaxError, in name: String) -> Mistake {
      let index = parts.lastIndex { $0.start <= error.range.lowerBound } ?? 0
      let start = parts[index].start
      let end = index + 1 < parts.count ? parts[index + 1].start - 1 : text.count
      let from = min(error.range.lowerBound, end)
      let range = (from - start)..<(max(from, min(error.range.upperBound, end)) - start)
      let shown = error.shown(in: Array(text[start..<end]), at: range)
      return Mistake(file: name, line: parts[index].number, error: shown)
    }
  }

  static func logicalLines(_ bytes: [UInt8]) -> [LogicalLine] {
    var lines: [LogicalLine] = []
    var goesOn = false
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      var text = withoutComment(Array(line.last == 0x0D ? line.dropLast() : line))
      let isIndented = text.first == 0x20 || text.first == 0x09
      let isBlank = text.allSatisfy { $0 == 0x20 || $0 == 0x09 }
      let willGoOn = text.last == UInt8(ascii: "\\")
      if willGoOn { text.removeLast() }
      if isBlank, !goesOn { continue }
      if goesOn || (isIndented && !lines.isEmpty) {
        lines[lines.count - 1].parts.append((index + 1, lines[lines.count - 1].text.count + 1))
        lines[lines.count - 1].text += [0x20] + text
      } else {
        lines.append(LogicalLine(number: index + 1, text: text, parts: [(index + 1, 0)]))
      }
      goesOn = willGoOn
    }
    return lines
  }

  private static func withoutComment(_ line: [UInt8]) -> [UInt8] {
    var quote: UInt8?
    var isEscaped = false
    var next = 0
    while next < line.count {
      let (index, byte) = (next, line[next])
      next += 1
      if isEscaped {
        isEscaped = false
      } else if byte == ValuedText.brace, let value = ValuedText.braced(at: index, in: line) {
        // It brings its own quotes.
        next = value.end
      } else if let open = quote {
        if byte == UInt8(ascii: "\\") { isEscaped = true }
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        // An apostrophe within a word opens nothing.
        let isWithinWord = index > 0 && (isLetter(line[index - 1]) || isDigit(line[index - 1]))
        if !isWithinWord { quote = byte }
      } else if byte == UInt8(ascii: "#"), index == 0 || line[index - 1] <= 0x20 {
        var end = index
        while end > 0, line[end - 1] <= 0x20 { end -= 1 }
        return Array(line[..<end])
      }
    }
    return line
  }
}
