import MilterProtocol
import TraceModel

/// Reads one instruction behind its first word.
struct InstructionParser {
  var reader: ArgumentReader
  /// Where the first word lies: refusals that concern the whole point at it.
  let start: Range<Int>

  /// nil for words that are not for connections.
  mutating func instruction(_ word: InstructionWord) throws(SyntaxError) -> Instruction? {
    switch word {
    case .hold: return .hold
    case .ask: return .ask(try adviser())
    case .forward: return try isFollowed(by: "all") ? .forwardAll : .forward
    case .step: return .step
    case .drop: return .drop
    case .delay: return .delay(Moment.Span(microseconds: try duration()))
    case .close: return try close()
    case .continue: return .answer(.continue)
    case .accept: return .answer(.accept)
    case .reject: return .answer(.reject)
    case .tempfail: return .answer(.tempfail)
    case .discard: return .answer(.discard)
    case .skip: return .answer(.skip)
    case .connfail: return .answer(.connFail)
    case .shutdown: return .answer(.shutdown)
    case .reply: return .answer(.custom(try reply()))
    case .progress: return try progress()
    case .mark: return .mark
    case .unmark: return .unmark
    case .note:
      let (bytes, range) = try reader.valuedText("a text")
      return .note(try ArgumentReader.string(bytes, range, in: reader.scanner))
    case .raw: return .raw(try hexBytes())
    case .revert: return .revert(try isFollowed(by: "last") ? .last : .all)
    case .extra, .duplicate, .truncate, .shorten, .append, .corrupt, .split, .coalesce, .reorder, .silence,
      .provoke:
      return .fault(try fault(word))
    case .set: return try assignment(takesEqualsSign: false).map(Instruction.set)
    case .addHeader, .insertHeader, .changeHeader, .prefixHeader, .deleteHeader, .addRcpt, .deleteRcpt,
      .changeFrom,
      .replaceBody, .deletePart, .replacePart, .defang, .quarantine:
      return .change(try change(word))
    case .on, .rules, .rule, .apply, .edit, .filter, .search, .goto, .write, .savePart, .export,
      .bind, .unbind,
      .screen, .explain, .quit:
      return nil
    }
  }

  mutating func isFollowed(by word: String) throws(SyntaxError) -> Bool {
    guard reader.peekWord()?.text.lowercased() == word else { return false }
    _ = try reader.word(word)
    return true
  }

  /// `[--persistent] [--allow-remote] [--within DURATION] [--else VERDICT] "COMMAND ARG…"|URL`
  private mutating func adviser() throws(SyntaxError) -> Adviser {
    var (isPersistent, allowsRemote, limit): (Bool, Bool, Moment.Span?) = (false, false, nil)
    var fallback: Answer?
    while let (word, range) = reader.peekWord(), word.hasPrefix("--") {
      _ = try reader.word(word)
      switch word {
      case "--persistent": isPersistent = true
      case "--allow-remote": allowsRemote = true
      case "--within":
        let (text, range) = try reader.word("a duration such as 5s")
        guard case .duration(let microseconds)? = Units.quantity(text), microseconds > 0 else {
          throw reader.scanner.error("expected a duration such as 5s, not '\(text)'", at: range)
        }
        limit = Moment.Span(microseconds: microseconds)
      case "--else":
        fallback = try reader.choice(
          "a verdict such as tempfail", Answer.plain.map { ($0.name, $0) })
      default:
        let options = ["--persistent", "--allow-remote", "--within", "--else"]
        throw reader.scanner.error(
          "ask has no option '\(word)'", hint: "options are \(options.joined(separator: ", "))",
          near: Nearest.match(for: word, among: options), at: range)
      }
    }
    let (bytes, range) = try reader.argument("a command in quotes, or a URL,")
    let text = try ArgumentReader.string(bytes, range, in: reader.scanner)
    return try refusing(at: range) { () throws(Refusal) in
      try Adviser(
        text, isPersistent: isPersistent, allowsRemote: allowsRemote, limit: limit, fallback: fallback)
    }
  }

  mutating func duration() throws(SyntaxError) -> Int64 {
    let (text, range) = try reader.word("a duration such as 5s")
    guard case .duration(let microseconds)? = Units.quantity(text) else {
      throw reader.scanner.error("expected a duration such as 5s, not '\(text)'", at: range)
    }
    return microseconds
  }

