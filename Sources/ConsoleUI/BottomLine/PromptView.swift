import Cells

/// The prompt at the bottom: the line, above it what is wrong with it or what could follow.
struct PromptView {
  /// How many completions are shown at once.
  static let shownCompletions = 8

  static func draw(_ prompt: Prompt, into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    frame.fill(rect, style: Style(.prompt))
    let label = DisplayText(prompt.purpose.label, style: Style(.label, .bold))
    let column = rect.column + frame.put(label, at: rect.origin)
    let skip = prompt.editor.draw(
      styledLine(prompt), at: column, room: rect.endColumn - column, into: &frame, in: rect)
    drawAbove(prompt, start: label.width - skip, into: &frame, in: rect)
  }

  private static func styledLine(_ prompt: Prompt) -> DisplayText {
    let line = DisplayText(prompt.editor.text, style: Style(.prompt))
    guard case .invalid(let range, _) = prompt.validity else { return line }
    let columns = columns(of: range, in: prompt.editor.text)
    return line.adding(.underline, in: columns)
  }

  private static func columns(of range: Range<Int>, in text: String) -> Range<Int> {
    let bytes = Array(text.utf8)
    let start = DisplayText(escaping: bytes.prefix(range.lowerBound)).width
    let width = DisplayText(
      escaping: bytes[min(range.lowerBound, bytes.count)..<min(range.upperBound, bytes.count)]
    ).width
    return start..<start + max(1, width)
  }

  private static func drawAbove(_ prompt: Prompt, start: Int, into frame: inout Frame, in rect: Rect) {
    var row = rect.row
    if let text = remark(on: prompt) {
      row -= 1
      guard row > 0 else { return }
      let line = Rect(column: rect.column, row: row, columns: rect.columns, rows: 1)
      frame.fill(line, style: Style(.status))
      var indent = 1
      if let range = fault(of: prompt)?.range {
        let at = start + columns(of: range, in: prompt.editor.text).lowerBound
        // The remark stands under its caret where there is room for both, else at the left.
        if at + text.width + 2 < rect.columns { indent = max(0, at) }
      }
      frame.put(text, in: Rect(column: indent, row: row, columns: rect.endColumn - indent, rows: 1))
    }
    drawCompletions(prompt, start: start, above: row, into: &frame, in: rect)
  }

  /// What is to be mended: something wrong at once, something missing once Enter asked for it.
  private static func fault(of prompt: Prompt) -> (range: Range<Int>, message: String)? {
    switch prompt.validity {
    case .invalid(let range, let message): (range, message)
    case .incomplete(let range, _, let message): prompt.isRefused ? (range, message) : nil
    case .open, .valid: nil
    }
  }

  private static func remark(on prompt: Prompt) -> DisplayText? {
    if let fault = fault(of: prompt) {
      let column = prompt.isRefused ? "column \(fault.range.lowerBound + 1): " : ""
      return DisplayText("^ " + column + fault.message, style: Style(.bad))
    }
    return switch prompt.validity {
    case .open where prompt.purpose == .search && !prompt.editor.isEmpty:
      prompt.remark.map { DisplayText($0, style: .dim) }
    case .open, .invalid: nil
    case .valid: prompt.remark.map { DisplayText("✓ " + $0, style: Style(.good)) }
    // What may follow says more than what is missing.
    case .incomplete(_, let next, _):
      prompt.completions.isEmpty ? DisplayText(next, style: .dim) : nil
    }
  }

  private static func drawCompletions(
    _ prompt: Prompt, start: Int, above row: Int, into frame: inout Frame, in rect: Rect
  ) {
    let rows = min(prompt.completions.count, shownCompletions, row - 2)
    guard rows > 0 else { return }
    let first = min(max(0, (prompt.chosen ?? 0) - rows + 1), prompt.completions.count - rows)
    let shown = Array(prompt.completions[first..<first + rows])
    let words = shown.map { DisplayText($0.text, style: .key) }
    let wordColumns = min((words.map(\.width).max() ?? 0), rect.columns / 2)
    let texts = zip(words, shown).map { word, row in
      " " + word.fitted(to: wordColumns) + "  " + DisplayText(row.help, style: .dim)
    }
    let more = prompt.completions.count - rows
    let width = min(rect.columns, (texts.map(\.width).max() ?? 0) + 3)
    let at = prompt.completions.first.map { columns(of: $0.range, in: prompt.editor.text).lowerBound } ?? 0
    let column = max(0, min(start + at - 2, rect.endColumn - width))
    let top = row - rows - 1
    let box = Rect(column: column, row: top, columns: width, rows: rows + 1)
    frame.fill(box, style: Style(.status))
    for row in 0...rows {
      frame.put("│", at: Point(column: box.column, row: top + row), style: .border)
      frame.put("│", at: Point(column: box.endColumn - 1, row: top + row), style: .border)
    }
    frame.horizontalLine(at: box.origin, columns: width)
    frame.put("┌", at: box.origin, style: .border)
    frame.put("┐", at: Point(column: box.endColumn - 1, row: top), style: .border)
    if more > 0 {
      let words = DisplayText(" \(more) more, keep typing ", style: .dim)
      frame.put(words, at: Point(column: box.column + 2, row: top), width: width - 4)
    }
    for (index, text) in texts.enumerated() {
      let line = Rect(column: column + 1, row: top + 1 + index, columns: width - 2, rows: 1)
      frame.put(text, in: line, style: Style(.status))
      if first + index == prompt.chosen { frame.add(.reverse, in: line) }
    }
  }
}
