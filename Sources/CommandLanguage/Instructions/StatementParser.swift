import MilterProtocol
import TraceModel

extension Statement {
  /// A line: statements separated by `;`. The rest of a line belongs to `on`, `apply` and `bind`.
  package static func parse(_ text: String) throws(SyntaxError) -> [Statement] { try parse(Array(text.utf8)) }

  package static func parse(_ bytes: [UInt8]) throws(SyntaxError) -> [Statement] {
    do throws(SyntaxError) { return try read(bytes) } catch {
      throw error.corrected { (bytes) throws(SyntaxError) in _ = try read(bytes) }
    }
  }

  private static func read(_ bytes: [UInt8]) throws(SyntaxError) -> [Statement] {
    var parser = StatementParser(Scanner(bytes))
    return try parser.statements()
  }
}

extension Instruction {
  /// Exactly one instruction for a connection.
  package init(parsing text: String) throws(SyntaxError) {
    var parser = StatementParser(Scanner(Array(text.utf8)))
    let instructions = try parser.instructions()
    guard instructions.count == 1 else {
      throw parser.reader.scanner.error("expected one instruction", at: 0..<text.utf8.count)
    }
    self = instructions[0]
  }
}

extension Assignment {
  /// `FIELD = VALUE`, or as it stands behind `set`.
  package init(parsing text: String) throws(SyntaxError) {
    let bytes = Array(text.utf8)
    var parser = InstructionParser(reader: ArgumentReader(Scanner(bytes)), start: 0..<bytes.count)
    guard let assignment = try parser.assignment(takesEqualsSign: true) else {
      throw Self.mistake(in: parser.reader.scanner)
    }
    try parser.reader.expectEnd(of: "a change")
    guard parser.reader.scanner.isAtEnd else {
      throw parser.reader.scanner.error(
        "one change at a time", hint: "the option can be given again",
        at: parser.reader.scanner.at..<bytes.count)
    }
    self = assignment
  }

  private static func mistake(in scanner: Scanner) -> SyntaxError {
    let bytes = scanner.bytes
    let name = bytes.prefix { $0 > 0x20 && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "[") }
    guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")), !name.isEmpty, name.endIndex <= equals else {
      return scanner.error(
        "expected FIELD = VALUE", hint: "such as macro[\"{auth_authen}\"] = \"alice\"", at: 0..<bytes.count)
    }
    let text = String(decoding: name, as: UTF8.self)
    let names = Field.plain.map(\.name) + [Field.symbolListName, "macro"]
    let near = Nearest.match(for: text, among: names)
    return scanner.error(
      "unknown field '\(text)'", hint: near == nil ? "fields are \(names.joined(separator: ", "))" : nil,
      near: near, at: 0..<name.count)
  }
}

extension Rule {
  /// `on EXPRESSION do …`.
  package init(parsing text: String) throws(SyntaxError) {
    let bytes = Array(text.utf8)
    let statements = try Statement.parse(bytes)
    guard statements.count == 1, case .rule(let rule) = statements[0] else {
      throw SyntaxError("expected a rule: on EXPRESSION do INSTRUCTION", in: bytes, at: 0..<bytes.count)
    }
    self = rule
  }
}

/// Reads a line of statements.
struct StatementParser {
  var reader: ArgumentReader
  private var depth = 0

  /// `bind x bind y …`: beyond, the line is refused rather than the stack used up.
  private static let maximumDepth = 10

  init(_ scanner: Scanner) { reader = ArgumentReader(scanner) }

  mutating func statements() throws(SyntaxError) -> [Statement] {
    var statements = [try statement()]
    while reader.skipSeparator() {
      if reader.scanner.isAtEnd { break }
      statements.append(try statement())
    }
    return statements
  }

  /// What may stand in a rule.
  mutating func instructions() throws(SyntaxError) -> [Instruction] {
    var instructions = [try located().instruction]
    while reader.skipSeparator() {
      if reader.scanner.isAtEnd { break }
      instructions.append(try located().instruction)
    }
    return instructions
  }

  /// One instruction for a connection, and where its first word lies.
  mutating func located() throws(SyntaxError) -> (instruction: Instruction, range: Range<Int>) {
    let (word, range) = try firstWord()
    guard let instruction = try instruction(word, at: range) else {
      throw reader.scanner.error("\(word.rawValue) is not for packets: it cannot stand here", at: range)
    }
    return (instruction, range)
  }

