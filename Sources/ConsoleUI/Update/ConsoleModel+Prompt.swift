import Cells
import CommandLanguage
import TraceModel

extension ConsoleModel {
  mutating func ask(_ purpose: Prompt.Purpose, text: String = "") {
    prompt = Prompt(purpose, text: text)
    examinePrompt()
  }

  /// A key while the prompt is open.
  mutating func typed(_ key: Key) -> [ConsoleEffect] {
    switch key {
    case .named(.enter): return enter()
    case .named(.escape), .control("c"), .control("g"): closePrompt()
    case .named(.tab): complete(step: 1)
    case .named(.backTab): complete(step: -1)
    case .named(.up), .control("p"): recall(step: 1)
    case .named(.down), .control("n"): recall(step: -1)
    case .named(.backspace) where prompt?.editor.isEmpty == true: closePrompt()
    default:
      guard prompt?.editor.apply(key) == true else { return [] }
      prompt?.chosen = nil
      prompt?.recalled = nil
      prompt?.draft = nil
      examinePrompt()
    }
    return []
  }

  private mutating func closePrompt() {
    if prompt?.purpose == .filter { leaveFilter() }
    prompt = nil
  }

  private mutating func complete(step: Int) {
    prompt?.complete(step: step)
    judgePrompt()
  }

  private mutating func recall(step: Int) {
    guard let purpose = prompt?.purpose else { return }
    let lines = history[purpose] ?? []
    prompt?.recall(step: step, from: lines)
    examinePrompt()
  }

  /// Says anew what the line is worth and what could follow it.
  private mutating func examinePrompt() {
    guard let line = prompt else { return }
    let completions = Completions.all(for: line, formats: exports)
    prompt?.completions = completions
    prompt?.chosen = nil
    judgePrompt()
  }

  private mutating func judgePrompt() {
    guard let line = prompt else { return }
    prompt?.isRefused = false
    prompt?.validity = Validation.validity(of: line)
    tryOut(line)
    if let line = prompt { tryFilter(line) }
  }

  private mutating func enter() -> [ConsoleEffect] {
    guard let prompt else { return [] }
    let text = prompt.closedText
    switch prompt.validity {
    case .invalid(_, let message), .incomplete(_, let message): return refuseKeepingPrompt(message)
    case .open, .valid: break
    }
    self.prompt = nil
    remember(text, for: prompt.purpose)
    // While one types, a deadline may pass, and the next packet be selected.
    if isForSelected(prompt.purpose, text), let askedAbout, askedAbout != selectedPacket {
      return refuse(
        "the \(isDesk ? "mail" : "packet") that this was meant for waits no longer; nothing was done")
    }
    switch prompt.purpose {
    case .instruction: return text.isEmpty ? [] : run(text)
    case .filter: keepFilter(text)
    case .search: return text.isEmpty ? [] : startSearch(text)
    case .note: return text.isEmpty ? [] : note(text)
    case .write: return text.isEmpty ? [] : write(to: text)
    case .reply: return answer(in: text)
    case .quarantine: return conclude(quarantining(text))
    case .hold: return hold(on: text)
    case .rule(let place): return setRule(text, at: place)
    }
    return []
  }

  /// Whether the line is about the packet under the cursor.
  private func isForSelected(_ purpose: Prompt.Purpose, _ text: String) -> Bool {
    switch purpose {
    case .note, .reply, .quarantine: true
    case .instruction: (try? Typed.statements(text))?.contains(where: \.isForSelected) ?? false
    case .filter, .search, .write, .hold, .rule: false
    }
  }

  private mutating func answer(in words: String) -> [ConsoleEffect] {
    guard isDesk, view == .held || view == .messages,
      let instruction = try? Instruction(parsing: "reply " + words)
    else {
      return run("reply " + words)
    }
    return conclude([instruction])
  }

  /// What is wrong stands above the line; the line stays to be mended.
  private mutating func refuseKeepingPrompt(_ message: String) -> [ConsoleEffect] {
    prompt?.isRefused = true
    status = StatusMessage(.refused, message)
    return []
  }

  private mutating func remember(_ text: String, for purpose: Prompt.Purpose) {
    guard !text.isEmpty else { return }
    var lines = history[purpose] ?? []
    lines.removeAll { $0 == text }
    lines.append(text)
    if lines.count > ConsoleModel.historyLines { lines.removeFirst() }
    history[purpose] = lines
  }

  /// y or n to a question.
  mutating func answered(with key: Key) -> [ConsoleEffect] {
    guard let question else { return [] }
    switch key {
    case _ where question.yes.isEmpty: self.question = nil
    case .character("y"), .character("Y"):
      self.question = nil
      return question.yes
    case .character("n"), .character("N"), .character("q"), .named(.escape), .control("c"), .control("g"):
      self.question = nil
    default: break
    }
    return []
  }
}

extension Statement {
  fileprivate var isForSelected: Bool {
    switch self {
    case .instruction(let instruction): instruction != .forwardAll
    case .rule: false
    case .console(let console):
      switch console {
      case .edit, .revert, .savePart: true
      case .apply, .arm, .bind, .export, .filter, .goTo, .option, .quit, .rule, .rules, .screen, .search,
        .unbind, .write:
        false
      }
    }
  }
}
