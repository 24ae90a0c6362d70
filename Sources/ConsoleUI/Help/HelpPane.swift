import Cells

/// The page of keys over the panes: how far it is scrolled, and what a search found in it.
struct HelpPane {
  var list = ListState(selects: false)
  /// The line that a search found.
  private(set) var match: Int?
  /// The keys that count behind it.
  let place: Binding.Places
  /// Whether packets can be held, changed and answered: those of a recorded trace have left.
  let canSteer: Bool
  /// Whether a person is the milter.
  let isDesk: Bool

  static let hints: [Act] = [.back, .pageDown, .pageUp, .searchPrompt, .next]

  init(for place: Binding.Places, _ trace: TraceView) {
    (self.place, canSteer, isDesk) = (place, !trace.isRecorded, trace.isDesk)
  }

  mutating func refresh(_ keymap: Keymap, _ size: Size) {
    list.resize(height: size.rows - 2)
    list.setCount(lines(keymap, width: size.columns).count)
  }

  func draw(_ keymap: Keymap, into frame: inout Frame, in layout: Layout) {
    var rect = layout.list
    rect.row -= layout.headings.rows
    rect.rows += layout.headings.rows
    let lines = lines(keymap, width: rect.columns)
    for row in 0..<rect.rows where list.top + row < lines.count {
      frame.put(lines[list.top + row], in: rect.line(row))
      if list.top + row == match { frame.add(.match, in: rect.line(row)) }
    }
    let below = lines.count - list.top - rect.rows
    guard below > 0 else { return }
    let more = DisplayText(" ↓ \(below) more ", style: .dim)
    frame.put(more, at: Point(column: rect.endColumn - more.width, row: rect.endRow - 1))
  }

  /// To the next line that says it, around the end.
  mutating func search(_ search: Search, step: Int, count: Int, _ keymap: Keymap, width: Int) -> [Response] {
    let lines = lines(keymap, width: width)
    let found = search.lines(of: lines.count, from: match ?? list.top - step, step: step) {
      lines[$0].plainBytes
    }
    guard !found.isEmpty else { return .refuse("'\(search.text)' not found in the help") }
    let line = found[(max(1, count) - 1) % found.count]
    match = line
    if !list.visible.contains(line) { list.select(line - list.height / 2) }
    return []
  }
}