  private mutating func firstWord() throws(SyntaxError) -> (InstructionWord, Range<Int>) {
    let (text, range) = try reader.word("an instruction")
    if let word = InstructionWord(rawValue: text.lowercased()) { return (word, range) }
    let near = Nearest.match(for: text, among: InstructionWord.allCases.map(\.rawValue))
    throw reader.scanner.error("unknown instruction '\(text)'", near: near, at: range)
  }

  private mutating func instruction(
    _ word: InstructionWord, at range: Range<Int>
  ) throws(SyntaxError) -> Instruction? {
    var parser = InstructionParser(reader: reader, start: range)
    guard let instruction = try parser.instruction(word) else { return nil }
    reader = parser.reader
    try reader.expectEnd(of: word.rawValue)
    return instruction
  }

  private mutating func statement() throws(SyntaxError) -> Statement {
    let (word, range) = try firstWord()
    if let instruction = try instruction(word, at: range) { return .instruction(instruction) }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw reader.scanner.error("statements nest too deeply", at: range)
    }
    let statement = try other(word)
    try reader.expectEnd(of: word.rawValue)
    return statement
  }

  private mutating func other(_ word: InstructionWord) throws(SyntaxError) -> Statement {
    switch word {
    case .on: return .rule(try rule())
    case .apply:
      let condition = try expression()
      try expectDo()
      return .console(.apply(condition, try instructions()))
    case .filter: return .console(.filter(reader.isAtEnd ? nil : try expression(isFilter: true)))
    case .search: return .console(.search(try reader.text("a text").bytes))
    case .goto: return .console(.goTo(try reader.number("a packet's number", from: 1, to: .max)))
    case .write: return .console(.write(file: try reader.string("a file's name")))
    case .savePart:
      let number = try reader.number("a part's number", from: 1, to: 100_000)
      return .console(.savePart(number, file: try reader.string("a file's name")))
    case .export: return .console(.export(try exportOrder()))
    case .set:
      let (name, range) = try reader.word("a field or an option")
      guard name.utf8.allSatisfy({ isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }) else {
        throw reader.scanner.error("expected a field or an option, not '\(name)'", at: range)
      }
      let (value, valueRange) = try reader.text("a value")
      return .console(
        .option(name: name, value: try ArgumentReader.string(value, valueRange, in: reader.scanner)))
    case .bind: return .console(.bind(key: try reader.string("a key's name"), try statements()))
    case .unbind: return .console(.unbind(key: try reader.string("a key's name")))
    case .rules:
      return .console(
        reader.isAtEnd ? .rules : .arm(try reader.choice("on or off", [("on", true), ("off", false)])))
    case .rule:
      let number = try reader.number("a rule's number", from: 1, to: .max)
      let acts = ConsoleInstruction.RuleAct.allCases
      let act = try reader.choice(
        acts.map(\.rawValue).joined(separator: ", "), acts.map { ($0.rawValue, $0) })
      return .console(.rule(number, act))
    case .screen:
      let (name, _) = try reader.word("an act's name")
      return .console(
        .screen(name, count: reader.isAtEnd ? nil : try reader.number("a count", from: 1, to: 1_000_000)))
    case .explain: return .console(.screen("explain", count: nil))
    case .edit: return .console(.edit)
    default: return .console(.quit)
    }
  }

  /// A file that is called like one of the words in front of it goes in quotes.
  private mutating func exportOrder() throws(SyntaxError) -> ExportOrder {
    var order = ExportOrder(try reader.word("a format").text.lowercased())
    if let scope = reader.peekWord().flatMap({ ExportOrder.Scope(rawValue: $0.text.lowercased()) }) {
      order.scope = scope
      _ = try reader.word("what to export")
    }
    if let word = reader.peekWord()?.text, word == ExportOrder.redactWord || word == ExportOrder.noRedactWord
    {
      order.redacts = word == ExportOrder.redactWord
      _ = try reader.word("an option")
    }
    if !reader.isAtEnd { order.file = try reader.string("a file's name") }
    return order
  }

  /// An expression, up to a word that does not belong to it.
  mutating func expression(isFilter: Bool = false) throws(SyntaxError) -> Expression {
    var parser = ExpressionParser(reader.scanner, isFilter: isFilter)
    let expression = try parser.expression()
    if isFilter, !reader.isAtEnd(behind: parser.scanner) { try parser.expectEnd() }
    reader.scanner = parser.scanner
    reader.scanner.takesPlainWords = false
    return expression
  }

  private mutating func expectDo() throws(SyntaxError) {
    guard reader.peekWord()?.text.lowercased() == "do" else { throw reader.missing("'do'") }
    _ = try reader.word("do")
  }
}
