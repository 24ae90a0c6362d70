import CommandLanguage
import TraceModel

/// Whether a line at a prompt holds, and where it does not.
enum Validation {
  static func validity(of prompt: Prompt) -> Prompt.Validity {
    validity(of: prompt.closedText, for: prompt.purpose)
  }

  static func validity(of text: String, for purpose: Prompt.Purpose) -> Prompt.Validity {
    switch purpose {
    case .instruction: return text.isEmpty ? .open : instruction(text)
    case .filter: return expression(text, isFilter: true)
    case .hold: return expression(text, isFilter: false)
    case .reply: return reply(text)
    case .rule: return rule(text)
    case .fork: return changes(text)
    case .search, .note, .write, .record, .quarantine, .milter: return .open
    }
  }

  /// What may not be meant as it is written, though it holds.
  static func doubt(about prompt: Prompt) -> String? {
    guard prompt.purpose.takesValues,
      let statements = try? Typed.statements(prompt.purpose.line(prompt.closedText))
    else { return nil }
    return statements.lazy.compactMap { statement in
      switch statement {
      case .instruction(let instruction): instruction.doubts.first
      case .rule(let rule): rule.doubts.first
      case .console: nil
      }
    }.first
  }

  private static func expression(_ text: String, isFilter: Bool) -> Prompt.Validity {
    switch Expression.draft(text, isFilter: isFilter) {
    case .empty: .open
    case .valid: .valid
    case .incomplete(let error): incomplete(error)
    case .wrong(let error): .invalid(error.range, error.summary)
    }
  }

  /// Right so far: what may follow, and what Enter says.
  private static func incomplete(_ error: SyntaxError) -> Prompt.Validity {
    .incomplete(error.range, next: error.continuation ?? error.message, error.summary)
  }

  /// What an answer of one's own words lacks: code, class, length, lines.
  private static func reply(_ text: String) -> Prompt.Validity {
    let word = "reply "
    do throws(SyntaxError) {
      _ = try Instruction(parsing: word + text)
      return .valid
    } catch {
      let start = max(0, error.range.lowerBound - word.utf8.count)
      let range = start..<max(start, error.range.upperBound - word.utf8.count)
      return range.upperBound >= text.utf8.count
        ? .incomplete(range, next: error.continuation ?? error.summary, error.summary)
        : .invalid(range, error.summary)
    }
  }

  private static func rule(_ text: String) -> Prompt.Validity {
    do throws(SyntaxError) {
      _ = try Rule(parsing: text)
      return .valid
    } catch {
      return error.range.upperBound >= text.utf8.count
        ? incomplete(error) : .invalid(error.range, error.summary)
    }
  }

  private static func changes(_ text: String) -> Prompt.Validity {
    if text.isEmpty { return .open }
    do throws(SyntaxError) {
      _ = try ChangesLine.instructions(text)
      return .valid
    } catch {
      return error.range.upperBound >= text.utf8.count
        ? incomplete(error) : .invalid(error.range, error.summary)
    }
  }

  static func instruction(_ text: String) -> Prompt.Validity {
    do throws(Typed.Fault) {
      _ = try Typed.statements(text)
      return .valid
    } catch {
      return error.range.upperBound >= text.utf8.count
        ? .incomplete(error.range, next: error.continuation ?? error.message, error.message)
        : .invalid(error.range, error.message)
    }
  }
}
