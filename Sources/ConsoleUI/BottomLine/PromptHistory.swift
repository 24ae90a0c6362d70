/// Lines typed at prompts, by what they were for.
struct PromptHistory {
  private var lines: [Prompt.Purpose: [String]] = [:]

  private static let limit = 200

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
}
