import MilterProtocol
import TraceModel

extension Expression {
  /// - Throws: what is wrong, and where, with the nearest term where a word is unknown.
  package init(parsing text: String) throws(SyntaxError) { try self.init(parsing: Array(text.utf8)) }

  package init(parsing bytes: [UInt8]) throws(SyntaxError) {
    var parser = ExpressionParser(Scanner(bytes))
    self = try parser.expression()
    try parser.expectEnd()
  }
}

/// Reads an expression by recursive descent: `or` binds weaker than `and`, `and` weaker than `not`.
struct ExpressionParser {
  var scanner: Scanner
  private var depth = 0

  /// Parentheses and `not` in each other; beyond, the text is refused rather than the stack used up.
  private static let maximumDepth = 100

  init(_ scanner: Scanner) { self.scanner = scanner }

  /// The next token without moving past it.
  func peek() throws(SyntaxError) -> LocatedToken {
    var ahead = scanner
    return try ahead.token()
  }

  /// Moves past the next token if it is one of these words or marks, whatever the words' case.
  mutating func skip(_ spellings: String...) throws(SyntaxError) -> Bool {
    var ahead = scanner
    switch try ahead.token().token {
    case .word(let word) where spellings.contains(word.lowercased()): break
    case .mark(let mark) where spellings.contains(mark): break
    case .word, .mark, .string, .value, .end: return false
    }
    scanner = ahead
    return true
  }

  func expectEnd() throws(SyntaxError) {
    let next = try peek()
    guard next.token == .end else {
      throw scanner.error("expected 'and', 'or' or the end here", at: next.range)
    }
  }

  mutating func expression() throws(SyntaxError) -> Expression {
    var members = [try conjunction()]
    while try skip("or", "||") { members.append(try conjunction()) }
    return .any(members)
  }

  private mutating func conjunction() throws(SyntaxError) -> Expression {
    var members = [try negation()]
    while try skip("and", "&&") { members.append(try negation()) }
    return .all(members)
  }

  private mutating func negation() throws(SyntaxError) -> Expression {
    let start = try peek()
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw scanner.error("the expression nests too deeply", at: start.range)
    }
    if try skip("not", "!") { return .not(try negation()) }
    return try primary()
  }

  private mutating func primary() throws(SyntaxError) -> Expression {
    let next = try scanner.token()
    switch next.token {
    case .mark("("):
      let inner = try expression()
      guard try skip(")") else {
        throw scanner.error("'(' without ')'", at: next.range)
      }
      return inner
    case .string: return .search(try scanner.unescaped(next.range))
    case .word(let word): return try comparison(of: word, at: next.range)
    case .end:
      throw scanner.error("expected a term here", hint: "such as 'rcpt' or 'reply.code'", at: next.range)
    case .mark, .value:
      throw scanner.error("expected a term, not '\(scanner.text(next.range))'", at: next.range)
    }
  }

  private mutating func comparison(of word: String, at range: Range<Int>) throws(SyntaxError) -> Expression {
    let rows = try terms(named: word, at: range)
    if try peek().token == .mark("[") {
      guard let term = rows.first(where: \.hasKey) else {
        throw scanner.error("\(word) has no index", at: range)
      }
      let field = Expression.Field(term, key: try key(of: term.name))
      guard let (comparison, operatorRange) = try comparisonOperator() else { return .holds(field) }
      return try compare(field, comparison, at: operatorRange)
    }
    guard let (comparison, operatorRange) = try comparisonOperator() else {
      guard let term = rows.first(where: { !$0.hasKey }) else { throw missingKey(rows[0], at: range) }
      return .holds(Expression.Field(term))
    }
    guard let term = rows.first(where: { $0.type != .flag && !$0.hasKey }) else {
      if let keyed = rows.first(where: \.hasKey) { throw missingKey(keyed, at: range) }
      let field = Term.table.first { $0.name.hasPrefix(rows[0].name + ".") }
      throw scanner.error(
        "\(rows[0].name) is yes or no by itself, there is nothing to compare",
        hint: field.map { "did you mean '\($0.name)'?" }, at: range)
    }
    return try compare(Expression.Field(term), comparison, at: operatorRange)
  }

  private func missingKey(_ term: Term, at range: Range<Int>) -> SyntaxError {
    let example = term.name == "macro" ? "macro[\"i\"]" : "\(term.name)[\"Subject\"]"
    return scanner.error("\(term.name) needs a name in brackets", hint: "such as \(example)", at: range)
  }

  /// The rows that a word may mean: a kind and a field may share their name (`body`), as may a kind and an index (`macro`).
  func terms(named word: String, at range: Range<Int>) throws(SyntaxError) -> [Term] {
    if let rows = Term.byName[word.lowercased()] { return rows }
    let near = Nearest.match(for: word, among: Term.table.map(\.name))
    throw scanner.error("unknown term '\(word)'", hint: near.map { "did you mean '\($0)'?" }, at: range)
  }

  mutating func key(of term: String) throws(SyntaxError) -> [UInt8] {
    let open = try scanner.token()
    let name = try scanner.token()
    guard name.token == .string else {
      throw scanner.error("expected a name in quotes, such as \(term)[\"i\"]", at: name.range)
    }
    var key = try scanner.unescaped(name.range)
    if term == "macro", key.count > 2, key.first == UInt8(ascii: "{"), key.last == UInt8(ascii: "}") {
      key = Array(key.dropFirst().dropLast())
    }
    guard !key.isEmpty else { throw scanner.error("the name is empty", at: name.range) }
    guard try skip("]") else { throw scanner.error("'[' without ']'", at: open.range) }
    return key
  }

  /// nil where something else comes next: the term then stands alone.
  private mutating func comparisonOperator() throws(SyntaxError) -> (Operator, Range<Int>)? {
    var ahead = scanner
    let first = try ahead.token()
    switch first.token {
    case .mark(let mark):
      guard let comparison = Comparison(rawValue: mark) else { return nil }
      scanner = ahead
      return (Operator(comparison), first.range)
    case .word(let word):
      if word.lowercased() == "not" {
        let second = try ahead.token()
        guard case .word(let word) = second.token, word.lowercased() == "in" else { return nil }
        scanner = ahead
        return (Operator(.in, isNegated: true), first.range.lowerBound..<second.range.upperBound)
      }
      guard let comparison = Comparison(rawValue: word.lowercased()) else { return nil }
      scanner = ahead
      return (Operator(comparison), first.range)
    case .string, .value, .end: return nil
    }
  }

  private struct Operator {
    var comparison: Comparison
    /// `not in`.
    var isNegated = false

    init(_ comparison: Comparison, isNegated: Bool = false) {
      self.comparison = comparison
      self.isNegated = isNegated
    }
  }

  private mutating func compare(
    _ field: Expression.Field, _ operation: Operator, at range: Range<Int>
  ) throws(SyntaxError) -> Expression {
    let type = field.term.type
    guard type.operators.contains(operation.comparison) else {
      let usable = type.operators.map(\.rawValue).joined(separator: " ")
      throw scanner.error(
        "\(field.term.spelling) is \(type.withArticle)", hint: "it takes \(usable)", at: range)
    }
    let literal = try LiteralParser.literal(for: field.term, operation.comparison, from: &scanner)
    let comparison = Expression.compare(field, operation.comparison, literal)
    return operation.isNegated ? .not(comparison) : comparison
  }
}
