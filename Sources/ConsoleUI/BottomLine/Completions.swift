import CommandLanguage

/// What could follow at the cursor of a prompt, best first.
enum Completions {
  static func all(for prompt: Prompt, formats: [ExportChoice]) -> [Prompt.Completion] {
    let (text, cursor) = (prompt.editor.text, prompt.editor.cursorOffset)
    switch prompt.purpose {
    case .instruction:
      return values(text, cursor)
        ?? list(Completion.statement(text, at: cursor, vocabulary: vocabulary(formats)))
    case .filter, .hold: return list(Completion.expression(text, at: cursor))
    case .rule: return list(Completion.statement(text, at: cursor))
    case .note, .reply, .quarantine: return list(Completion.value(text, at: cursor))
    case .fork: return ChangesLine.completions(text, at: cursor)
    case .search, .write, .record, .milter: return []
    }
  }

  private static func vocabulary(_ formats: [ExportChoice]) -> Completion.Vocabulary {
    var vocabulary = Typed.vocabulary
    vocabulary.formats = formats.map { Completion.Candidate($0.name, $0.summary) }
    return vocabulary
  }

  static func list(_ completion: Completion) -> [Prompt.Completion] {
    completion.candidates.map { Prompt.Completion(range: completion.range, text: $0.text, help: $0.doc) }
  }

  /// Values of `set NAME `, which only the screen knows; nil elsewhere.
  private static func values(_ text: String, _ cursor: Int) -> [Prompt.Completion]? {
    let bytes = Array(text.utf8.prefix(cursor))
    let words = bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count == 3, words[0].elementsEqual("set".utf8),
      let name = Settings.Name(rawValue: String(decoding: words[1], as: UTF8.self))
    else { return nil }
    let typed = String(decoding: words[2], as: UTF8.self)
    return name.values.filter { $0.hasPrefix(typed) && $0 != typed }.map {
      Prompt.Completion(range: bytes.count - words[2].count..<bytes.count, text: $0, help: "")
    }
  }
}
