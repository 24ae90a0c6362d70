import MilterProtocol

/// Reads what stands to the right of a comparison, and holds it to the type of the term on its left.
struct LiteralParser {
  let term: Term
  let comparison: Comparison
  /// Where the comparison lies.
  let operatorRange: Range<Int>

  func literal(from scanner: inout Scanner) throws(SyntaxError) -> Literal {
    guard comparison == .in else { return try single(from: &scanner) }
    if let list = try file(from: &scanner) { return .file(list) }
    var ahead = scanner
    let open = try ahead.token()
    if open.token == .mark("[") {
      scanner = ahead
      return .list(try members(from: &scanner, openedAt: open.range))
    }
    let literal = try single(from: &scanner)
    switch literal {
    case .range, .network: return literal
    case .number, .size, .duration, .time, .text, .pattern, .severity, .stage, .leg, .list, .file:
      let member = open.range.lowerBound..<scanner.at
      throw scanner.error(
        "'in' wants a list",
        hint: "such as \(listExample)"
          + (scanner.takesFiles ? ", or a file with an entry a line: @list.txt" : ""),
        repair: SyntaxError.Repair(member, "[\(scanner.text(member))]"), at: open.range)
    }
  }

  /// `@PATH`, or a path in quotes behind `@`; nil where nothing begins with `@`.
  private func file(from scanner: inout Scanner) throws(SyntaxError) -> FileList? {
    var ahead = scanner
    ahead.skipSpace()
    guard ahead.byte == UInt8(ascii: "@") else { return nil }
    let start = ahead.at
    ahead.at += 1
    let path: [UInt8]
    if ahead.byte == UInt8(ascii: "\"") || ahead.byte == UInt8(ascii: "'") {
      path = try ahead.unescaped(ahead.quoted())
    } else {
      let from = ahead.at
      while let byte = ahead.byte, byte > 0x20, byte != UInt8(ascii: ")"), byte != UInt8(ascii: ";") {
        ahead.at += 1
      }
      path = Array(ahead.bytes[from..<ahead.at])
    }
    let range = start..<ahead.at
    guard ahead.takesFiles else {
      throw scanner.error("a list from a file is for rules", hint: "such as \(listExample)", at: range)
    }
    switch term.type {
    case .text, .mailbox, .bytes, .address: break
    case .number, .size, .duration, .time, .finding, .stage, .leg, .flag:
      throw scanner.error(
        "a file lists texts, and \(term.spelling) is \(term.type.withArticle)",
        hint: "such as \(listExample)",
        at: range)
    }
    guard let text = String(validating: path, as: UTF8.self), !text.isEmpty else {
      throw scanner.error("expected the name of a file behind '@'", at: range)
    }
    scanner.at = ahead.at
    return FileList(path: text)
  }

  private var listExample: String {
    switch term.type {
    case .text, .mailbox, .bytes: "[\"a\", \"b\"]"
    case .address: "[\"192.0.2.7\"] or a network: 192.0.2.0/24"
    case .number: "[1, 2], or a range: 1..9"
    case .size: "a range: 1MB..5MB"
    case .duration: "a range: 1s..5s"
    case .time: "a range: 12:00..12:30"
    case .finding: "[\"R01\", \"R02\"]"
    case .stage: "[mail, rcpt]"
    case .leg, .flag: "[mta, milter]"
    }
  }

  private func members(
    from scanner: inout Scanner, openedAt open: Range<Int>
  ) throws(SyntaxError) -> [Literal] {
    var members: [Literal] = []
    while true {
      members.append(try single(from: &scanner))
      let end = scanner.at
      let next = try scanner.token()
      switch next.token {
      case .mark(","): continue
      case .mark("]"): return members
      case .end:
        throw scanner.error(
          "'[' without ']'", repair: SyntaxError.Repair(end..<end, "]"), continuation: "',' or ']' goes on",
          at: open)
      case .word, .plain, .string, .value, .mark:
        throw scanner.error(
          "expected ',' or ']'", repair: SyntaxError.Repair(end..<end, next.token.beginsOperand ? "," : "]"),
          at: next.range)
      }
    }
  }

