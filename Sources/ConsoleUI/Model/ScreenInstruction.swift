/// What is typed at the prompt, or stands in the config file, for the screen itself.
///
/// Everything else typed there is an `Instruction` for the selected packet, read by CommandLanguage.
package enum ScreenInstruction: Hashable, Sendable {
  case act(Act)
  /// An empty text takes the filter off.
  case filter(String)
  case search(String)
  case goto(Int)
  case write(String)
  case set(Settings.Name, String)
  /// What a setting is now.
  case ask(Settings.Name)
  case bind(Key, String)
  case note(String)
  case quit

  /// A row of the table of screen instructions, for parsing, completion, help and docs.
  package struct Term: Sendable {
    package var name: String
    package var arguments: String
    package var help: String
  }

  package static let table: [Term] = [
    Term(name: "filter", arguments: "[EXPRESSION]", help: "show only packets that it takes; alone: all"),
    Term(name: "search", arguments: "TEXT", help: "go to the next row that says TEXT"),
    Term(name: "goto", arguments: "NUMBER", help: "go to that packet; the number alone does it too"),
    Term(name: "note", arguments: "TEXT", help: "keep words about the packet in the trace"),
    Term(name: "write", arguments: "FILE", help: "write the packets shown to a trace file"),
    Term(name: "set", arguments: "NAME VALUE", help: "change how things are shown"),
    Term(name: "bind", arguments: "KEY INSTRUCTION", help: "let a key do it; without one, as it was"),
    Term(name: "quit", arguments: "", help: "leave"),
  ]

  /// Why a line is no screen instruction, or that it may be one for the packet.
  package enum Failure: Error, Hashable, Sendable {
    /// The first word is none of the screen's.
    case notForTheScreen
    /// The bytes at fault, and what was expected.
    case invalid(Range<Int>, String)
  }

  package static func parse(_ line: String) throws(Failure) -> ScreenInstruction {
    let words = Words(line)
    guard let verb = words.first else { throw .invalid(0..<0, "expected an instruction") }
    let rest = words.after(1)
    if let number = Int(verb.text), words.count == 1 { return .goto(number) }
    if let act = Act(rawValue: verb.text), words.count == 1 { return .act(act) }
    switch verb.text {
    case "filter": return .filter(rest.text)
    case "search":
      guard !rest.text.isEmpty else { throw .invalid(words.end, "expected the text to look for") }
      return .search(rest.text)
    case "goto":
      guard let number = Int(rest.text) else { throw .invalid(rest.range, "expected the number of a packet") }
      return .goto(number)
    case "note":
      guard !rest.text.isEmpty else { throw .invalid(words.end, "expected the words to keep") }
      return .note(unquoted(rest.text))
    case "write":
      guard !rest.text.isEmpty else { throw .invalid(words.end, "expected the name of a file") }
      return .write(unquoted(rest.text))
    case "set": return try parseSet(words)
    case "bind": return try parseBind(words)
    case "quit": return .quit
    default: throw .notForTheScreen
    }
  }

  private static func parseSet(_ words: Words) throws(Failure) -> ScreenInstruction {
    guard let name = words.word(1), let setting = Settings.Name(rawValue: name.text) else {
      // `set mail.address …` changes a packet.
      if let name = words.word(1), name.text.contains(".") || name.text.contains("[") {
        throw .notForTheScreen
      }
      let names = Settings.Name.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalid(words.word(1)?.range ?? words.end, "expected one of \(names)")
    }
    guard let value = words.word(2) else { return .ask(setting) }
    var trial = Settings()
    if let fault = trial.set(setting, to: value.text) { throw .invalid(value.range, fault) }
    return .set(setting, value.text)
  }

  private static func parseBind(_ words: Words) throws(Failure) -> ScreenInstruction {
    guard let name = words.word(1) else {
      throw .invalid(words.end, "expected a key such as x, ^X, F5, Alt-x")
    }
    guard let key = Key(name: name.text) else {
      throw .invalid(name.range, "'\(name.text)' names no key; x, ^X, F5, PgUp, Alt-x do")
    }
    return .bind(key, words.after(2).text)
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
    return String(text.dropFirst().dropLast())
  }

  /// A line cut at blanks, each word with the bytes it stands at.
  struct Words {
    struct Word {
      var text: String
      var range: Range<Int>
    }

    private let line: [UInt8]
    private let words: [Range<Int>]

    init(_ text: String) {
      line = Array(text.utf8)
      var words: [Range<Int>] = []
      var start: Int?
      for (index, byte) in line.enumerated() {
        if byte == 0x20 {
          if let first = start { words.append(first..<index) }
          start = nil
        } else if start == nil {
          start = index
        }
      }
      if let first = start { words.append(first..<line.count) }
      self.words = words
    }

    var count: Int { words.count }
    var first: Word? { word(0) }
    /// Where a word that is missing would stand.
    var end: Range<Int> { line.count..<line.count }

    func word(_ index: Int) -> Word? {
      guard words.indices.contains(index) else { return nil }
      return Word(text: String(decoding: line[words[index]], as: UTF8.self), range: words[index])
    }

    /// Everything from word `index` to the end of the line, less the blanks there.
    func after(_ index: Int) -> Word {
      guard words.indices.contains(index), let last = words.last else { return Word(text: "", range: end) }
      let range = words[index].lowerBound..<last.upperBound
      return Word(text: String(decoding: line[range], as: UTF8.self), range: range)
    }
  }
}