  private mutating func reply() throws(SyntaxError) -> CustomReply {
    let (text, codeRange) = try reader.word("a code such as 550")
    guard text.utf8.count == 3, text.utf8.allSatisfy(isDigit), let code = Int(text) else {
      throw reader.scanner.error("expected a code such as 550, not '\(text)'", at: codeRange)
    }
    var range = codeRange
    var status: CustomReply.Status?
    if let next = reader.peekWord(), let found = CustomReply.Status(next.text) {
      status = found
      range = range.lowerBound..<next.range.upperBound
      _ = try reader.word("a status")
    }
    var lines: [[UInt8]] = []
    while !reader.isAtEnd {
      let (line, lineRange) = try reader.valuedText("a text in quotes")
      lines.append(line)
      range = range.lowerBound..<lineRange.upperBound
    }
    return try refusing(at: range) { () throws(Refusal) in
      try CustomReply(code: code, status: status, lines: lines)
    }
  }

  /// A refusal of the value becomes an error of the text.
  private func refusing<Value>(
    at range: Range<Int>, _ make: () throws(Refusal) -> Value
  ) throws(SyntaxError) -> Value {
    do {
      return try make()
    } catch {
      throw reader.scanner.error(error.reason, at: range)
    }
  }

  mutating func hexBytes() throws(SyntaxError) -> [UInt8] {
    let (bytes, range) = try hexText()
    guard bytes.count >= Limits.lengthBytes else {
      throw reader.scanner.error("a frame begins with its 4 bytes of length", at: range)
    }
    return bytes
  }

  /// Any number of bytes, but for none.
  mutating func hexText() throws(SyntaxError) -> (bytes: [UInt8], range: Range<Int>) {
    let (text, range) = try reader.text("hexadecimal digits")
    let digits = text.filter { $0 > 0x20 }
    let values = digits.compactMap(HexDigit.value)
    guard values.count == digits.count, values.count.isMultiple(of: 2), !values.isEmpty else {
      throw reader.scanner.error("expected pairs of hexadecimal digits", at: range)
    }
    return (stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }, range)
  }

  /// nil where the name is an option's.
  ///
  /// - Parameter takesEqualsSign: whether one may stand between field and value.
  mutating func assignment(takesEqualsSign: Bool) throws(SyntaxError) -> Assignment? {
    var ahead = reader
    let (name, range) = try ahead.argument(
      "a field", endingAt: [UInt8(ascii: "[")] + (takesEqualsSign ? [UInt8(ascii: "=")] : []))
    let text = String(decoding: name, as: UTF8.self).lowercased()
    let field: Assignment.Field
    if text == "macro" {
      field = .macro(try key(of: text, "i", &ahead))
    } else if text == Assignment.Field.symbolListName {
      field = .symbolList(stage: try stage(of: text, &ahead))
    } else if let plain = Assignment.Field.plain.first(where: { $0.name == text }) {
      field = plain
    } else if text.contains(".") {
      let near = Nearest.match(
        for: text, among: Assignment.Field.plain.map(\.name) + [Assignment.Field.symbolListName])
      throw reader.scanner.error("unknown field '\(text)'", near: near, at: range)
    } else {
      return nil
    }
    reader = ahead
    if takesEqualsSign { reader.skip(UInt8(ascii: "=")) }
    let (value, valueRange) = try reader.valuedText("a value")
    return try refusing(at: valueRange) { () throws(Refusal) in try Assignment(field, value) }
  }

  /// The stage in the brackets behind a field's name.
  private func stage(of field: String, _ reader: inout ArgumentReader) throws(SyntaxError) -> UInt32 {
    let start = reader.scanner.at
    let name = String(decoding: try key(of: field, "mail", &reader), as: UTF8.self)
    guard let stage = OptNeg.SymbolList.stage(named: name) else {
      throw reader.scanner.error(
        "macros are asked for at \(OptNeg.SymbolList.stages.map(\.name).joined(separator: ", "))",
        at: start..<reader.scanner.at)
    }
    return stage
  }

  /// What stands in brackets and quotes behind a field's name.
  private func key(
    of field: String, _ example: String, _ reader: inout ArgumentReader
  ) throws(SyntaxError) -> [UInt8] {
    var parser = ExpressionParser(reader.scanner)
    guard reader.scanner.byte == UInt8(ascii: "[") else {
      throw reader.missing("a name in brackets, such as \(field)[\"\(example)\"],")
    }
    let name = try parser.key(of: field)
    reader.scanner = parser.scanner
    return name
  }
}
