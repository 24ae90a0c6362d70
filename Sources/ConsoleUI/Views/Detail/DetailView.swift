/// The detail pane: the lines of the tab, the selected one lit while the pane has the keys.
enum DetailView {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in rect: Rect) {
    let list = model.detail.list
    for (row, index) in list.visible.enumerated() {
      let line = rect.line(row)
      guard !line.isEmpty, let text = model.detail.line(index, width: rect.columns)?.text else { continue }
      frame.put(text, in: line)
      if index == list.cursor, model.focus == .detail { frame.add(.selected, in: line) }
    }
    drawPosition(list, into: &frame, in: rect)
  }

  /// How much is above and below, where not all is in sight.
  private static func drawPosition(_ list: ListState, into frame: inout Frame, in rect: Rect) {
    guard list.count > rect.rows, rect.rows > 2, rect.columns > 30 else { return }
    let below = list.count - list.visible.upperBound
    guard below > 0 else { return }
    let text = DisplayText(" ↓ \(NumberText.grouped(below)) more ", style: .dim)
    let last = rect.line(rect.rows - 1)
    frame.put(text, at: Point(column: last.endColumn - text.width, row: last.row))
  }
}

/// The line above the detail: what is selected, and the tabs.
enum DetailRule {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    frame.horizontalLine(at: rect.origin, columns: rect.columns)
    let style: Style = model.focus == .detail ? Style(.heading, .bold) : Style(.heading)
    let name = model.detail.title
    guard model.view != .rules else {
      frame.put(" " + name.styled(style) + " ", at: Point(column: rect.column + 1, row: rect.row))
      return
    }
    let short = name.slice(0..<(name.cells.firstIndex { $0.base == "·" } ?? name.width + 1) - 1)
    let variants = [
      (name, tabs(model, gap: "│")), (short, tabs(model, gap: "│")), (short, tabs(model, gap: "")),
      (model.detail.shortTitle, tabs(model, gap: "")), ("", tabs(model, gap: "")),
      ("", tabs(model, gap: nil)),
    ]
    let (title, tabs) =
      variants.first { $0.0.width + $0.1.width + 4 <= rect.columns } ?? variants[variants.count - 1]
    if !title.isEmpty {
      frame.put(" " + title.styled(style) + " ", at: Point(column: rect.column + 1, row: rect.row))
    }
    frame.put(tabs, at: Point(column: max(rect.column, rect.endColumn - tabs.width - 1), row: rect.row))
  }

  /// - Parameter gap: between two names; nil for initials.
  private static func tabs(_ model: ConsoleModel, gap: String?) -> DisplayText {
    DetailTab.allCases.reduce(DisplayText()) { text, tab in
      let isCurrent = tab == model.tab
      let style = isCurrent ? Style(.tabActive, .bold) : Style(.tab)
      let name = gap != nil || isCurrent ? tab.title : String(tab.title.prefix(1))
      let between = text.isEmpty ? DisplayText() : DisplayText(gap ?? "", style: .border)
      let padded = gap == "" ? " \(name)" : " \(name) "
      return text + between + DisplayText(padded, style: style)
    }
  }
}
