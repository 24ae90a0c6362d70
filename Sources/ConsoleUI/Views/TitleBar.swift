import Cells
import MilterProtocol

/// The first line: views with their counts at the left, where the records come from at the right.
enum TitleBar {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    frame.fill(rect, style: Style(.title))
    let state = state(model)
    var room = rect
    frame.put(state, at: room.takeRight(columns(of: state)).origin, style: Style(.title))
    let used = frame.put(tabs(model, columns: room.columns).text, at: room.origin, style: Style(.title))
    let place = place(model)
    let free = room.columns - used - 3
    guard free >= 12, !place.isEmpty else { return }
    let shown = place.fitted(to: min(place.width, free))
    frame.put(
      shown, at: Point(column: room.endColumn - shown.width - (state.isEmpty ? 1 : 2), row: rect.row),
      style: Style(.title))
  }

  /// The view whose name stands in that column of `rect`; nil for none.
  static func view(at column: Int, _ model: ConsoleModel, in rect: Rect) -> ListView? {
    tabs(model, columns: rect.columns - columns(of: state(model))).tab(at: column - rect.column)
  }

  private static func columns(of state: DisplayText) -> Int { state.isEmpty ? 0 : state.width + 1 }

  private enum Names { case all, current }

  /// Names go before the views do: with less room, digits and counts alone.
  private static func tabs(_ model: ConsoleModel, columns: Int) -> TabRow<ListView> {
    let variants = [
      tabs(model, names: .all, isNamed: true), tabs(model, names: .all, isNamed: false),
      tabs(model, names: .current, isNamed: false),
    ]
    return variants.first { $0.text.width <= columns } ?? variants[2]
  }

  private static func tabs(_ model: ConsoleModel, names: Names, isNamed: Bool) -> TabRow<ListView> {
    var tabs = TabRow<ListView>()
    if isNamed { tabs.append(DisplayText(" mitmilter", style: Style(.title, .bold)) + " ") }
    for view in ListView.allCases {
      let isCurrent = view == model.view && model.helpTop == nil
      let style = isCurrent ? Style(.tabActive, .bold) : Style(.tab)
      let name = names == .all || isCurrent ? " \(view.rawValue) \(view.title)" : " \(view.rawValue)"
      var text = DisplayText(name, style: style)
      let counts = counts(of: view, model)
      if !counts.isEmpty { text += DisplayText(" ", style: style) + counts.styled(style) }
      tabs.append(text + DisplayText(" ", style: style), view)
    }
    return tabs
  }

  private static func counts(of view: ListView, _ model: ConsoleModel) -> DisplayText {
    switch view {
    case .held:
      let count = model.held.count
      return count == 0 ? "" : DisplayText(String(count), style: Style(.held, .bold))
    case .rules:
      let count = model.ruleList.rules.count
      if count == 0 { return "" }
      return model.ruleList.isArmed ? DisplayText(String(count)) : DisplayText("off", style: Style(.warn))
    case .findings: return findings(model)
    case .timeline, .messages, .stats: return ""
    }
  }

  private static func findings(_ model: ConsoleModel) -> DisplayText {
    let counts = model.trace.findingCounts
    return Finding.Severity.allCases.reversed().compactMap { severity in
      guard let count = counts[severity], count > 0 else { return nil }
      return DisplayText("\(severity.sign)\(count)", style: Style(severity.role))
    }.joined(gap: 1)
  }

  private static func place(_ model: ConsoleModel) -> DisplayText {
    switch model.origin {
    case .live(let listen, let milter, _): DisplayText(milter.map { "\(listen) ⇄ \($0)" } ?? listen)
    // Of a path the end says which file it is.
    case .files(let names):
      DisplayText(
        names.count == 1 ? String(names[0].split(separator: "/").last ?? "") : "\(names.count) files")
    case .demo: "demo"
    }
  }

  private static func state(_ model: ConsoleModel) -> DisplayText {
    if case .unrecorded = model.stream { return DisplayText("✖ NOT RECORDED", style: Style(.bad, .bold)) }
    if model.isFrozen { return DisplayText("FROZEN", style: Style(.frozen, .bold)) }
    if model.trace.index.unreadableCount > 0 {
      let lines = NumberText.count(model.trace.index.unreadableCount, "line")
      return DisplayText("▲ \(lines) cannot be read", style: Style(.warn, .bold))
    }
    switch model.stream {
    case .ended: return DisplayText("■ ENDED", style: .dim)
    case .flowing, .unrecorded: break
    }
    switch model.origin {
    case .live(_, _, let file):
      return file == nil
        ? DisplayText("○ not kept", style: .dim) : DisplayText("● REC", style: Style(.live, .bold))
    case .demo: return DisplayText("● LIVE", style: Style(.live, .bold))
    case .files: return ""
    }
  }
}
