import MilterProtocol

/// What a program or service answers to a question, as a JSON object on a line: `{"id": 7, "do": ["reject"]}`.
package struct AnswerJSON: Equatable, Sendable {
  /// Of the question; nil where the answer does not say.
  package private(set) var id: Int?
  /// Instructions; none: the packet goes on as it is.
  package private(set) var instructions: [String] = []

  package init(_ bytes: [UInt8]) throws(LineFault) {
    let line = bytes.span
    var cursor = JSONCursor()
    cursor.skipSpace(in: line)
    guard cursor.skip(UInt8(ascii: "{"), in: line) else {
      throw LineFault(at: cursor.offset, in: line, expected: "'{'")
    }
    cursor.skipSpace(in: line)
    if cursor.skip(UInt8(ascii: "}"), in: line) { return }
    repeat {
      try member(&cursor, line)
      cursor.skipSpace(in: line)
    } while cursor.skip(UInt8(ascii: ","), in: line)
    guard cursor.skip(UInt8(ascii: "}"), in: line) else {
      throw LineFault(at: cursor.offset, in: line, expected: "',' or '}'")
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
    switch try JSONStrings.text(name, in: line) {
    case "id":
      guard value.kind == .number, let id = JSONNumber.whole(line.extracting(value.start..<value.end)) else {
        throw LineFault(at: value.start, "expected the number of the question under 'id'")
      }
      self.id = id
    case "do":
      guard value.kind == .array else {
        throw LineFault(at: value.start, in: line, expected: "an array of strings under 'do'")
      }
      instructions = try JSONStrings.texts(value, in: line)
    default: break
    }
  }
}
