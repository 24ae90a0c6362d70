import TraceModel

/// What redaction has to know of the language in which the operator speaks; handed in by who knows it.
package struct OperatorLanguage: Sendable {
  /// Its keywords, which say nothing about anybody.
  package var words: [String]
  /// An instruction as it can be typed.
  package var text: @Sendable (Instruction) -> String

  /// A text of an instruction cut into what goes out as it stands and the values that it names, which say nothing themselves.
  package var pieces: @Sendable ([UInt8]) -> [Piece]

  package struct Piece: Sendable {
    package var bytes: [UInt8]
    package var isValue: Bool

    package init(_ bytes: [UInt8], isValue: Bool = false) {
      self.bytes = bytes
      self.isValue = isValue
    }
  }

  package init(
    words: [String], pieces: @escaping @Sendable ([UInt8]) -> [Piece] = { [Piece($0)] },
    text: @escaping @Sendable (Instruction) -> String
  ) {
    self.words = words
    self.pieces = pieces
    self.text = text
  }
}
