import MilterProtocol

/// What may be typed at the cursor, with a few words about each.
package struct Completion: Equatable, Sendable {
  /// The bytes in front of the cursor that a candidate takes the place of; empty at a new word.
  package let range: Range<Int>
  /// The likeliest first: those that begin with what is there, then those that have it in them.
  package let candidates: [Candidate]

  package struct Candidate: Equatable, Sendable {
    package let text: String
    package let doc: String

    package init(_ text: String, _ doc: String) {
      self.text = text
      self.doc = doc
    }
  }

  init(_ range: Range<Int>, of bytes: [UInt8], among candidates: [Candidate]) {
    let typed = String(decoding: bytes[range], as: UTF8.self).lowercased()
    var seen: Set<String> = []
    let unique = candidates.filter { seen.insert($0.text).inserted }
    let beginning = unique.filter { $0.text.lowercased().hasPrefix(typed) }
    let others = unique.filter { candidate in
      typed.utf8.count > 1 && !candidate.text.lowercased().hasPrefix(typed)
        && candidate.text.lowercased().contains(typed)
    }
    self.range = range
    self.candidates = beginning + others
  }

  /// No candidates.
  init(nothingAt place: Int) {
    range = place..<place
    candidates = []
  }

  /// Words that only the program knows: names of formats, options, keys and acts of the screen.
  package struct Vocabulary: Sendable {
    package var formats: [Candidate] = []
    package var options: [Candidate] = []
    package var acts: [Candidate] = []
    package var keys: [Candidate] = []

    package init() {}
  }

  /// For a prompt that takes an expression.
  ///
  /// - Parameter cursor: in bytes of the text's UTF-8.
  package static func expression(_ text: String, at cursor: Int) -> Completion {
    let bytes = Array(text.utf8.prefix(max(0, cursor)))
    return ExpressionCompletion(bytes, from: 0).result.completion
  }

  /// For a prompt that takes statements.
  package static func statement(
    _ text: String, at cursor: Int, vocabulary: Vocabulary = Vocabulary()
  ) -> Completion {
    StatementCompletion(Array(text.utf8.prefix(max(0, cursor))), vocabulary).completion()
  }
}

extension Completion {
  /// For a prompt that takes a text: the values that may stand in it.
  package static func value(_ text: String, at cursor: Int) -> Completion {
    let bytes = Array(text.utf8.prefix(max(0, cursor)))
    return ValueCompletion(bytes, from: 0)?.completion ?? Completion(nothingAt: bytes.count)
  }
}

extension Expression {
  /// What there is to say about an expression while it is typed.
  package enum Draft: Sendable {
    case empty
    case valid(Expression)
    /// Right so far: more is expected at its end.
    case incomplete(SyntaxError)
    case wrong(SyntaxError)
  }

  /// - Parameter isFilter: words that are none of the language are text.
  package static func draft(_ text: String, isFilter: Bool) -> Draft {
    if Scanner(Array(text.utf8)).isAtEnd { return .empty }
    do throws(SyntaxError) {
      return .valid(isFilter ? try Expression(filter: text) : try Expression(parsing: text))
    } catch {
      return error.continuation == nil ? .wrong(error) : .incomplete(error)
    }
  }
}
