/// What one line says, by key: found in one pass, decoded where somebody asks.
///
/// Keys may come in any order and with any white space, so that a trace which went through `jq -c` still reads. Of a key
/// that comes twice the last one counts, unknown keys are stepped over.
struct Members {
  private var tokens = InlineArray<45, JSONCursor.Token>(repeating: JSONCursor.Token())

  init(_ line: Span<UInt8>) throws(LineFault) {
    precondition(Key.allCases.count == tokens.count, "every key has its place")
    var cursor = JSONCursor()
    cursor.skipSpace(in: line)
    guard cursor.skip(UInt8(ascii: "{"), in: line) else {
      throw LineFault(at: cursor.offset, in: line, expected: "'{'")
    }
    cursor.skipSpace(in: line)
    if !cursor.skip(UInt8(ascii: "}"), in: line) {
      repeat { try member(&cursor, line) } while cursor.skip(UInt8(ascii: ","), in: line)
      guard cursor.skip(UInt8(ascii: "}"), in: line) else {
        throw LineFault(at: cursor.offset, in: line, expected: "',' or '}'")
      }
    }
    cursor.skipSpace(in: line)
    guard cursor.offset == line.count else {
      throw LineFault(at: cursor.offset, in: line, expected: "the end of the line")
    }
  }

  private mutating func member(_ cursor: inout JSONCursor, _ line: Span<UInt8>) throws(LineFault) {
    cursor.skipSpace(in: line)
    let name = try cursor.string(in: line, expected: "a key in quotes")
    cursor.skipSpace(in: line)
    guard cursor.skip(UInt8(ascii: ":"), in: line) else {
      throw LineFault(at: cursor.offset, in: line, expected: "':'")
    }
    cursor.skipSpace(in: line)
    let value = try cursor.value(in: line)
    cursor.skipSpace(in: line)
    guard let key = Key(line.extracting(name.start..<name.end)) else { return }
    tokens[key.rawValue] = value
  }

  /// The value under `key`; nil where the key is missing or its value is `null`.
  subscript(key: Key) -> JSONCursor.Token? {
    let token = tokens[key.rawValue]
    switch token.kind {
    case .none, .null: return nil
    case .string, .number, .yes, .no, .array, .object: return token
    }
  }
}
