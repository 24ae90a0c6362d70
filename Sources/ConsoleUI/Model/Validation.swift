import CommandLanguage

/// Whether a line at a prompt holds, and where it does not.
enum Validation {
  static func validity(of prompt: Prompt) -> Prompt.Validity {
    let text = prompt.editor.text
    switch prompt.purpose {
    case .instruction: return text.isEmpty ? .open : instruction(text)
    case .filter: return filter(text)
    case .search, .note, .write: return .open
    }
  }

  static func filter(_ text: String) -> Prompt.Validity {
    switch Expression.draft(text) {
    case .empty: .open
    case .valid: .valid
    case .incomplete(let error): .incomplete(error.range, words(error))
    case .wrong(let error): .invalid(error.range, words(error))
    }
  }

  private static func words(_ error: SyntaxError) -> String {
    error.message + (error.hint.map { ", " + $0 } ?? "")
  }

  static func instruction(_ text: String) -> Prompt.Validity {
    do throws(Typed.Fault) {
      _ = try Typed.statements(text)
      return .valid
    } catch {
      return error.range.upperBound >= text.utf8.count
        ? .incomplete(error.range, error.message) : .invalid(error.range, error.message)
    }
  }
}
