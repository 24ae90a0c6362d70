import Cells
import CommandLanguage

/// Lines as they are typed at the prompt, bound to keys, given with `-c` or written in the config file.
///
/// The language is CommandLanguage's; here is what only the screen knows: its settings, its acts, its keys, and that a
/// number alone is a packet to go to.
package enum Typed {
  /// What is wrong with a line, and the bytes at fault.
  package struct Fault: Error, Equatable, Sendable {
    package var range: Range<Int>
    package var message: String
    /// What could be typed next where the line is only not finished.
    package var continuation: String?
  }

  package static func statements(_ line: String) throws(Fault) -> [Statement] {
    let trimmed = line.drop { $0 == " " }
    if let number = Int(trimmed) { return [.console(.goTo(number))] }
    let statements: [Statement]
    do throws(SyntaxError) {
      statements = try Statement.parse(line)
    } catch {
      throw Fault(range: error.range, message: error.summary, continuation: error.continuation)
    }
    for statement in statements { try check(statement, in: line) }
    return statements
  }

  private static func check(_ statement: Statement, in line: String) throws(Fault) {
    guard case .console(let console) = statement else { return }
    switch console {
    case .option(let name, let value):
      guard let setting = Settings.Name(rawValue: name) else {
        let names = Settings.Name.allCases.map(\.rawValue).joined(separator: ", ")
        throw fault(
          "expected one of \(names), or a field of the packet, there was '\(name)'", at: name, in: line)
      }
      var trial = Settings()
      if let message = trial.set(setting, to: value) { throw fault(message, at: value, in: line) }
    case .bind(let key, let statements):
      try check(key: key, in: line)
      for statement in statements { try check(statement, in: line) }
    case .unbind(let key): try check(key: key, in: line)
    case .screen(let name, _):
      guard Act(rawValue: name) == nil else { return }
      throw fault("the screen has no action '\(name)'; mitmilter help keys lists them", at: name, in: line)
    case .apply, .edit, .filter, .search, .goTo, .write, .savePart, .export, .rules, .arm, .rule,
      .quit:
      break
    }
  }

  private static func check(key: String, in line: String) throws(Fault) {
    guard Key(name: key) == nil else { return }
    throw fault("'\(key)' names no key; x, ^X, F5, PgUp, Alt-x do", at: key, in: line)
  }

  /// The fault at the last place where the line says `word`.
  private static func fault(_ message: String, at word: String, in line: String) -> Fault {
    let (bytes, sought) = (Array(line.utf8), Array(word.utf8))
    guard !sought.isEmpty, bytes.count >= sought.count else {
      return Fault(range: 0..<bytes.count, message: message)
    }
    for start in (0...bytes.count - sought.count).reversed()
    where bytes[start..<start + sought.count].elementsEqual(sought) {
      return Fault(range: start..<start + sought.count, message: message)
    }
    return Fault(range: 0..<bytes.count, message: message)
  }

  /// What completion offers beside the words of the language.
  static let vocabulary: Completion.Vocabulary = {
    var vocabulary = Completion.Vocabulary()
    vocabulary.options = Settings.Name.allCases.map { Completion.Candidate($0.rawValue, $0.help) }
    vocabulary.acts = Binding.table.map { Completion.Candidate($0.act.rawValue, $0.help) }
    vocabulary.keys = Binding.table.flatMap { binding in
      binding.keys.map { Completion.Candidate($0.description, binding.help) }
    }
    return vocabulary
  }()
}
