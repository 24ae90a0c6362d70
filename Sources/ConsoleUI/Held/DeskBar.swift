import Cells

/// What may be said about the waiting mail, and what the client is told then: on the screen before it is chosen.
enum DeskBar {
  private static let wholeFrom = 30
  private static let lineFrom = 12

  /// Rows that it takes: a line a verdict where there is room, else one line for all.
  static func rows(_ desk: Desk?, _ size: Size) -> Int {
    guard let desk, size.rows >= lineFrom else { return 0 }
    return size.rows >= wholeFrom ? desk.choices.count + 1 : 1
  }

  static func draw(_ desk: Desk, _ keymap: Keymap, into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    if rect.rows == 1 { return drawLine(desk, keymap, into: &frame, in: rect) }
    frame.horizontalLine(at: rect.origin, columns: rect.columns)
    var title = DisplayText(
      " your verdict, and what \(desk.rules.name) does then ", style: Style(.heading, .bold))
    if let ruled = desk.ruled {
      title += DisplayText("· \(ruled.words); yours counts instead ", style: Style(.rule))
    }
    frame.put(title, at: Point(column: rect.column + 1, row: rect.row), width: rect.columns - 2)
    let columns = desk.choices.map(\.word.count).max() ?? 0
    for (index, choice) in desk.choices.enumerated() {
      let words = DisplayText(choice.word, style: Style(.text, .bold)).fitted(to: columns + 2)
      let code = DisplayText(choice.code.map(String.init) ?? "", style: Style(role(choice.code), .bold))
      let effect =
        choice.danger.map { DisplayText("▲ " + $0, style: Style(.findingWarning)) }
        ?? DisplayText(choice.effect)
      let text = " " + key(choice, keymap) + "  " + words + code.fitted(to: 5) + effect
      frame.put(text, in: rect.line(index + 1))
    }
  }

  private static func drawLine(
    _ desk: Desk, _ keymap: Keymap, into frame: inout Frame, in rect: Rect
  ) {
    let parts = desk.choices.map { choice in
      // Quarantine's 250 is that of any mail taken.
      let shown = choice.act == .quarantine ? nil : choice.code
      let code = shown.map { DisplayText(" \($0)", style: Style(role($0))) } ?? ""
      return key(choice, keymap) + " " + DisplayText(choice.word) + code
    }
    let wide = " " + parts.joined()
    guard desk.ruled == nil, wide.width <= rect.columns else {
      return frame.put(lead(desk, rect.columns) + " " + parts.joined(gap: 1), in: rect)
    }
    frame.put(wide, in: rect)
  }

  /// What a rule has said, in at most half of the line.
  private static func lead(_ desk: Desk, _ columns: Int) -> DisplayText {
    guard let ruled = desk.ruled else { return "" }
    let texts = ruled.texts.map { DisplayText(" " + $0, style: Style(.rule)) }
    let text = texts.first { $0.width <= columns / 2 } ?? texts[texts.count - 1].fitted(to: columns / 2)
    return text + ";"
  }

  private static func key(_ choice: Desk.Choice, _ keymap: Keymap) -> DisplayText {
    DisplayText(keymap.key(for: choice.act, in: .desk)?.description ?? " ", style: .key)
  }

  private static func role(_ code: Int?) -> Style.Role {
    switch (code ?? 0) / 100 {
    case 4: .warn
    case 5: .bad
    default: .good
    }
  }
}
