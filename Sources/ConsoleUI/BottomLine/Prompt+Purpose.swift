import CommandLanguage
import TraceModel

extension Prompt.Purpose {
  /// Whether the text that is there already is a proposal as a whole, rather than the start of a line.
  var isProposed: Bool {
    switch self {
    case .quarantine, .record, .milter: true
    case .instruction, .filter, .search, .note, .write, .reply, .hold, .rule, .fork: false
    }
  }

  /// Whether the line has texts in it that may name values.
  var takesValues: Bool {
    switch self {
    case .instruction, .rule, .reply, .quarantine, .note: true
    case .filter, .search, .write, .record, .hold, .fork, .milter: false
    }
  }

  /// The line with the word that the prompt stands for.
  func line(_ text: String) -> String {
    switch self {
    case .reply: "reply " + text
    case .quarantine, .note: "note " + Quoting.string(Array(text.utf8))
    case .instruction, .rule, .filter, .search, .write, .record, .hold, .fork, .milter: text
    }
  }

  /// Whether the line is about the packet under the cursor.
  func isForSelected(_ text: String) -> Bool {
    switch self {
    case .note, .reply, .quarantine: true
    case .instruction: (try? Typed.statements(text))?.contains(where: \.isForSelected) ?? false
    case .filter, .search, .write, .record, .hold, .rule, .fork, .milter: false
    }
  }
}

extension Statement {
  fileprivate var isForSelected: Bool {
    switch self {
    case .instruction(let instruction): instruction != .forwardAll
    case .rule: false
    case .console(let console):
      switch console {
      case .edit, .savePart: true
      case .apply, .arm, .bind, .export, .filter, .goTo, .option, .quit, .rule, .rules, .screen, .search,
        .unbind, .write:
        false
      }
    }
  }
}
