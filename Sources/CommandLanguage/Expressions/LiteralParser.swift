import MilterProtocol

/// Reads what stands to the right of a comparison, and holds it to the type of the term on its left.
enum LiteralParser {
  static func literal(
    for term: Term, _ comparison: Comparison, from scanner: inout Scanner
  ) throws(SyntaxError) -> Literal {
    guard comparison == .in else { return try single(for: term, comparison, from: &scanner) }
    var ahead = scanner
    let open = try ahead.token()
    if open.token == .mark("[") {
      scanner = ahead
      return .list(try members(for: term, from: &scanner, openedAt: open.range))
    }
    let literal = try single(for: term, comparison, from: &scanner)
    switch literal {
    case .range, .network: return literal
    case .number, .size, .duration, .time, .text, .pattern, .severity, .stage, .leg, .list:
      throw scanner.error("'in' wants a list", hint: listHint(for: term), at: open.range)
    }
  }

  private static func listHint(for term: Term) -> String {
    switch term.type {
    case .text, .mailbox, .bytes: "such as [\"a\", \"b\"]"
    case .address: "such as [\"192.0.2.7\"] or a network: 192.0.2.0/24"
    case .number: "such as [1, 2], or a range: 1..9"
    case .size: "such as a range: 1MB..5MB"
    case .duration: "such as a range: 1s..5s"
    case .time: "such as a range: 12:00..12:30"
    case .finding: "such as [\"R01\", \"R02\"]"
    case .stage: "such as [mail, rcpt]"
    case .leg, .flag: "such as [mta, milter]"
    }
  }

  private static func members(
    for term: Term, from scanner: inout Scanner, openedAt open: Range<Int>
  ) throws(SyntaxError) -> [Literal] {
    var members: [Literal] = []
    while true {
      members.append(try single(for: term, .in, from: &scanner))
      let next = try scanner.token()
      switch next.token {
      case .mark(","): continue
      case .mark("]"): return members
      case .end: throw scanner.error("'[' without ']'", at: open)
      case .word, .string, .value, .mark: throw scanner.error("expected ',' or ']'", at: next.range)
      }
    }
  }

  private static func single(
    for term: Term, _ comparison: Comparison, from scanner: inout Scanner
  ) throws(SyntaxError) -> Literal {
    let next = try scanner.token()
    func unfit(_ wanted: String) -> SyntaxError {
      let found = next.token == .end ? "" : ", not \(scanner.text(next.range))"
      return scanner.error(
        "\(term.spelling) is \(term.type.withArticle)", hint: wanted + found, at: next.range)
    }
    switch (term.type, next.token) {
    case (.text, .string), (.mailbox, .string), (.address, .string), (.bytes, .string):
      return comparison == .matches
        ? .pattern(try pattern(next.range, in: scanner)) : .text(try scanner.unescaped(next.range))
    case (.text, .value(let text)) where isAddressComparison(comparison),
      (.address, .value(let text)) where isAddressComparison(comparison):
      if let network = Network(text.utf8) { return .network(network) }
      throw unfit("expected a text in quotes")
    case (.number, .value(let text)), (.size, .value(let text)), (.duration, .value(let text)),
      (.time, .value(let text)):
      if comparison == .in, let (low, high) = range(text, for: term.type) {
        guard areEnds(low, high) else {
          throw scanner.error("the range ends before it begins", at: next.range)
        }
        return .range(low, high)
      }
      if let literal = quantity(text, for: term.type) { return literal }
      throw unfit(quantityHint(for: term.type))
    case (.finding, .string) where comparison.takesFindingID: return .text(try scanner.unescaped(next.range))
    case (.finding, .word(let word)) where comparison != .startsWith && comparison != .in:
      if let severity = Finding.Severity.allCases.first(where: { $0.name == word.lowercased() }) {
        return .severity(severity)
      }
      throw unfit("expected note, warning, error, or an id in quotes")
    case (.stage, .word(let word)):
      if let stage = Stage.allCases.first(where: { $0.word == word.lowercased() }) { return .stage(stage) }
      throw unfit("expected one of " + Stage.allCases.map(\.word).joined(separator: " "))
    case (.leg, .word(let word)):
      if let leg = Leg.allCases.first(where: { $0.name == word.lowercased() }) { return .leg(leg) }
      throw unfit("expected mta or milter")
    case (.text, _), (.mailbox, _), (.address, _), (.bytes, _): throw unfit("expected a text in quotes")
    case (.number, _), (.size, _), (.duration, _), (.time, _): throw unfit(quantityHint(for: term.type))
    case (.finding, _):
      throw unfit(
        comparison.takesFindingID
          ? "expected an id in quotes, such as \"R02\"" : "expected note, warning or error")
    case (.stage, _): throw unfit("expected one of " + Stage.allCases.map(\.word).joined(separator: " "))
    case (.leg, _): throw unfit("expected mta or milter")
    case (.flag, _): throw unfit("nothing to compare")
    }
  }

  private static func isAddressComparison(_ comparison: Comparison) -> Bool {
    comparison == .in || comparison == .equal || comparison == .notEqual
  }

  private static func quantityHint(for type: ValueType) -> String {
    switch type {
    case .number: "expected a number"
    case .size: "expected a size such as 5MB"
    case .duration: "expected a duration such as 500ms"
    default: "expected a time such as 12:04:31, 2026-05-01T12:04Z, or 90s after the start"
    }
  }

  private static func quantity(_ text: some StringProtocol, for type: ValueType) -> Literal? {
    switch (type, Units.quantity(text)) {
    case (.number, .number(let number)): .number(number)
    case (.size, .number(let bytes)), (.size, .size(let bytes)): .size(bytes)
    case (.duration, .duration(let microseconds)): .duration(microseconds)
    case (.time, .duration(let microseconds)): .time(TimePoint(sinceStart: microseconds))
    case (.time, _): TimePoint(text).map(Literal.time)
    default: nil
    }
  }

  /// `1..9`; nil where there is no `..` or an end is not of the type.
  private static func range(_ text: String, for type: ValueType) -> (Literal, Literal)? {
    let bytes = Array(text.utf8)
    guard let dots = bytes.indices.first(where: { bytes[$0...].starts(with: [0x2E, 0x2E]) }),
      let low = quantity(String(decoding: bytes[..<dots], as: UTF8.self), for: type),
      let high = quantity(String(decoding: bytes[(dots + 2)...], as: UTF8.self), for: type)
    else { return nil }
    return (low, high)
  }

  /// Times of day may go on past midnight.
  private static func areEnds(_ low: Literal, _ high: Literal) -> Bool {
    switch (low, high) {
    case (.number(let low), .number(let high)), (.size(let low), .size(let high)),
      (.duration(let low), .duration(let high)):
      low <= high
    case (.time(let low), .time(let high)):
      low.base == high.base && (low.base == .midnight || low.microseconds <= high.microseconds)
    default: false
    }
  }

  private static func pattern(_ range: Range<Int>, in scanner: Scanner) throws(SyntaxError) -> Pattern {
    do {
      return try Pattern(scanner.patternSource(range))
    } catch {
      // Quotes with a backslash before them shift what follows; the place is then right to within a few columns.
      let start = range.lowerBound + 1
      throw scanner.error(
        error.message, at: (start + error.range.lowerBound)..<(start + error.range.upperBound))
    }
  }
}

extension Comparison {
  /// Whether a finding's id may stand to its right.
  fileprivate var takesFindingID: Bool {
    switch self {
    case .equal, .notEqual, .startsWith, .in: true
    case .less, .atMost, .greater, .atLeast, .contains, .endsWith, .matches: false
    }
  }
}