  private func single(from scanner: inout Scanner) throws(SyntaxError) -> Literal {
    if comparison == .matches, scanner.takesPlainWords, let range = scanner.plainPattern() {
      scanner.at = range.upperBound
      return .pattern(try pattern(range, in: scanner, isQuoted: false))
    }
    let next = try scanner.token()
    let isFilter = scanner.takesPlainWords
    switch (term.type, next.token) {
    case (.text, .string), (.mailbox, .string), (.address, .string), (.bytes, .string):
      return comparison == .matches
        ? .pattern(try pattern(next.range, in: scanner, isQuoted: true))
        : .text(try scanner.unescaped(next.range))
    case (.text, .word), (.mailbox, .word), (.address, .word), (.bytes, .word), (.text, .value),
      (.mailbox, .value), (.address, .value), (.bytes, .value), (.text, .plain), (.mailbox, .plain),
      (.address, .plain), (.bytes, .plain):
      if let network = network(next.token) { return .network(network) }
      if isFilter || term.source == .text(.tap), comparison != .matches {
        return .text(Array(scanner.bytes[next.range]))
      }
    case (.number, .value(let text)), (.size, .value(let text)), (.duration, .value(let text)),
      (.time, .value(let text)):
      if comparison == .in, let (low, high) = Self.range(text, for: term.type) {
        guard Self.areEnds(low, high) else {
          throw scanner.error(
            "the range ends before it begins", near: "\(high.text)..\(low.text)", at: next.range)
        }
        return .range(low, high)
      }
      if let literal = try quantity(text, from: &scanner) { return literal }
    case (.finding, .string) where comparison.takesFindingID:
      return .text(try scanner.unescaped(next.range))
    case (.finding, .word(let word)):
      if comparison != .startsWith, comparison != .in,
        let severity = Finding.Severity.allCases.first(where: { $0.name == word.lowercased() })
      {
        return .severity(severity)
      }
      if isFilter, comparison.takesFindingID, FindingRule.isID(word) {
        return .text(Array(word.uppercased().utf8))
      }
    case (.stage, .word(let word)):
      if let stage = Stage.allCases.first(where: { $0.word == word.lowercased() }) { return .stage(stage) }
    case (.leg, .word(let word)):
      if let leg = Leg.allCases.first(where: { $0.name == word.lowercased() }) { return .leg(leg) }
    case (.number, _), (.size, _), (.duration, _), (.time, _), (.finding, _), (.stage, _), (.leg, _),
      (.flag, _), (.text, _), (.mailbox, _), (.address, _), (.bytes, _):
      break
    }
    throw unfit(next, in: scanner)
  }

  /// A number with its unit, which may be a word of its own: `500ms`, `500 ms`.
  private func quantity(_ text: String, from scanner: inout Scanner) throws(SyntaxError) -> Literal? {
    if term.type == .size || term.type == .duration, case .number? = Units.quantity(text) {
      var ahead = scanner
      if case .word(let unit) = try ahead.token().token,
        let literal = Self.quantity(text + unit, for: term.type)
      {
        scanner = ahead
        return literal
      }
    }
    return Self.quantity(text, for: term.type)
  }

  // MARK: what does not fit

  private func unfit(_ next: LocatedToken, in scanner: Scanner) -> SyntaxError {
    let isEnd = next.token == .end
    let wanted = expectation
    if let file = fileMeant(by: next, in: scanner) {
      return scanner.error(
        "a file with an entry a line is written with @", repair: SyntaxError.Repair(next.range, "@" + file),
        at: next.range)
    }
    return scanner.error(
      "\(term.spelling) is \(term.type.withArticle)",
      hint: wanted + (isEnd ? "" : ", not \(scanner.text(next.range))"),
      repair: repair(of: next, in: scanner), continuation: isEnd ? wanted : nil, at: next.range)
  }

  /// The name of a file that stands where a list should: `in addresses.txt`.
  private func fileMeant(by next: LocatedToken, in scanner: Scanner) -> String? {
    guard comparison == .in, scanner.takesFiles, next.token != .end else { return nil }
    let text = scanner.text(next.range)
    let isName = text.hasPrefix("/") || text.hasSuffix(".txt") || text.hasSuffix(".list")
    return isName ? text : nil
  }

  private var expectation: String {
    switch term.type {
    case .text, .mailbox, .address, .bytes: "expected a text in quotes"
    case .number: "expected a number"
    case .size: "expected a size such as 5MB"
    case .duration: "expected a duration such as 500ms"
    case .time: "expected a time such as 12:04:31, 2026-05-01T12:04Z, or 90s after the start"
    case .finding:
      comparison.takesFindingID
        ? "expected note, warning, error, or an id in quotes such as \"R02\""
        : "expected note, warning or error"
    case .stage: "expected one of " + Stage.allCases.map(\.word).joined(separator: " ")
    case .leg: "expected mta or milter"
    case .flag: "nothing to compare"
    }
  }

