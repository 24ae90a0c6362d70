/// Explanations in words, a line for each thing that can be said.
package enum ExplanationText {
  /// - Parameter place: the packet in a trace that the line is about.
  package static func text(_ explanation: Explanation, packet place: String? = nil) -> String {
    let rows: [(label: String, words: String?)] = [
      ("means", explanation.meaning), ("decided", explanation.decided),
      ("versions", explanation.version), ("said by", explanation.said),
      ("follows", explanation.follows.map { "from: \($0)" }), ("likely", causes(explanation.causes)),
      ("check", explanation.check), ("write", explanation.write), ("packet", place),
    ]
    return rows.compactMap { row in row.words.map { line(row.label, $0) } }.joined()
  }

  package static func text(_ unrelated: Unrelated) -> String {
    line("means", words(unrelated))
  }

  package static func words(_ unrelated: Unrelated) -> String {
    "not about a milter" + (unrelated.neighbour.map { "; it looks like \($0.words)" } ?? "")
  }

  private static func causes(_ causes: [String]) -> String? {
    guard causes.count > 1 else { return causes.first }
    return causes.enumerated().map { "\($0.offset + 1). \($0.element)" }.joined(separator: "; ")
  }

  private static func line(_ label: String, _ words: String) -> String {
    "  " + label + String(repeating: " ", count: max(1, 9 - label.count)) + words + "\n"
  }
}
