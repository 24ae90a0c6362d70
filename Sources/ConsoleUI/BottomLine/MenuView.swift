import Cells

/// A menu: a box above the bottom line, a row a choice.
enum MenuView {
  static func draw(_ menu: Menu, into frame: inout Frame, above bottom: Rect) {
    let wordColumns = menu.items.map { DisplayText($0.words).width }.max() ?? 0
    let rows = menu.items.map { item in
      DisplayText(" \(String(Character(item.key)))  ", style: .key)
        + DisplayText(item.words).fitted(to: wordColumns) + "  " + item.remark
    }
    let title = DisplayText(" \(menu.title) ", style: Style(.heading, .bold))
    let widest = max(title.width + 2, rows.map(\.width).max() ?? 0)
    let width = min(bottom.columns, widest + 3)
    let height = min(rows.count + 2, bottom.row - 1)
    guard height >= 3 else { return }
    let box = Rect(column: bottom.column, row: bottom.row - height, columns: width, rows: height)
    frame.fill(box)
    frame.box(box)
    frame.put(title, at: Point(column: box.column + 1, row: box.row), width: box.columns - 2)
    let inside = box.inset(columns: 1, rows: 1)
    // What is selected stays in sight on a screen that is too low for all.
    let first = max(0, (menu.cursor ?? 0) - (height - 3))
    for (line, row) in rows.dropFirst(first).prefix(height - 2).enumerated() {
      frame.put(row, in: inside.line(line))
      if menu.cursor == first + line { frame.add(.selected, in: inside.line(line)) }
    }
    for (mark, count, row) in [
      ("↑", first, box.row), ("↓", rows.count - first - inside.rows, box.endRow - 1),
    ] where count > 0 {
      let more = DisplayText(" \(mark) \(count) more ", style: .dim)
      frame.put(more, at: Point(column: max(box.column + 1, box.endColumn - more.width - 2), row: row))
    }
  }

  /// The keys, on the bottom line.
  static let hints =
    DisplayText("letter", style: .key) + DisplayText(" or ", style: .dim)
    + DisplayText("↓ ↑ Enter", style: .key)
    + DisplayText(" choose  ", style: .dim) + DisplayText("Esc", style: .key)
    + DisplayText(" leave", style: .dim)
}
