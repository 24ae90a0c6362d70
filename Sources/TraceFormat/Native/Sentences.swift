import MilterProtocol
import TraceModel

/// Sentences in a line: the text as it reads, and beside it the parts that it is made of (`docs/trace-format.md`).
///
/// The text is for people and for other programs. Parts are left out where nobody knows them, and are an empty list where
/// the whole text is ours.
extension [UInt8] {
  mutating func append(key: StaticString, _ sentence: Sentence?, parts: StaticString) {
    guard let sentence else { return }
    append(key: key, sentence.text)
    let all = sentence.parts
    if all.isEmpty { return }
    if all.count == 1, case .others = all[0] { return }
    append(ascii: parts)
    append(ascii: "[")
    if !sentence.isOurs {
      for (place, part) in all.enumerated() {
        if place > 0 { append(ascii: ",") }
        append(part)
      }
    }
    append(ascii: "]")
  }

  private mutating func append(_ part: Sentence.Part) {
    switch part {
    case .words(let words): append(key: "", words)
    case .packet(let number): append(decimal: number)
    case .wire(let bytes):
      append(key: "{\"wire\":", bytes: bytes)
      append(ascii: "}")
    case .others(let text):
      append(key: "{\"others\":", text)
      append(ascii: "}")
    }
  }
}

extension Members {
  func sentence(_ key: Key, parts: Key = .parts, in line: Span<UInt8>) throws(LineFault) -> Sentence {
    try require(key, maybeSentence(key, parts: parts, in: line), in: line)
  }

  /// Parts that do not make up the text, or are of kinds that this program does not know, say nothing.
  func maybeSentence(_ key: Key, parts: Key = .parts, in line: Span<UInt8>) throws(LineFault) -> Sentence? {
    guard let text = try maybeText(key, in: line) else { return nil }
    guard let token = self[parts], token.kind == .array,
      let parts = try? Self.parts(from: token.start, in: line)
    else { return Sentence(others: text) }
    if parts.isEmpty { return Sentence(words: text) }
    let sentence = Sentence(parts)
    return sentence.text == text ? sentence : Sentence(others: text)
  }

  private static func parts(from start: Int, in line: Span<UInt8>) throws(LineFault) -> [Sentence.Part] {
    var parts: [Sentence.Part] = []
    var cursor = JSONCursor(offset: start + 1)
    cursor.skipSpace(in: line)
    if cursor.skip(UInt8(ascii: "]"), in: line) { return [] }
    repeat {
      cursor.skipSpace(in: line)
      parts.append(try part(&cursor, in: line))
      cursor.skipSpace(in: line)
    } while cursor.skip(UInt8(ascii: ","), in: line)
    return parts
  }

  private static func part(_ cursor: inout JSONCursor, in line: Span<UInt8>) throws(LineFault)
    -> Sentence.Part
  {
    let start = cursor.offset
    if cursor.skip(UInt8(ascii: "{"), in: line) {
      cursor.skipSpace(in: line)
      let name = try cursor.string(in: line, expected: "what the part is")
      cursor.skipSpace(in: line)
      _ = cursor.skip(UInt8(ascii: ":"), in: line)
      cursor.skipSpace(in: line)
      let value = try cursor.string(in: line, expected: "a string")
      cursor.skipSpace(in: line)
      guard cursor.skip(UInt8(ascii: "}"), in: line) else {
        throw LineFault(at: cursor.offset, in: line, expected: "'}'")
      }
      let kind = line.extracting(name.start..<name.end)
      if kind.spells("wire") { return .wire(try JSONStrings.bytes(value, in: line)) }
      if kind.spells("others") { return .others(try JSONStrings.text(value, in: line)) }
      throw LineFault(at: start, "expected a part that this program knows")
    }
    let value = try cursor.value(in: line)
    if value.kind == .string { return .words(try JSONStrings.text(value, in: line)) }
    guard value.kind == .number, let number = JSONNumber.whole(line.extracting(value.start..<value.end))
    else { throw LineFault(at: start, in: line, expected: "a part of a sentence") }
    return .packet(number)
  }
}
