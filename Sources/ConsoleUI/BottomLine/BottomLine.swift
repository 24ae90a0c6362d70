import Cells

/// What is open at the bottom of the screen. It has the keys before any pane.
package enum BottomLine {
  /// The keys are a pane's.
  case idle
  case prompt(Prompt)
  case menu(Menu)
  case form(EditForm)
  /// Over whatever was open, for not only keys lead to questions: a file may turn out to be there already.
  indirect case question(Question, over: BottomLine)

  /// What a key did to what is open.
  enum Press {
    case stays([Response])
    case closes([Response])
  }

  /// A key for what is open. A prompt takes its keys itself, as it has to know more.
  mutating func press(_ key: Key) -> [Response] {
    switch self {
    case .idle, .prompt: []
    case .menu(var menu): settle(menu.press(key), open: .menu(menu))
    case .form(var form): settle(form.press(key), open: .form(form))
    case .question(let question, let behind): settle(question.press(key), open: self, behind: behind)
    }
  }

  private mutating func settle(
    _ press: Press, open: BottomLine, behind: BottomLine = .idle
  ) -> [Response] {
    switch press {
    case .stays(let responses):
      self = open
      return responses
    case .closes(let responses):
      self = behind
      return responses
    }
  }

  /// Asks, unless that is what is asked already.
  mutating func ask(_ question: Question) {
    if case .question(question, _) = self { return }
    self = .question(question, over: self)
  }

  /// What is open but for questions.
  var behind: BottomLine { if case .question(_, let behind) = self { behind.behind } else { self } }

  var isQuestion: Bool { if case .question = self { true } else { false } }

  var isIdle: Bool { if case .idle = self { true } else { false } }

  package var prompt: Prompt? { if case .prompt(let prompt) = self { prompt } else { nil } }

  // MARK: drawing

  /// What stands over the panes.
  func drawOverlay(into frame: inout Frame, in layout: Layout) {
    switch self {
    case .idle, .prompt: break
    case .menu(let menu): MenuView.draw(menu, into: &frame, above: layout.bottom)
    case .form(let form): EditView.draw(form, into: &frame, in: layout.body)
    case .question(_, let behind): behind.drawOverlay(into: &frame, in: layout)
    }
  }

  /// The last line of the screen: a question and a prompt whole, else what there is to say, else the keys that count.
  ///
  /// - Parameter drawHints: of the pane that has the keys where nothing is open.
  func drawLine(
    _ status: StatusMessage?, into frame: inout Frame, in rect: Rect, drawHints: (inout Frame, Rect) -> Void
  ) {
    switch self {
    case .question(let question, _): return question.draw(into: &frame, in: rect)
    case .prompt(let prompt): return PromptView.draw(prompt, into: &frame, in: rect)
    case .idle, .menu, .form: break
    }
    if let status { return frame.put(" " + status.display, in: rect, style: Style(.status)) }
    switch self {
    case .menu: frame.put(" " + MenuView.hints, in: rect)
    case .form(let form): frame.put(" " + EditView.hints(form), in: rect)
    case .idle, .prompt, .question: drawHints(&frame, rect)
    }
  }
}
