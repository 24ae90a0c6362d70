import TraceModel

/// What redaction has to know of the language in which the operator speaks; handed in by who knows it.
package struct OperatorLanguage: Sendable {
  /// Its keywords, which say nothing about anybody.
  package var words: [String]
  /// An instruction as it can be typed.
  package var text: @Sendable (Instruction) -> String

  package init(words: [String], text: @escaping @Sendable (Instruction) -> String) {
    self.words = words
    self.text = text
  }
}
