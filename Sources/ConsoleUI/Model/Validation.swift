import CommandLanguage
import TraceModel

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
    guard text.contains(where: { $0 != " " }) else { return .open }
    do throws(SyntaxError) {
      _ = try Expression(parsing: text)
      return .valid
    } catch {
      return .invalid(error.range, error.message + (error.hint.map { ", " + $0 } ?? ""))
    }
  }

  static func instruction(_ text: String) -> Prompt.Validity {
    do throws(ScreenInstruction.Failure) {
      switch try ScreenInstruction.parse(text) {
      case .filter(let rest):
        return shifted(filter(rest), by: text.utf8.count - rest.utf8.count)
      case .bind(_, let rest):
        return rest.isEmpty ? .valid : shifted(instruction(rest), by: text.utf8.count - rest.utf8.count)
      case .act, .search, .goto, .write, .set, .ask, .note, .quit: return .valid
      }
    } catch {
      switch error {
      case .invalid(let range, let message): return .invalid(range, message)
      case .notForTheScreen: return forPacket(text)
      }
    }
  }

  private static func shifted(_ validity: Prompt.Validity, by bytes: Int) -> Prompt.Validity {
    guard case .invalid(let range, let message) = validity else { return validity }
    return .invalid(range.lowerBound + bytes..<range.upperBound + bytes, message)
  }

  /// The instruction for a packet that the line is; nil where it is none.
  static func packetInstruction(_ text: String) -> Instruction? {
    switch ScreenInstruction.Words(text).first?.text {
    case "mark": .mark
    case "unmark": .unmark
    default: nil
    }
  }

  private static func forPacket(_ text: String) -> Prompt.Validity {
    let word = ScreenInstruction.Words(text).first
    guard let word, word.text != "mark", word.text != "unmark" else { return .valid }
    return .invalid(word.range, "unknown instruction '\(word.text)'")
  }
}
