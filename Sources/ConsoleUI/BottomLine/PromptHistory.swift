import CommandLanguage

/// Lines typed at prompts, by what they were for.
///
/// Those that say how one looks at mail last from run to run; those that may quote a mail (notes, replies, reasons, changes) are
/// forgotten with the screen.
package struct PromptHistory {
  private var lines: [Prompt.Purpose: [String]] = [:]

  package static let limit = 200

  /// The newest last.
  subscript(purpose: Prompt.Purpose) -> [String] { lines[purpose] ?? [] }

  mutating func remember(_ text: String, for purpose: Prompt.Purpose) {
    guard !text.isEmpty else { return }
    var lines = self[purpose]
    lines.removeAll { $0 == text }
    lines.append(text)
    if lines.count > PromptHistory.limit { lines.removeFirst() }
    self.lines[purpose] = lines
  }

  // MARK: from run to run

  /// The prompts whose lines last, by the word that they are kept under.
  private static let lasting: [(word: String, purpose: Prompt.Purpose)] = [
    ("filter", .filter), ("search", .search), ("hold", .hold), ("rule", .rule(nil)), ("type", .instruction),
    ("milter", .milter),
  ]

  /// The word to keep a line under; nil for one that is not to last.
  static func word(for text: String, at purpose: Prompt.Purpose) -> String? {
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else { return nil }
    if purpose == .instruction, !isAboutTheScreen(text) { return nil }
    return lasting.first { $0.purpose == purpose }?.word
  }

  /// Takes a line that was kept; one under another word is ignored.
  package mutating func recall(_ text: String, under word: String) {
    guard let row = Self.lasting.first(where: { $0.word == word }) else { return }
    remember(text, for: row.purpose)
  }

  /// Whether it acts on the screen alone, and so says nothing of a mail.
  private static func isAboutTheScreen(_ text: String) -> Bool {
    guard let statements = try? Typed.statements(text) else { return false }
    return statements.allSatisfy { statement in
      switch statement {
      case .console: true
      case .instruction, .rule: false
      }
    }
  }
}
