import Cells

/// Clicks and the wheel, where `set mouse on` has asked for them. They move and open; what happens to mail is for keys.
extension ConsoleModel {
  mutating func pointed(_ mouse: Key.Mouse) -> [Response] {
    guard mouse.kind == .press, bottom.isIdle else { return [] }
    (status, timeline.anchor, digits) = (nil, nil, nil)
    switch mouse.button {
    case .wheelUp: scroll(by: -3, at: mouse.at)
    case .wheelDown: scroll(by: 3, at: mouse.at)
    case .left: return clicked(mouse.at)
    default: break
    }
    return []
  }

  private mutating func scroll(by rows: Int, at place: Point) {
    if help != nil {
      help?.scroll(by: rows)
    } else if compared != nil {
      compared?.scroll(by: rows)
    } else if layout.detail.contains(place) {
      detail.list.move(by: rows)
    } else {
      list.move(by: rows)
      if view == .timeline, rows < 0 { scene.settings.follow = false }
    }
  }

  /// Selects what is there; what is selected already is opened.
  private mutating func clicked(_ place: Point) -> [Response] {
    let layout = self.layout
    if layout.title.contains(place) {
      if let view = titleBar.view(at: place.column, in: layout.title) { show(view) }
      return []
    }
    guard help == nil else { return [] }
    if compared != nil {
      compared?.click(place, in: layout)
      return []
    }
    let rule = DetailRule(detail, beside: view, hasKeys: focus == .detail)
    if let tab = rule.tab(at: place, in: layout.rule) {
      turn(to: tab)
    } else if layout.list.contains(place) {
      let line = list.top + place.row - layout.list.row
      guard line < list.count, list.selects else { return [] }
      if focus == .list, line == list.cursor { return perform(.open) }
      if view == .timeline, line <= list.cursor { scene.settings.follow = false }
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
