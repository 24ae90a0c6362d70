import MilterProtocol
import TraceModel

extension StatementParser {
  /// What follows `on`.
  mutating func rule() throws(SyntaxError) -> Rule {
    let start = reader.scanner.at
    reader.scanner.takesFiles = true
    let condition = try expression()
    reader.scanner.takesFiles = false
    let kinds = condition.possible.yes
    if kinds.isEmpty {
      let range = (start + 1)..<reader.scanner.at
      throw reader.scanner.error(
        "no packet can match this", hint: "its terms are never there together", at: range)
    }
    var rule = Rule(on: condition, do: [])
    while let (word, range) = reader.peekWord() {
      switch word.lowercased() {
      case "named":
        _ = try reader.word(word)
        rule.name = try reader.string("a name in quotes")
      case "once":
        try expectNoFrequency(in: rule, at: range)
        _ = try reader.word(word)
        rule.frequency = try once(kinds)
      case "every":
        try expectNoFrequency(in: rule, at: range)
        _ = try reader.word(word)
        rule.frequency = .every(try reader.number("a number", from: 1, to: 1_000_000_000))
      case "count":
        try expectNoFrequency(in: rule, at: range)
        _ = try reader.word(word)
        rule.frequency = try count(kinds)
      case "log":
        _ = try reader.word(word)
        rule.logs = true
      case "off":
        _ = try reader.word(word)
        rule.isEnabled = false
      case "do":
        _ = try reader.word(word)
        rule.instructions = try fitting(kinds)
        return rule
      default:
        throw reader.scanner.error(
          "expected 'and', 'or', 'do', or an option of the rule",
          hint: "options are named, once, every, count, log, off",
          near: Nearest.match(
            for: word, among: ["do", "and", "or", "named", "once", "every", "count", "log", "off"]), at: range
        )
      }
    }
    guard rule.logs else { throw reader.missing("'do'") }
    return rule
  }

  private func expectNoFrequency(in rule: Rule, at range: Range<Int>) throws(SyntaxError) {
    guard rule.frequency == .always else {
      throw reader.scanner.error("a rule is either once or every so often", at: range)
    }
  }

  /// Behind `once`: `per FIELD, FIELD`, or nothing.
  private mutating func once(_ kinds: PacketKindSet) throws(SyntaxError) -> Rule.Frequency {
    guard reader.peekWord()?.text.lowercased() == "per" else { return .once }
    return .oncePer(try key(kinds))
  }

  /// Behind `count`: `N per FIELD, FIELD over DURATION`.
  private mutating func count(_ kinds: PacketKindSet) throws(SyntaxError) -> Rule.Frequency {
    let count = try reader.number("how many are let go by,", from: 0, to: 1_000_000)
    guard reader.peekWord()?.text.lowercased() == "per" else { throw reader.missing("'per' and a field") }
    let key = try key(kinds)
    guard reader.peekWord()?.text.lowercased() == "over" else {
      throw reader.missing("'over' and a duration such as 10m")
    }
    _ = try reader.word("over")
    let (text, range) = try reader.word("a duration such as 10m")
    guard let microseconds = Units.microseconds(text), microseconds > 0 else {
      throw reader.scanner.error("expected a duration such as 10m, not '\(text)'", at: range)
    }
    return .beyond(count, key, within: Moment.Span(microseconds: microseconds))
  }

  /// `per FIELD, FIELD`.
  private mutating func key(_ kinds: PacketKindSet) throws(SyntaxError) -> RuleKey {
    _ = try reader.word("per")
    var fields = [try keyField(kinds)]
    var parser = ExpressionParser(reader.scanner)
    while try parser.skip(",") {
      reader.scanner = parser.scanner
      fields.append(try keyField(kinds))
      parser = ExpressionParser(reader.scanner)
    }
    return RuleKey(fields)
  }

  private mutating func keyField(_ kinds: PacketKindSet) throws(SyntaxError) -> Expression.Field {
    var parser = ExpressionParser(reader.scanner)
    let next = try parser.scanner.token()
    guard case .word(let word) = next.token else {
      throw reader.scanner.error("expected a field, such as client.address", at: next.range)
    }
    let rows = try parser.terms(named: word, at: next.range)
    let hasKey = try parser.peek().token == .mark("[")
    guard let term = rows.first(where: { $0.hasKey == hasKey && $0.isKeyable }) else {
      throw reader.scanner.error(
        "\(word) cannot tell packets apart here", hint: "fields of text and numbers can", at: next.range)
    }
    guard !term.kinds.intersection(kinds).isEmpty else {
      throw reader.scanner.error(
        "\(word) is never there on packets that match", hint: "it is on \(term.place)", at: next.range)
    }
    let field = Expression.Field(term, key: hasKey ? try parser.key(of: term.name) : nil)
    reader.scanner = parser.scanner
    return field
  }

  /// The rule's instructions, each of which has to make sense for some packet that matches.
  private mutating func fitting(_ kinds: PacketKindSet) throws(SyntaxError) -> [Instruction] {
    var instructions: [Instruction] = []
    repeat {
      if !instructions.isEmpty, reader.scanner.isAtEnd { break }
      let (instruction, range) = try located()
      if instruction.kinds.intersection(kinds).isEmpty {
        throw reader.scanner.error(
          "\(reader.scanner.text(range)) makes no sense for the packets of this rule",
          hint: instruction.placeHint, at: range)
      }
      try checkValues(of: instruction, kinds, at: range)
      instructions.append(instruction)
    } while reader.skipSeparator()
    return instructions
  }
}

extension StatementParser {
  private func checkValues(
    of instruction: Instruction, _ kinds: PacketKindSet, at range: Range<Int>
  ) throws(SyntaxError) {
    for value in instruction.values where value.field.term.kinds.intersection(kinds).isEmpty {
      throw reader.scanner.error(
        "{\(value.text)} is never there on packets that match",
        hint: "it is on \(value.field.term.place); {{ is a brace", at: range)
    }
  }
}

extension Term {
  /// Whether `once per` may use it.
  fileprivate var isKeyable: Bool {
    switch source {
    case .number, .text: true
    case .kinds, .refusal, .flags, .finding, .stage, .sender, .time: false
    }
  }
}

extension Instruction {
  /// The packets that it may be given for.
  package var kinds: PacketKindSet {
    switch self {
    case .hold, .ask, .forward, .forwardAll, .step, .drop, .progress, .raw, .fault, .revert, .delay, .close,
      .mark,
      .unmark,
      .note:
      .all
    case .answer:
      PacketKindSet.commands(.connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown)
        .union(.replies(role: .verdict))
    case .change:
      PacketKindSet.commands(.macro, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB)
        .union(.replies(role: .verdict)).union(.replies(role: .modification))
    case .set(let assignment): assignment.field.kinds
    }
  }

  fileprivate var placeHint: String {
    switch self {
    case .answer: "a verdict answers a command, or takes the place of one"
    case .change: "a modification is for a message, from MAIL on"
    case .set(let assignment): "they have no \(assignment.field.name)"
    case .hold, .ask, .forward, .forwardAll, .step, .drop, .progress, .raw, .fault, .revert, .delay, .close,
      .mark,
      .unmark,
      .note:
      ""
    }
  }
}
