import Cells

/// Clicks and the wheel, where `set mouse on` has asked for them. They move and open; what happens to mail is for keys.
extension ConsoleModel {
  mutating func pointed(_ mouse: Key.Mouse) -> [ConsoleEffect] {
    guard mouse.kind == .press, prompt == nil, question == nil, form == nil, menu == nil else { return [] }
    if status?.weight != nil { status = nil }
    (anchor, digits) = (nil, nil)
    switch mouse.button {
    case .wheelUp: scroll(by: -3, at: mouse.at)
    case .wheelDown: scroll(by: 3, at: mouse.at)
    case .left: return clicked(mouse.at)
    default: break
    }
    return []
  }

  private mutating func scroll(by rows: Int, at place: Point) {
    if helpTop != nil {
      scrollHelp(by: rows)
    } else if layout.detail.contains(place) {
      detail.list.move(by: rows)
    } else {
      list.move(by: rows)
      followsAfterMove(down: rows > 0)
    }
  }

  /// Selects what is there; what is selected already is opened.
  private mutating func clicked(_ place: Point) -> [ConsoleEffect] {
    let layout = self.layout
    if layout.title.contains(place) {
      if let view = TitleBar.view(at: place.column, self, in: layout.title) { show(view) }
      return []
    }
    guard helpTop == nil else { return [] }
    if let tab = DetailRule.tab(at: place, self, in: layout.rule) {
      turn(to: tab)
    } else if layout.list.contains(place) {
      let line = list.top + place.row - layout.list.row
      guard line < list.count, list.selects else { return [] }
      if focus == .list, line == list.cursor { return perform(.open) }
      followsAfterMove(down: line > list.cursor)
      list.select(line)
      focus = .list
    } else if layout.detail.contains(place) {
      let line = detail.list.top + place.row - layout.detail.row
      guard line < detail.list.count else { return [] }
      if focus == .detail, line == detail.list.cursor { return perform(.open) }
      detail.list.select(line)
      focus = .detail
    }
    return []
  }
}
