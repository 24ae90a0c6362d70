import MilterProtocol
import TraceModel

extension Expression {
  /// As it stands in a rule, which acts on mail: every word has to be one of the language.
  ///
  /// - Throws: what is wrong, and where, with the text that was probably meant.
  package init(parsing text: String) throws(SyntaxError) { try self.init(parsing: Array(text.utf8)) }

  package init(parsing bytes: [UInt8]) throws(SyntaxError) { try self.init(bytes, isFilter: false) }

  /// As it is typed for a filter, which only shows: words that are none of the language are looked for as text.
  ///
  /// - Throws: what is wrong, and where, with the text that was probably meant.
  package init(filter text: String) throws(SyntaxError) { try self.init(Array(text.utf8), isFilter: true) }

  private init(_ bytes: [UInt8], isFilter: Bool) throws(SyntaxError) {
    do throws(SyntaxError) { self = try Self.read(bytes, isFilter) } catch {
      throw error.corrected { (bytes) throws(SyntaxError) in _ = try Self.read(bytes, isFilter) }
    }
  }

  /// What plain words in a filter came to, as it stands in a rule; nil where it could stand there as it is.
  package static func plainReading(of filter: String) -> String? {
    guard (try? Expression(parsing: filter)) == nil else { return nil }
    return (try? Expression(filter: filter))?.text
  }

  /// A term that a text looked for is a misspelling of, perhaps.
  package var misspelledTerm: String? {
    switch self {
    case .search(let text):
      Nearest.match(for: String(decoding: text, as: UTF8.self), among: Term.table.map(\.name))
    case .not(let member): member.misspelledTerm
    case .and(let members), .or(let members): members.lazy.compactMap(\.misspelledTerm).first
    case .holds, .compare: nil
    }
  }

  private static func read(_ bytes: [UInt8], _ isFilter: Bool) throws(SyntaxError) -> Expression {
    var parser = ExpressionParser(Scanner(bytes), isFilter: isFilter)
    let expression = try parser.expression()
    try parser.expectEnd()
    return expression
  }
}

/// Reads an expression by recursive descent: `or` binds weaker than `and`, `and` weaker than `not`.
struct ExpressionParser {
  var scanner: Scanner
  private var depth = 0
  /// Where the latest plain words lie that were read as text; more may follow that belong to them.
  private var plainWords: Range<Int>?
  /// Where the latest `and`, `or` or `not` lies.
  private var connective: Range<Int>?

  /// Parentheses and `not` in each other; beyond, the text is refused rather than the stack used up.
  private static let maximumDepth = 100