  private func repair(of next: LocatedToken, in scanner: Scanner) -> SyntaxError.Repair {
    guard next.token != .end, next.token.beginsOperand else {
      let place = next.range.lowerBound
      let space = place > 0 && scanner.bytes[place - 1] > 0x20 ? " " : ""
      return SyntaxError.Repair(place..<place, space + example + (next.token == .end ? "" : " "))
    }
    let text = scanner.text(next.range)
    let plain = if case .string = next.token { String(text.dropFirst().dropLast()) } else { text }
    switch term.type {
    case .text, .mailbox, .address, .bytes:
      var start = scanner
      start.at = next.range.lowerBound
      let word = start.plainWord() ?? next.range
      return SyntaxError.Repair(word, Quoting.string(Array(scanner.bytes[word])))
    case .number, .size, .duration, .time:
      let guesses = [plain, term.type == .duration ? plain + "ms" : plain]
      let fitting = guesses.first { Self.quantity($0, for: term.type) != nil }
      return SyntaxError.Repair(next.range, fitting ?? example)
    case .finding:
      if FindingRule.isID(plain) {
        guard comparison.takesFindingID else { return SyntaxError.Repair(operatorRange, "==") }
        return SyntaxError.Repair(next.range, "\"\(plain.uppercased())\"")
      }
      let names = Finding.Severity.allCases.map(\.name)
      return SyntaxError.Repair(next.range, Self.near(plain, among: names) ?? example)
    case .stage:
      let near = Self.callbacks[plain.lowercased()] ?? Self.near(plain, among: Stage.allCases.map(\.word))
      return SyntaxError.Repair(next.range, near ?? example)
    case .leg:
      return SyntaxError.Repair(next.range, Self.near(plain, among: Leg.allCases.map(\.name)) ?? example)
    case .flag: return SyntaxError.Repair(next.range, "")
    }
  }

  private static func near(_ word: String, among names: [String]) -> String? {
    Nearest.match(for: word, among: names)
      ?? names.first { word.utf8.count > 1 && $0.hasPrefix(word.lowercased()) }
  }

  /// Stages by the names of libmilter's callbacks, where they differ.
  private static let callbacks = [
    "envfrom": "mail", "envrcpt": "rcpt", "headers": "header", "eom": "bodyeob", "from": "mail", "to": "rcpt",
  ]

  /// What could stand here.
  private var example: String {
    switch term.type {
    case .text: comparison == .matches ? "\"^text$\"" : "\"text\""
    case .mailbox: comparison == .matches ? "\"@example\\.net$\"" : "\"bob@example.net\""
    case .address: "\"192.0.2.7\""
    case .bytes: "\"y\""
    case .number: "100"
    case .size: "5MB"
    case .duration: "500ms"
    case .time: "12:04"
    case .finding: comparison.takesFindingID ? "\"R02\"" : "warning"
    case .stage: "rcpt"
    case .leg: "milter"
    case .flag: ""
    }
  }

  /// A network or address where the term may be in one.
  private func network(_ token: Token) -> Network? {
    guard comparison == .in || comparison == .equal || comparison == .notEqual,
      term.type == .text || term.type == .address, case .value(let text) = token
    else { return nil }
    return Network(text.utf8)
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

  private func pattern(
    _ range: Range<Int>, in scanner: Scanner, isQuoted: Bool
  ) throws(SyntaxError) -> Pattern {
    do {
      return try Pattern(isQuoted ? scanner.patternSource(range) : Array(scanner.bytes[range]))
    } catch {
      // Quotes with a backslash before them shift what follows; the place is then right to within a few columns.
      let start = range.lowerBound + (isQuoted ? 1 : 0)
      let wrong = (start + error.range.lowerBound)..<(start + error.range.upperBound)
      let isMark =
        wrong.lowerBound < range.upperBound && "()[]{}*+?|".utf8.contains(scanner.bytes[wrong.lowerBound])
      throw scanner.error(
        error.message,
        repair: isMark
          ? SyntaxError.Repair(wrong.lowerBound..<wrong.lowerBound, "\\")
          : SyntaxError.Repair(
            operatorRange.lowerBound..<range.upperBound, "contains " + literally(range, in: scanner)),
        at: wrong)
    }
  }

  /// The text of a pattern that cannot be one, with its backslashes as they are.
  private func literally(_ range: Range<Int>, in scanner: Scanner) -> String {
    let text = Array(scanner.bytes[range])
    let isQuoted = text.first == UInt8(ascii: "\"") || text.first == UInt8(ascii: "'")
    return Quoting.string(isQuoted ? Array(text.dropFirst().dropLast()) : text)
  }
}

extension FindingRule {
  /// Whether a word is the id of a rule, whatever its case.
  fileprivate static func isID(_ word: String) -> Bool {
    let id = word.uppercased()
    return families.contains { $0.rules.contains { $0.id == id } }
  }
}

extension Token {
  /// Whether an operand may begin with it.
  fileprivate var beginsOperand: Bool {
    switch self {
    case .word(let word): !["and", "or", "do"].contains(word.lowercased())
    case .plain, .string, .value: true
    case .mark, .end: false
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
