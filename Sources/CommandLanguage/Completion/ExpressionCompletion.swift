import MilterProtocol

/// Follows an expression up to the cursor to see what may come there.
struct ExpressionCompletion {
  enum Result {
    case here(Completion)
    /// The expression ended before the cursor, with a word that goes on with a rule; where that word begins.
    case ended(at: Int)

    var completion: Completion {
      switch self {
      case .here(let completion): completion
      case .ended(let at): Completion(nothingAt: at)
      }
    }
  }

  /// What is expected next.
  private enum State {
    case term
    case operation([Term])
    case key(Term)
    case keyEnd(Term)
    case operand(Term, inList: Bool)
    case member(Term)
    case conjunction
  }

  private let bytes: [UInt8]
  private let start: Int
  /// Words that may follow a whole expression.
  private let followers: [Completion.Candidate]

  init(_ bytes: [UInt8], from start: Int, followers: [Completion.Candidate] = []) {
    self.bytes = bytes
    self.start = start
    self.followers = followers
  }

  var result: Result {
    var scanner = Scanner(bytes)
    scanner.at = start
    // Whatever an operator may stand in front of is passed over, so that what follows is completed.
    scanner.takesPlainWords = true
    var state = State.term
    while true {
      scanner.skipSpace()
      let tokenStart = scanner.at
      guard let next = try? scanner.token() else { return .here(inString(from: tokenStart, state)) }
      // What touches the cursor is still being typed.
      if next.token == .end { return .here(completion(bytes.count..<bytes.count, state)) }
      if next.range.upperBound == bytes.count, next.token.isTyped {
        return .here(completion(next.range, state))
      }
      guard let following = step(state, next.token) else { return .ended(at: tokenStart) }
      state = following
    }
  }

  /// nil where the token does not belong to the expression.
  private func step(_ state: State, _ token: Token) -> State? {
    switch (state, token) {
    case (.term, .word(let word)):
      if word.lowercased() == "not" { return .term }
      return Term.byName[word.lowercased()].map { .operation($0) } ?? .conjunction
    case (.term, .string), (.term, .value), (.term, .plain): return .conjunction
    case (.term, .mark), (_, .end): return .term
    case (.operation(let terms), .mark("[")): return .key(terms.first { $0.hasKey } ?? terms[0])
    case (.operation(let terms), .mark(let mark)) where Comparison(rawValue: mark) != nil:
      return .operand(compared(terms), inList: false)
    case (.operation(let terms), .word(let word)) where Comparison(rawValue: word.lowercased()) != nil:
      return .operand(compared(terms), inList: false)
    case (.operation(let terms), .word(let word)) where word.lowercased() == "not": return .operation(terms)
    case (.key(let term), _): return .keyEnd(term)
    case (.keyEnd(let term), _): return .operation([term])
    case (.operand(let term, _), .mark("[")): return .operand(term, inList: true)
    case (.operand(let term, let inList), _): return inList ? .member(term) : .conjunction
    case (.member(let term), .mark(",")): return .operand(term, inList: true)
    case (.member, _): return .conjunction
    case (.operation, .word(let word)), (.conjunction, .word(let word)):
      return ["and", "or"].contains(word.lowercased()) ? .term : nil
    case (.operation, .mark(")")), (.conjunction, .mark(")")): return .conjunction
    case (.operation, .mark), (.conjunction, .mark), (.operation, .string), (.operation, .value),
      (.operation, .plain), (.conjunction, .string), (.conjunction, .value), (.conjunction, .plain):
      return .term
    }
  }

  private func compared(_ terms: [Term]) -> Term {
    terms.first { $0.type != .flag && !$0.hasKey } ?? terms.first { $0.type != .flag } ?? terms[0]
  }

  private func completion(_ range: Range<Int>, _ state: State) -> Completion {
    Completion(range, of: bytes, among: candidates(state))
  }

  private func candidates(_ state: State) -> [Completion.Candidate] {
    switch state {
    case .term:
      Term.table.map { Completion.Candidate($0.hasKey ? $0.name + "[\"" : $0.name, $0.doc) }
        + [Completion.Candidate("not", "the opposite")]
    case .operation(let terms):
      operators(of: terms) + conjunctions
    case .key, .keyEnd: []
    case .operand(let term, _): literals(for: term)
    case .member: []
    case .conjunction: conjunctions
    }
  }

  private func operators(of terms: [Term]) -> [Completion.Candidate] {
    terms.first { $0.type != .flag && (!$0.hasKey || terms.count == 1) }.map { term in
      term.type.operators.map { Completion.Candidate($0.rawValue, $0.doc) }
    } ?? []
  }

  private var conjunctions: [Completion.Candidate] {
    [Completion.Candidate("and", "both"), Completion.Candidate("or", "either")] + followers
  }

  private func literals(for term: Term) -> [Completion.Candidate] {
    switch term.type {
    case .finding: Finding.Severity.allCases.map { Completion.Candidate($0.name, "a finding's weight") }
    case .stage: Stage.allCases.map { Completion.Candidate($0.word, "the stage of \($0.name)") }
    case .leg: Leg.allCases.map { Completion.Candidate($0.name, "sent by the \($0.name)") }
    case .flag, .number, .size, .duration, .time, .text, .mailbox, .address, .bytes: []
    }
  }

  /// Within an open string: names of macros and headers.
  private func inString(from open: Int, _ state: State) -> Completion {
    let range = min(open + 1, bytes.count)..<bytes.count
    guard case .key(let term) = state else { return Completion(range, of: bytes, among: []) }
    return Completion(range, of: bytes, among: Self.keys(of: term))
  }

  /// What may stand in the brackets of a term, with the end of its string and of the brackets.
  static func keys(of term: Term) -> [Completion.Candidate] {
    term.name.hasPrefix("macro")
      ? KnownMacro.table.map { Completion.Candidate($0.name + "\"]", $0.meaning) }
      : headers.map { Completion.Candidate($0 + "\"]", "header") }
  }

  private static let headers = [
    "Subject", "From", "To", "Cc", "Date", "Message-ID", "Reply-To", "Return-Path", "Received", "List-Id",
    "Content-Type", "MIME-Version", "Authentication-Results", "Received-SPF", "DKIM-Signature", "ARC-Seal",
    "X-Spam-Status",
  ]
}

extension Token {
  /// Whether more letters might belong to it.
  fileprivate var isTyped: Bool {
    switch self {
    case .word, .value, .plain: true
    case .string, .mark, .end: false
    }
  }
}