  /// - Parameter isFilter: words that are none of the language are text.
  init(_ scanner: Scanner, isFilter: Bool = false) {
    self.scanner = scanner
    self.scanner.takesPlainWords = isFilter
  }

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
    case .word, .plain, .mark, .string, .value, .end: return false
    }
    scanner = ahead
    return true
  }

  /// Moves past `and`, `or` or `not`, and keeps in mind where it was.
  private mutating func connects(_ word: String, _ mark: String) throws(SyntaxError) -> Bool {
    let next = try peek()
    guard try skip(word, mark) else { return false }
    connective = next.range
    return true
  }

  func expectEnd() throws(SyntaxError) {
    let next = try peek()
    guard next.token == .end else {
      throw scanner.error(
        "expected 'and', 'or' or the end here", repair: joint(before: next), at: next.range)
    }
  }

  /// What makes sense of a token behind a whole expression.
  func joint(before next: LocatedToken) -> SyntaxError.Repair {
    if let plainWords, let more = plainRun(from: next.range.lowerBound) {
      let whole = plainWords.lowerBound..<more
      return SyntaxError.Repair(whole, Quoting.string(Array(scanner.bytes[whole])))
    }
    switch next.token {
    case .word(let word):
      if let near = Nearest.match(for: word, among: ["and", "or"]), Term.byName[word.lowercased()] == nil {
        return SyntaxError.Repair(next.range, near)
      }
      return SyntaxError.Repair(next.range.lowerBound..<next.range.lowerBound, "and ")
    case .mark("("), .mark("!"), .string, .value, .plain, .end:
      return SyntaxError.Repair(next.range.lowerBound..<next.range.lowerBound, "and ")
    case .mark: return SyntaxError.Repair(next.range, "")
    }
  }

  /// Where plain words end that go on here; nil where something else comes.
  private func plainRun(from start: Int) -> Int? {
    var ahead = scanner
    ahead.at = start
    var end: Int?
    while let next = try? ahead.token() {
      switch next.token {
      case .plain, .value: break
      case .word(let word) where Self.isText(word): break
      case .word, .string, .mark, .end: return end
      }
      end = next.range.upperBound
    }
    return end
  }

  /// Whether a word says nothing in the language.
  private static func isText(_ word: String) -> Bool {
    let word = word.lowercased()
    return Term.byName[word] == nil && PlainTerm.byWord[word] == nil && !reserved.contains(word)
  }

  private static let reserved = Set(["and", "or", "not"] + Comparison.allCases.map(\.rawValue))

  mutating func expression() throws(SyntaxError) -> Expression {
    var members = [try conjunction()]
    while try connects("or", "||") { members.append(try conjunction()) }
    return .any(members)
  }

  private mutating func conjunction() throws(SyntaxError) -> Expression {
    var members = [try negation()]
    while try connects("and", "&&") { members.append(try negation()) }
    return .all(members)
  }

  private mutating func negation() throws(SyntaxError) -> Expression {
    let start = try peek()
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw scanner.error("the expression nests too deeply", at: start.range)
    }
    if try connects("not", "!") { return .not(try negation()) }
    return try primary()
  }

  private mutating func primary() throws(SyntaxError) -> Expression {
    let next = try scanner.token()
    plainWords = nil
    switch next.token {
    case .mark("("):
      let inner = try expression()
      guard try skip(")") else { throw try unclosed(next.range) }
      plainWords = nil
      return inner
    case .string: return .search(try scanner.unescaped(next.range))
    case .word(let word): return try comparison(of: word, at: next.range)
    case .plain(let text), .value(let text):
      guard scanner.takesPlainWords else { break }
      if try hasComparison() { throw unknown(text, at: next.range) }
      plainWords = next.range
      return PlainTerm.expression(text)
    case .end:
      throw scanner.error(
        "expected a term here", hint: "such as 'rcpt' or 'reply.code'",
        repair: connective.map { SyntaxError.Repair($0, "") }, continuation: "a term goes on",
        at: next.range)
    case .mark: break
    }
    let text = scanner.text(next.range)
    var repair = SyntaxError.Repair(next.range, "")
    if case .value = next.token { repair.text = PlainTerm.expression(text).text }
    throw scanner.error("expected a term, not '\(text)'", repair: repair, at: next.range)
  }

  /// What is wrong behind an expression in parentheses, which begins with the one at `open`.
  private func unclosed(_ open: Range<Int>) throws(SyntaxError) -> SyntaxError {
    let next = try peek()
    if next.token != .end, plainWords != nil {
      return scanner.error("expected 'and', 'or' or ')' here", repair: joint(before: next), at: next.range)
    }
    var end = next.range.lowerBound
    while end > 0, scanner.bytes[end - 1] <= 0x20 { end -= 1 }
    return scanner.error(
      "'(' without ')'", repair: SyntaxError.Repair(end..<end, ")"),
      continuation: next.token == .end ? "')' goes on, or 'and', 'or'" : nil, at: open)
  }

  /// Whether a comparison or an index comes next.
  private func hasComparison() throws(SyntaxError) -> Bool {
    var ahead = self
    if try ahead.peek().token == .mark("[") { return true }
    return try ahead.comparisonOperator() != nil
  }

  /// In a rule an unknown word is at fault before whatever follows it.
  private func isCompared(_ word: String) throws(SyntaxError) -> Bool {
    let isUnknown = !scanner.takesPlainWords && Term.byName[word.lowercased()] == nil
    return isUnknown ? (try? hasComparison()) ?? false : try hasComparison()
  }

  private func unknown(_ word: String, at range: Range<Int>) -> SyntaxError {
    scanner.error("unknown term '\(word)'", near: PlainTerm.guess(for: word), at: range)
  }

  private mutating func comparison(of word: String, at range: Range<Int>) throws(SyntaxError) -> Expression {
    if Self.reserved.contains(word.lowercased()) {
      throw scanner.error(
        "expected a term, not '\(word)'", repair: SyntaxError.Repair(range, ""), at: range)
    }
    let isCompared = try isCompared(word)
    if scanner.takesPlainWords {
      if !isCompared, let plain = PlainTerm.byWord[word.lowercased()] { throw alone(plain, word, at: range) }
      if !isCompared, Term.byName[word.lowercased()] == nil {
        plainWords = range
        return PlainTerm.expression(word)
      }
    }
    let rows = try terms(meant: word, at: range, isCompared: isCompared)
    if try peek().token == .mark("[") {
      guard let term = rows.first(where: \.hasKey) else { throw try noIndex(word, at: range) }
      let field = Expression.Field(term, key: try key(of: term.name))
      guard let (comparison, operatorRange) = try comparisonOperator() else { return .holds(field) }
      return try compare(field, at: range, comparison, at: operatorRange)
    }
    guard let (comparison, operatorRange) = try comparisonOperator() else {
      guard let term = rows.first(where: { !$0.hasKey }) else { throw missingKey(rows[0], at: range) }
      return .holds(Expression.Field(term))
    }
    guard let term = rows.first(where: { $0.type != .flag && !$0.hasKey }) else {
      if let keyed = rows.first(where: \.hasKey) { throw missingKey(keyed, at: range) }
      throw try noComparison(rows[0], at: range, comparison)
    }
    return try compare(Expression.Field(term), at: range, comparison, at: operatorRange)
  }

  /// In front of a comparison a filter takes the words that postmasters have; `from` only where no peer of the milter is meant.
  private func terms(
    meant word: String, at range: Range<Int>, isCompared: Bool
  ) throws(SyntaxError) -> [Term] {
    if scanner.takesPlainWords, isCompared, let plain = PlainTerm.byWord[word.lowercased()],
      let rows = Term.byName[plain.meant]
    {
      guard Term.byName[plain.word] != nil, try comparesWithLeg() else { return rows }
    }
    return try terms(named: word, at: range)
  }

  /// Whether `mta` or `milter`, or a list that begins so, stands behind the operator.
  private func comparesWithLeg() throws(SyntaxError) -> Bool {
    var ahead = self
    guard try ahead.comparisonOperator() != nil else { return true }
    _ = try ahead.skip("[")
    switch try ahead.peek().token {
    case .word(let word): return Nearest.match(for: word, among: Leg.allCases.map(\.name)) != nil
    case .end: return true
    case .plain, .string, .value, .mark: return false
    }
  }

  /// A word that only says something in a comparison: alone it may be meant as text.
  private func alone(_ plain: PlainTerm, _ word: String, at range: Range<Int>) -> SyntaxError {
    let isLast = scanner.isAtEnd
    return scanner.error(
      "'\(word)' says nothing alone", repair: SyntaxError.Repair(range, plain.example),
      continuation: isLast ? "goes on such as: \(plain.example)" : nil, at: range)
  }

  private func missingKey(_ term: Term, at range: Range<Int>) -> SyntaxError {
    let key = term.name == "macro" ? "[\"i\"]" : "[\"Subject\"]"
    return scanner.error(
      "\(term.name) needs a name in brackets",
      repair: SyntaxError.Repair(range.upperBound..<range.upperBound, key),
      continuation: scanner.isAtEnd ? "a name in brackets goes on: \(term.name)\(key)" : nil, at: range)
  }

  /// A term with an index that has none.
  private func noIndex(_ word: String, at range: Range<Int>) throws(SyntaxError) -> SyntaxError {
    var ahead = self
    let key = try ahead.key(of: "macro")
    let isMacro = KnownMacro.named(key) != nil
    return scanner.error("\(word) has no index", near: isMacro ? "macro" : "message.header", at: range)
  }

  /// A flag with something to compare behind it: a field of the packet was meant, or nothing but the flag.
  private func noComparison(
    _ flag: Term, at range: Range<Int>, _ operation: Operator
  ) throws(SyntaxError) -> SyntaxError {
    let message = "\(flag.name) is yes or no by itself, there is nothing to compare"
    var ahead = scanner
    let operand = try ahead.token()
    let isNumber = if case .value = operand.token { true } else { false }
    let fields = Term.table.filter { $0.name.hasPrefix(flag.name + ".") }
    let fitting = fields.filter { isNumber || $0.type == .text || $0.type == .mailbox }
    if let field = fitting.first(where: { operation.comparison.isForPartOf($0) }) ?? fitting.first {
      return scanner.error(message, near: field.name, at: range)
    }
    let denies =
      ["false", "no", "0"].contains(scanner.text(operand.range).lowercased())
      != (operation.comparison == .notEqual)
    return scanner.error(
      message,
      repair: SyntaxError.Repair(
        range.lowerBound..<operand.range.upperBound, (denies ? "not " : "") + flag.name),
      at: range)
  }

  /// The rows that a word may mean: a kind and a field may share their name (`body`), as may a kind and an index (`macro`).
  func terms(named word: String, at range: Range<Int>) throws(SyntaxError) -> [Term] {
    if let rows = Term.byName[word.lowercased()] { return rows }
    let isCompared = try isCompared(word)
    let near = isCompared ? nil : Nearest.match(for: word, among: Term.table.map(\.name))
    let isUnfinished = scanner.isAtEnd && Term.table.contains { $0.name.hasPrefix(word.lowercased()) }
    var behind = scanner
    behind.at = range.lowerBound
    let whole = isCompared || near != nil ? range : behind.plainWord() ?? range
    throw scanner.error(
      "unknown term '\(word)'",
      repair: SyntaxError.Repair(
        whole,
        isCompared
          ? PlainTerm.guess(for: word) : near ?? Quoting.string(Array(scanner.bytes[whole]))),
      continuation: isUnfinished ? "a term" : nil, at: range)
  }

  mutating func key(of term: String) throws(SyntaxError) -> [UInt8] {
    let open = try scanner.token()
    let isMacro = term == "macro"
    let example = term == "message.header" ? "Subject" : "i"
    if scanner.takesPlainWords, let range = scanner.nameInBrackets() {
      scanner.at = range.upperBound + 1
      return Self.bare(Array(scanner.bytes[range]), isMacro)
    }
    let name = try scanner.token()
    guard name.token == .string else {
      let meant = scanner.nameInBrackets(from: open.range.upperBound)
      throw scanner.error(
        "expected a name in quotes, such as \(term)[\"\(example)\"]",
        repair: meant.map { SyntaxError.Repair($0, Quoting.string(Array(scanner.bytes[$0]))) },
        continuation: name.token == .end ? "a name in quotes" : nil, at: name.range)
    }
    let key = Self.bare(try scanner.unescaped(name.range), isMacro)
    guard !key.isEmpty else {
      throw scanner.error("the name is empty", near: "\"\(example)\"", at: name.range)
    }
    guard try skip("]") else {
      let end = name.range.upperBound
      throw scanner.error(
        "'[' without ']'", repair: SyntaxError.Repair(end..<end, "]"),
        continuation: scanner.isAtEnd ? "']' goes on" : nil, at: open.range)
    }
    return key
  }

  /// A macro's name is the same with and without braces.
  private static func bare(_ key: [UInt8], _ isMacro: Bool) -> [UInt8] {
    isMacro ? Array(KnownMacro.bareName(key)) : key
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
    case .string, .plain, .value, .end: return nil
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
    _ field: Expression.Field, at fieldRange: Range<Int>, _ operation: Operator, at range: Range<Int>
  ) throws(SyntaxError) -> Expression {
    let type = field.term.type
    guard type.operators.contains(operation.comparison) else {
      let usable = type.operators.map(\.rawValue).joined(separator: " ")
      throw scanner.error(
        "\(field.term.spelling) is \(type.withArticle)", hint: "it takes \(usable)",
        repair: try repair(of: field.term, at: fieldRange, range), at: range)
    }
    if let name = try meantField(in: field.term) {
      throw scanner.error(
        "\(field.term.spelling) is \(type.withArticle)", hint: "expected mta or milter", near: name,
        at: fieldRange)
    }
    let reader = LiteralParser(term: field.term, comparison: operation.comparison, operatorRange: range)
    let literal = try reader.literal(from: &scanner)
    let comparison = Expression.compare(field, operation.comparison, literal)
    return operation.isNegated ? .not(comparison) : comparison
  }

  /// What makes sense of an operator that the term does not take.
  private func repair(
    of term: Term, at range: Range<Int>, _ operatorRange: Range<Int>
  ) throws(SyntaxError) -> SyntaxError.Repair {
    if let name = try meantField(in: term) { return SyntaxError.Repair(range, name) }
    return SyntaxError.Repair(operatorRange, "==")
  }

  /// The field that a rule probably means where it compares the sender of a packet with an address, or the letter on the wire
  /// with a reply code; nil where the term is all right.
  private func meantField(in term: Term) throws(SyntaxError) -> String? {
    var ahead = scanner
    ahead.skipSpace()
    // A list in a file.
    if ahead.byte == UInt8(ascii: "@") { return nil }
    switch (term.source, try peek().token) {
    case (.sender, .string), (.sender, .value): return "message.from"
    case (.sender, .word(let word)):
      return Nearest.match(for: word, among: Leg.allCases.map(\.name)) == nil ? "message.from" : nil
    case (.text(.code), .value(let value)) where value.utf8.count == 3: return "reply.code"
    default: return nil
    }
  }
}

extension Comparison {
  /// Whether one who asks for a part of a text probably means this field: the value of a header rather than its name.
  fileprivate func isForPartOf(_ term: Term) -> Bool {
    switch self {
    case .contains, .matches: term.name.hasSuffix(".value") || term.name.hasSuffix(".text")
    case .equal, .notEqual, .less, .atMost, .greater, .atLeast, .startsWith, .endsWith, .in: false
    }
  }
}
