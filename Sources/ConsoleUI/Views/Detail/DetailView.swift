import Cells

/// The detail pane: the lines of the tab, the selected one lit while the pane has the keys. Where Hex lights a field,
/// of the selected line the offset alone is, so that no other bytes are.
enum DetailView {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in rect: Rect) {
    let list = model.detail.list
    for (row, index) in list.visible.enumerated() {
      let line = rect.line(row)
      guard !line.isEmpty, let text = model.detail.line(index, width: rect.columns)?.text else { continue }
      frame.put(text, in: line)
      guard index == list.cursor, model.focus == .detail else { continue }
      var selected = line
      if model.tab == .hex, model.lit != nil { selected = selected.takeLeft(HexView.offsetColumns) }
      frame.add(.selected, in: selected)
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

/// What stands above the detail: what is selected, and the tabs.
enum DetailRule {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    let top = rect.line(0)
    frame.horizontalLine(at: top.origin, columns: top.columns)
    if model.view == .rules {
      draw(model.detail.title, model, into: &frame, in: top)
    } else if rect.rows > 1 {
      draw(model.detail.title, model, into: &frame, in: top)
      frame.put(tabs(model, gap: "│").text, in: rect.line(1))
    } else {
      let (title, tabs) = parts(model, columns: top.columns)
      if !title.isEmpty { draw(title, model, into: &frame, in: top) }
      frame.put(tabs.text, at: Point(column: start(of: tabs, in: top), row: top.row))
    }
  }

  /// The tab whose name stands there; nil for none.
  static func tab(at place: Point, _ model: ConsoleModel, in rect: Rect) -> DetailTab? {
    guard rect.contains(place), model.view != .rules else { return nil }
    if rect.rows > 1 {
      return place.row == rect.line(1).row ? tabs(model, gap: "│").tab(at: place.column - rect.column) : nil
    }
    let tabs = parts(model, columns: rect.columns).tabs
    return tabs.tab(at: place.column - start(of: tabs, in: rect.line(0)))
  }

  /// The column of tabs in the line of the title: at its right end.
  private static func start(of tabs: TabRow<DetailTab>, in line: Rect) -> Int {
    max(line.column, line.endColumn - tabs.text.width - 1)
  }

  private static func draw(
    _ title: DisplayText, _ model: ConsoleModel, into frame: inout Frame, in line: Rect
  ) {
    let style: Style = model.focus == .detail ? Style(.heading, .bold) : Style(.heading)
    let shown = title.fitted(to: min(title.width, line.columns - 4))
    frame.put(" " + shown.styled(style) + " ", at: Point(column: line.column + 1, row: line.row))
  }

  /// Title and tabs for one line. The width alone says how the tabs look, so that they stand still from packet to packet;
  /// the title is shortened, then cut.
  private static func parts(
    _ model: ConsoleModel, columns: Int
  ) -> (title: DisplayText, tabs: TabRow<DetailTab>) {
    let (name, number) = (model.detail.title, model.detail.shortTitle)
    let end = name.cells.firstIndex { $0.base == "·" }.map { $0 - 1 } ?? name.width
    var tabs = self.tabs(model, gap: columns >= 100 ? "│" : "")
    if columns < 100 { tabs.append(" ") }
    let room = columns - tabs.text.width - 4
    let numbered = number.isEmpty ? name : number + name.slice(end..<name.width)
    let whole = [name, numbered].first { $0.width <= room }
    if let title = whole ?? (room >= leastTitle ? numbered.fitted(to: room) : nil) { return (title, tabs) }
    let variants = [
      (name.slice(0..<end), tabs), (number, tabs), ("", tabs), ("", self.tabs(model, gap: nil)),
    ]
    return variants.first { $0.0.width + $0.1.text.width + 4 <= columns } ?? variants[variants.count - 1]
  }

  /// With fewer columns the number alone says more than a title that is cut.
  private static let leastTitle = 24

  /// - Parameter gap: between two names; nil for initials.
  private static func tabs(_ model: ConsoleModel, gap: String?) -> TabRow<DetailTab> {
    var tabs = TabRow<DetailTab>()
    for tab in DetailTab.allCases {
      let isCurrent = tab == model.tab
      let style = isCurrent ? Style(.tabActive, .bold) : Style(.tab)
      let name = gap != nil || isCurrent ? tab.title : String(tab.title.prefix(1))
      if !tabs.text.isEmpty { tabs.append(DisplayText(gap ?? "", style: .border)) }
      tabs.append(DisplayText(gap == "" ? " \(name)" : " \(name) ", style: style), tab)
    }
    return tabs
  }
}
