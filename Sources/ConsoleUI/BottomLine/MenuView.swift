import Cells

/// A menu: a box above the bottom line, a row a choice; what comes of the selected one is whole, in as many lines as that takes.
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
    // Where the screen is too low for that, the other choices are worth more.
    let spare = bottom.row - 3 - rows.count
    let whole = wrapped(menu, rows, columns: width - 2)
    let more = whole.count <= spare ? whole : []
    let height = min(rows.count + more.count + 2, bottom.row - 1)
    guard height >= 3 else { return }
    let box = Rect(column: bottom.column, row: bottom.row - height, columns: width, rows: height)
    frame.fill(box)
    frame.box(box)
    let room = box.columns - 2
    frame.put(
      title.width > room ? title.fitted(to: room) : title, at: Point(column: box.column + 1, row: box.row))
    let inside = box.inset(columns: 1, rows: 1)
    // What is selected stays in sight on a screen that is too low for all.
    let shown = max(1, inside.rows - more.count)
    let first = max(0, (menu.cursor ?? 0) - (shown - 1))
    var line = 0
    for (place, row) in rows.enumerated().dropFirst(first).prefix(shown) {
      let isSelected = menu.cursor == place
      let texts = isSelected && !more.isEmpty ? [head(menu.items[place])] + more : [row]
      for text in texts where line < inside.rows {
        frame.put(text, in: inside.line(line))
        if isSelected { frame.add(.selected, in: inside.line(line)) }
        line += 1
      }
    }
    for (mark, count, row) in [
      ("↑", first, box.row), ("↓", rows.count - first - shown, box.endRow - 1),
    ] where count > 0 {
      let more = DisplayText(" \(mark) \(count) more ", style: .dim)
      frame.put(more, at: Point(column: max(box.column + 1, box.endColumn - more.width - 2), row: row))
    }
  }

  private static func head(_ item: Menu.Item) -> DisplayText {
    DisplayText(" \(String(Character(item.key)))  ", style: .key) + DisplayText(item.words)
  }

  /// What comes of the selected choice where it is too long for its row; empty where it is not.
  private static func wrapped(_ menu: Menu, _ rows: [DisplayText], columns: Int) -> [DisplayText] {
    guard let cursor = menu.cursor, rows[cursor].width > columns else { return [] }
    return menu.items[cursor].remark.wrapped(to: max(8, columns - 6)).map { .blanks(5) + $0 }
  }

  /// The keys, on the bottom line.
  static let hints =
    DisplayText("letter", style: .key) + DisplayText(" or ", style: .dim)
    + DisplayText("↓ ↑ Enter", style: .key)
    + DisplayText(" choose  ", style: .dim) + DisplayText("Esc", style: .key)
    + DisplayText(" leave", style: .dim)
}
