import MilterProtocol

/// Reads what stands behind the braces of a text: a term, `lower(…)` or `sub(…, /…/, "…")`.
struct TextValueParser {
  var scanner: Scanner
  private var depth = 0

  /// Functions in each other; beyond, it is no value.
  private static let maximumDepth = 10

  static let functions = ["lower", "sub"]

  init(_ scanner: Scanner) { self.scanner = scanner }

  mutating func value() throws(SyntaxError) -> TextValue {
    let next = try scanner.token()
    guard case .word(let word) = next.token else {
      throw scanner.error("expected a term such as client.address", at: next.range)
    }
    let name = word.lowercased()
    if Self.functions.contains(name), scanner.byte == UInt8(ascii: "(") {
      depth += 1
      defer { depth -= 1 }
      guard depth <= Self.maximumDepth else {
        throw scanner.error("functions nest too deeply", at: next.range)
      }
      return try function(name)
    }
    return .field(try field(word, at: next.range))
  }

  private mutating func field(_ word: String, at range: Range<Int>) throws(SyntaxError) -> Expression.Field {
    var parser = ExpressionParser(scanner)
    let rows = try parser.terms(named: word, at: range)
    let isKeyed = scanner.byte == UInt8(ascii: "[")
    let candidates = rows.filter { $0.hasKey == isKeyed }.map { Expression.Field($0) }
    guard let term = candidates.first(where: \.hasText)?.term else {
      if let keyed = rows.first(where: \.hasKey) {
        throw scanner.error(
          "\(word) needs a name in brackets", hint: "such as \(keyed.spelling)", at: range)
      }
      throw scanner.error(
        isKeyed ? "\(word) has no index" : "\(word) is yes or no, and no text", at: range)
    }
    guard isKeyed else { return Expression.Field(term) }
    let key = try parser.key(of: term.name)
    scanner = parser.scanner
    return Expression.Field(term, key: key)
  }

  private mutating func function(_ name: String) throws(SyntaxError) -> TextValue {
    scanner.at += 1
    let inner = try value()
    guard name == "sub" else {
      try expect(")")
      return .lower(inner)
    }
    try expect(",")
    let pattern = try pattern()
    try expect(",")
    let next = try scanner.token()
    guard next.token == .string else {
      throw scanner.error("expected a text in quotes", at: next.range)
    }
    let replacement = try scanner.unescaped(next.range)
    try expect(")")
    return .sub(inner, pattern, replacement)
  }

  private mutating func expect(_ mark: String) throws(SyntaxError) {
    let next = try scanner.token()
    guard next.token == .mark(mark) else { throw scanner.error("expected '\(mark)'", at: next.range) }
  }

  /// Between slashes, of which one within is written `\/`.
  private mutating func pattern() throws(SyntaxError) -> Pattern {
    scanner.skipSpace()
    let start = scanner.at
    guard scanner.byte == UInt8(ascii: "/") else {
      throw scanner.error("expected a pattern such as /^Re: /", at: start..<(start + 1))
    }
    scanner.at += 1
    var source: [UInt8] = []
    while let byte = scanner.byte, byte != UInt8(ascii: "/") {
      scanner.at += 1
      guard byte == UInt8(ascii: "\\"), let escaped = scanner.byte else {
        source.append(byte)
        continue
      }
      scanner.at += 1
      source += escaped == UInt8(ascii: "/") ? [escaped] : [byte, escaped]
    }
    guard scanner.byte != nil else {
      throw scanner.error("the pattern has no closing '/'", at: start..<scanner.at)
    }
    scanner.at += 1
    do { return try Pattern(source) } catch {
      throw scanner.error(error.message, at: start..<scanner.at)
    }
  }
}
