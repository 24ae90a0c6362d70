import Cells

/// The page of keys over the panes: which of its rows is selected, how far it is scrolled, and what a search found in it.
struct HelpPane {
  private(set) var list = ListState(selects: false)
  /// Which of the rows that do something here is selected.
  private var cursor = 0
  private var page = HelpPage()
  /// The line that a search found.
  private(set) var match: Int?
  /// The keys that count behind it.
  let place: Binding.Places
  /// Whether packets can be held, changed and answered: those of a recorded trace have left.
  let canSteer: Bool
  /// Whether a person is the milter.
  let isDesk: Bool

  static let hints: [Act] = [.back, .open, .pageDown, .pageUp, .searchPrompt, .next]

  init(for place: Binding.Places, _ trace: TraceView) {
    (self.place, canSteer, isDesk) = (place, !trace.isRecorded, trace.isDesk)
  }

  mutating func refresh(_ keymap: Keymap, _ size: Size) {
    list.resize(height: size.rows - 2)
    page = page(keymap, width: size.columns)
    list.setCount(page.lines.count)
    cursor = max(0, min(cursor, page.entries.count - 1))
  }

  func draw(_ keymap: Keymap, into frame: inout Frame, in layout: Layout) {
    var rect = layout.list
    rect.row -= layout.headings.rows
    rect.rows += layout.headings.rows
    let page = page(keymap, width: rect.columns)
    for row in 0..<rect.rows where list.top + row < page.lines.count {
      frame.put(page.lines[list.top + row], in: rect.line(row))
      if list.top + row == match { frame.add(.match, in: rect.line(row)) }
    }
    if page.entries.indices.contains(cursor) { drawCursor(page.entries[cursor], into: &frame, in: rect) }
    ScrollMark.draw(page.lines.count - list.top - rect.rows, into: &frame, in: rect)
  }

  private func drawCursor(_ entry: HelpPage.Entry, into frame: inout Frame, in rect: Rect) {
    guard (list.top..<list.top + rect.rows).contains(entry.line) else { return }
    frame.add(
      .selected,
      in: Rect(
        column: rect.column + entry.columns.lowerBound, row: rect.row + entry.line - list.top,
        columns: entry.columns.count, rows: 1))
  }

  // MARK: keys

  /// What the selected row does.
  var act: Act? { page.entries.indices.contains(cursor) ? page.entries[cursor].act : nil }

  /// Down and up go from row to row, in columns one after the other; where no row is left, and with all other motions, the
  /// page moves.
  mutating func move(_ act: Act, count: Int?) {
    switch act {
    case .down: step(by: count ?? 1)
    case .up: step(by: -(count ?? 1))
    default:
      list.move(act, count: count)
      takeVisible()
    }
  }

  mutating func scroll(by rows: Int) {
    list.move(by: rows)
    takeVisible()
  }

  private mutating func step(by rows: Int) {
    let next = cursor + rows
    guard page.entries.indices.contains(next) else {
      list.move(by: rows)
      return
    }
    cursor = next
    let line = page.entries[next].line
    // With the heading above it.
    if line <= list.top { list.select(max(0, line - 1)) }
    if line >= list.top + list.height { list.select(line - list.height + 1) }
  }

  private mutating func takeVisible() {
    guard page.entries.indices.contains(cursor), !list.visible.contains(page.entries[cursor].line) else {
      return
    }
    if let first = page.entries.firstIndex(where: { list.visible.contains($0.line) }) { cursor = first }
  }

  /// To the next line that says it, around the end.
  mutating func search(_ search: Search, step: Int, count: Int, _ keymap: Keymap, width: Int) -> [Response] {
    let lines = page(keymap, width: width).lines
    let found = search.lines(of: lines.count, from: match ?? list.top - step, step: step) {
      lines[$0].plainBytes
    }
    guard !found.isEmpty else { return .refuse("'\(search.text)' not found in the help") }
    let line = found[(max(1, count) - 1) % found.count]
    match = line
    if !list.visible.contains(line) { list.select(line - list.height / 2) }
    if let entry = page.entries.firstIndex(where: { $0.line == line }) { cursor = entry }
    return []
  }
}
