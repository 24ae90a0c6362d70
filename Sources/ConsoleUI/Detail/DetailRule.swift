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
      frame.put(fitting(columns: rect.columns, gap: "│").text, in: rect.line(1))
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
      guard place.row == rect.line(1).row else { return nil }
      return fitting(columns: rect.columns, gap: "│").tab(at: place.column - rect.column)
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

  /// Title and tabs for one line. The width alone says how the tabs look, so that they stand still from packet to packet; with
  /// less room the title goes first, down to the number, then the names of tabs, one by one from the right, down to their
  /// initials.
  private func parts(columns: Int) -> (title: DisplayText, tabs: TabRow<DetailTab>) {
    let gap = columns >= Self.columnsWithBars ? "│" : ""
    let tabs = fitting(columns: columns - (shortTitle.isEmpty ? 2 : shortTitle.width + 4), gap: gap)
    let room = columns - tabs.text.width - 4
    let (name, number) = (title, shortTitle)
    let end = name.cells.firstIndex { $0.base == "·" }.map { $0 - 1 } ?? name.width
    let numbered = number.isEmpty ? name : number + name.slice(end..<name.width)
    if let whole = [name, numbered].first(where: { $0.width <= room }) { return (whole, tabs) }
    if room >= Self.leastTitle { return (numbered.fitted(to: room), tabs) }
    let short = [name.slice(0..<end), number].first { $0.width <= room }
    return (short ?? "", short == nil ? fitting(columns: columns - 2, gap: gap) : tabs)
  }

  /// From so many columns on a bar stands between the names of tabs.
  private static let columnsWithBars = 110

  /// With fewer columns the number alone says more than a title that is cut.
  private static let leastTitle = 24

  /// As many whole names as fit, from the left; that of the tab on screen always.
  private func fitting(columns: Int, gap: String) -> TabRow<DetailTab> {
    for names in (0...DetailTab.allCases.count).reversed() {
      let tabs = tabs(names: names, gap: gap)
      if tabs.text.width <= columns { return tabs }
    }
    return tabs(names: 0, gap: "")
  }

  /// - Parameters:
  ///   - names: how many tabs have their names, from the left, beside the one on screen; the others their initials.
  ///   - gap: what stands between two.
  private func tabs(names: Int, gap: String) -> TabRow<DetailTab> {
    var tabs = TabRow<DetailTab>()
    for (place, tab) in DetailTab.allCases.enumerated() {
      let isCurrent = tab == self.tab
      let style = isCurrent ? Style(.tabActive, .bold) : Style(.tab)
      let name = place < names || isCurrent ? tab.title : String(tab.title.prefix(1))
      if !tabs.text.isEmpty { tabs.append(DisplayText(gap, style: .border)) }
      tabs.append(DisplayText(gap.isEmpty ? " \(name)" : " \(name) ", style: style), tab)
    }
    if gap.isEmpty { tabs.append(" ") }
    return tabs
  }
}
