import Cells

/// The last line: a question, the prompt, what there is to say, or the keys of this place.
enum BottomLine {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    if let question = model.question {
      frame.fill(rect, style: Style(.status))
      let keys =
        question.yes.isEmpty
        ? DisplayText("any key", style: .key) + " goes on"
        : DisplayText("y", style: .key) + " yes  " + DisplayText("n", style: .key) + " no"
      let words = DisplayText(question.words, style: Style(.warn, .bold))
      // The keys stay, whatever is cut.
      let room = max(0, rect.columns - keys.width - 3)
      frame.put(" " + words.fitted(to: min(words.width, room)) + " " + keys, in: rect, style: Style(.status))
    } else if let prompt = model.prompt {
      PromptView.draw(prompt, into: &frame, in: rect)
    } else if let status = model.status {
      frame.put(" " + text(of: status), in: rect, style: Style(.status))
    } else if model.menu != nil {
      frame.put(" " + HintLine.ofMenu, in: rect)
    } else if let form = model.form {
      frame.put(" " + EditView.hints(form), in: rect)
    } else if let count = model.digits?.count {
      frame.put(DisplayText(" \(count) …", style: Style(.prompt)), in: rect)
    } else {
      HintLine.draw(
        model.keymap, place: model.place, isHeld: model.selectionIsHeld, into: &frame, in: rect)
    }
  }

  private static func text(of status: StatusMessage) -> DisplayText {
    switch status.weight {
    case .hint, .done: DisplayText(status.text, style: Style(.status))
    case .refused: DisplayText(status.text, style: Style(.bad))
    }
  }
}
