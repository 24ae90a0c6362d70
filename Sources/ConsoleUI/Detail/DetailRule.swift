import Cells

/// What stands above the detail: what is selected, and the tabs.
struct DetailRule {
  let title: DisplayText
  let shortTitle: DisplayText
  /// nil where there is one page alone.
  let tab: DetailTab?
  let hasKeys: Bool

  init(_ detail: DetailPane, beside view: ListView, hasKeys: Bool) {
    (title, shortTitle) = (detail.title, detail.shortTitle)
    tab = view == .rules ? nil : detail.tab(beside: view)
    self.hasKeys = hasKeys
  }

  func draw(into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    let top = rect.line(0)
    frame.horizontalLine(at: top.origin, columns: top.columns)
    if tab == nil {
      draw(title, into: &frame, in: top)
    } else if rect.rows > 1 {
      draw(title, into: &frame, in: top)
      frame.put(tabs(gap: "│").text, in: rect.line(1))
    } else {
      let (title, tabs) = parts(columns: top.columns)
      if !title.isEmpty { draw(title, into: &frame, in: top) }
      frame.put(tabs.text, at: Point(column: start(of: tabs, in: top), row: top.row))
    }
  }

  /// The tab whose name stands there; nil for none.
  func tab(at place: Point, in rect: Rect) -> DetailTab? {
    guard rect.contains(place), tab != nil else { return nil }
    if rect.rows > 1 {
      return place.row == rect.line(1).row ? tabs(gap: "│").tab(at: place.column - rect.column) : nil
    }
    let tabs = parts(columns: rect.columns).tabs
    return tabs.tab(at: place.column - start(of: tabs, in: rect.line(0)))
  }

  /// The column of tabs in the line of the title: at its right end.
  private func start(of tabs: TabRow<DetailTab>, in line: Rect) -> Int {
    max(line.column, line.endColumn - tabs.text.width - 1)
  }

  private func draw(_ title: DisplayText, into frame: inout Frame, in line: Rect) {
    let style: Style = hasKeys ? Style(.heading, .bold) : Style(.heading)
    let shown = title.fitted(to: min(title.width, line.columns - 4))
    frame.put(" " + shown.styled(style) + " ", at: Point(column: line.column + 1, row: line.row))
  }

  /// Title and tabs for one line. The width alone says how the tabs look, so that they stand still from packet to packet;
  /// the title is shortened, then cut.
  private func parts(columns: Int) -> (title: DisplayText, tabs: TabRow<DetailTab>) {
    let (name, number) = (title, shortTitle)
    let end = name.cells.firstIndex { $0.base == "·" }.map { $0 - 1 } ?? name.width
    var tabs = self.tabs(gap: columns >= 100 ? "│" : "")
    if columns < 100 { tabs.append(" ") }
    let room = columns - tabs.text.width - 4
    let numbered = number.isEmpty ? name : number + name.slice(end..<name.width)
    let whole = [name, numbered].first { $0.width <= room }
    if let title = whole ?? (room >= Self.leastTitle ? numbered.fitted(to: room) : nil) {
      return (title, tabs)
    }
    let variants = [
      (name.slice(0..<end), tabs), (number, tabs), ("", tabs), ("", self.tabs(gap: nil)),
    ]
    return variants.first { $0.0.width + $0.1.text.width + 4 <= columns } ?? variants[variants.count - 1]
  }

  /// With fewer columns the number alone says more than a title that is cut.
  private static let leastTitle = 24

  /// - Parameter gap: between two names; nil for initials.
  private func tabs(gap: String?) -> TabRow<DetailTab> {
    var tabs = TabRow<DetailTab>()
    for tab in DetailTab.allCases {
      let isCurrent = tab == self.tab
      let style = isCurrent ? Style(.tabActive, .bold) : Style(.tab)
      let name = gap != nil || isCurrent ? tab.title : String(tab.title.prefix(1))
      if !tabs.text.isEmpty { tabs.append(DisplayText(gap ?? "", style: .border)) }
      tabs.append(DisplayText(gap == "" ? " \(name)" : " \(name) ", style: style), tab)
    }
    return tabs
  }
}
