import CommandLanguage

/// What could follow at the cursor of a prompt, best first.
enum Completions {
  static func all(for prompt: Prompt) -> [Prompt.Completion] {
    switch prompt.purpose {
    case .instruction: instruction(prompt)
    case .filter: expression(prompt.editor.text, cursor: prompt.editor.cursorOffset, from: 0)
    case .search, .note, .write: []
    }
  }

  /// Terms of expressions at the cursor.
  private static func expression(_ line: String, cursor: Int, from start: Int) -> [Prompt.Completion] { [] }

  private static func instruction(_ prompt: Prompt) -> [Prompt.Completion] {
    let line = prompt.editor.text
    let cursor = prompt.editor.cursorOffset
    let words = ScreenInstruction.Words(line)
    guard let verb = words.first, cursor > verb.range.upperBound else {
      return verbs(words.first, cursor: cursor)
    }
    switch verb.text {
    case "filter":
      return expression(line, cursor: cursor, from: verb.range.upperBound + 1)
    case "set": return settings(words, cursor: cursor)
    case "bind": return bindings(words, cursor: cursor)
    default: return []
    }
  }

  private static func verbs(_ word: ScreenInstruction.Words.Word?, cursor: Int) -> [Prompt.Completion] {
    let range = word?.range ?? cursor..<cursor
    let typed = word?.text ?? ""
    var rows = ScreenInstruction.table.map {
      ($0.name, ($0.arguments.isEmpty ? "" : $0.arguments + "  ") + $0.help)
    }
    rows += packetVerbs
    // Acts come last: their keys are quicker.
    rows += Binding.table.map { ($0.act.rawValue, $0.help) }
    return matching(typed, rows, range)
  }

  private static let packetVerbs = [
    ("mark", "mark the packet"), ("unmark", "take the mark off"),
  ]

  private static func settings(_ words: ScreenInstruction.Words, cursor: Int) -> [Prompt.Completion] {
    let (index, word) = current(words, cursor: cursor)
    switch index {
    case 1:
      return matching(
        word.text, Settings.Name.allCases.map { ($0.rawValue, $0.help) }, word.range)
    case 2:
      let values = words.word(1).flatMap { Settings.Name(rawValue: $0.text) }?.values ?? []
      return matching(word.text, values.map { ($0, "") }, word.range)
    default: return []
    }
  }

  private static func bindings(_ words: ScreenInstruction.Words, cursor: Int) -> [Prompt.Completion] {
    let (index, word) = current(words, cursor: cursor)
    guard index == 2 else { return [] }
    return verbs(word, cursor: cursor)
  }

  /// The word at the cursor, or the empty one that begins there, and which of the line it is.
  private static func current(
    _ words: ScreenInstruction.Words, cursor: Int
  ) -> (Int, ScreenInstruction.Words.Word) {
    for index in 0..<words.count {
      if let word = words.word(index), word.range.contains(cursor) || word.range.upperBound == cursor {
        return (index, word)
      }
    }
    let before = (0..<words.count).filter { (words.word($0)?.range.upperBound ?? 0) < cursor }.count
    return (before, ScreenInstruction.Words.Word(text: "", range: cursor..<cursor))
  }

  private static func matching(
    _ typed: String, _ rows: [(String, String)], _ range: Range<Int>
  ) -> [Prompt.Completion] {
    var seen: Set<String> = []
    return rows.filter { $0.0.hasPrefix(typed) && $0.0 != typed && seen.insert($0.0).inserted }
      .map { Prompt.Completion(range: range, text: $0.0, help: $0.1) }
  }
}
