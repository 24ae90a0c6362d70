/// A regular expression as a tree.
indirect enum PatternNode: Equatable {
  case empty
  case bytes(ByteSet)
  case assertion(PatternAssertion)
  case sequence([PatternNode])
  case choice([PatternNode])
  /// `most` is nil for without end.
  case repetition(PatternNode, least: Int, most: Int?)
}

/// A condition on the place between two bytes.
enum PatternAssertion: Equatable, Sendable {
  case textStart
  case textEnd
  case lineStart
  case lineEnd
  case wordBoundary
  case noWordBoundary

  func holds(before: PatternNeighbour, after: PatternNeighbour) -> Bool {
    switch self {
    case .textStart: before == .none
    case .textEnd: after == .none
    case .lineStart: before == .none || before == .lineEnd
    case .lineEnd: after == .none || after == .lineEnd
    case .wordBoundary: (before == .word) != (after == .word)
    case .noWordBoundary: (before == .word) == (after == .word)
    }
  }
}

/// What assertions want to know of the byte on one side.
enum PatternNeighbour: UInt8, Equatable, Sendable {
  /// The text begins or ends here.
  case none
  case word
  /// LF.
  case lineEnd
  case other

  init(_ byte: UInt8) {
    self = ByteSet.word.contains(byte) ? .word : byte == 0x0A ? .lineEnd : .other
  }
}
