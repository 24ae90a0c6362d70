import CommandLanguage
import TraceModel

/// What is to be said otherwise, as it is typed: changes as `replay --set` takes them, or instructions, with `;` between.
///
///     macro["{auth_authen}"] = "alice"; rcpt.address = <bob@example.net>; drop
enum ChangesLine {
  private struct Part {
    let text: String
    /// Bytes of the line in front of it.
    let start: Int

    /// Whether it begins with a word of an instruction, and not with a field.
    var isInstruction: Bool {
      let word = text.prefix { $0 == "-" || $0.isLetter }
      let next = text.dropFirst(word.count).first
      return next != "." && next != "[" && InstructionWord(rawValue: word.lowercased()) != nil
    }
  }

  static func instructions(_ line: String) throws(SyntaxError) -> [Instruction] {
    var all: [Instruction] = []
    for part in parts(line) {
      do throws(SyntaxError) {
        all.append(
          part.isInstruction ? try Instruction(parsing: part.text) : .set(try Assignment(parsing: part.text)))
      } catch {
        throw error.moved(by: part.start, into: line)
      }
    }
    return all
  }

  static func completions(_ line: String, at cursor: Int) -> [Prompt.Completion] {
    guard let part = parts(line).last(where: { $0.start <= cursor }) else { return [] }
    let place = cursor - part.start
    if part.isInstruction, part.text.contains(" ") {
      return moved(Completion.statement(part.text, at: place), by: part.start)
    }
    let set = "set "
    let fields = moved(
      Completion.statement(set + part.text, at: place + set.utf8.count), by: part.start - set.utf8.count)
    let words = Completion.statement(part.text, at: place)
    let rows = words.candidates.filter { candidate in
      offered.contains { candidate.text.hasPrefix($0.rawValue) }
    }
    return fields
      + rows.map {
        Prompt.Completion(
          range: words.range.lowerBound + part.start..<words.range.upperBound + part.start, text: $0.text,
          help: $0.doc)
      }
  }

  /// What changes a mail, or what the MTA says of it.
  private static let offered: [InstructionWord] = [
    .addHeader, .insertHeader, .changeHeader, .deleteHeader, .addRcpt, .deleteRcpt, .changeFrom, .replaceBody,
    .deletePart, .replacePart, .drop, .raw,
  ]

  private static func moved(_ completion: Completion, by bytes: Int) -> [Prompt.Completion] {
    Completions.list(completion).compactMap { row in
      guard row.range.lowerBound + bytes >= 0 else { return nil }
      var row = row
      row.range = row.range.lowerBound + bytes..<row.range.upperBound + bytes
      return row
    }
  }

  /// Cut at each `;` outside of quotes, without the blanks in front.
  private static func parts(_ line: String) -> [Part] {
    let bytes = Array(line.utf8)
    var parts: [Part] = []
    var start = 0
    var quote: UInt8?
    var isEscaped = false
    func end(at place: Int) {
      let first = bytes[start..<place].firstIndex { $0 != 0x20 } ?? place
      parts.append(Part(text: String(decoding: bytes[first..<place], as: UTF8.self), start: first))
      start = place + 1
    }
    for (place, byte) in bytes.enumerated() {
      if isEscaped {
        isEscaped = false
      } else if let open = quote {
        if byte == UInt8(ascii: "\\") { isEscaped = true }
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ";") {
        end(at: place)
      }
    }
    end(at: bytes.count)
    return parts
  }
}

extension SyntaxError {
  /// The same within a longer line.
  fileprivate func moved(by bytes: Int, into line: String) -> SyntaxError {
    var error = SyntaxError(
      message, hint: hint, in: Array(line.utf8), at: range.lowerBound + bytes..<range.upperBound + bytes)
    error.continuation = continuation
    return error
  }
}
