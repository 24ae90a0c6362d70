import Cells
import MilterProtocol
import Timeline

/// The first line: views with their counts at the left, where the records come from at the right.
struct TitleBar {
  let scene: Scene
  /// The view on screen; nil where something else is.
  let view: ListView?

  private var trace: TraceView { scene.trace }

  func draw(into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    frame.fill(rect, style: Style(.title))
    let state = state(columns: rect.columns)
    var room = rect
    let right = room.takeRight(columns(of: state))
    frame.put(
      state, at: Point(column: right.endColumn - state.width - 1, row: rect.row), style: Style(.title))
    let tabs = tabs(columns: room.columns)
    let used = frame.put(tabs.text, at: room.origin, width: room.columns, style: Style(.title))
    let free = room.columns - used - 2
    let place = due(columns: free) ?? place
    guard free >= 12 || place.width <= free, !place.isEmpty else { return }
    let shown = place.fitted(to: min(place.width, free))
    frame.put(
      shown, at: Point(column: room.endColumn - shown.width - 1, row: rect.row),
      style: Style(.title))
  }

  /// The reply that is due most urgently, as far as there is room; nil where none is.
  private func due(columns: Int) -> DisplayText? {
    guard let due = trace.due.first else { return nil }
    let others = trace.due.count > 1 ? " +\(trace.due.count - 1)" : ""
    let texts = dueTexts(due).map { DisplayText($0 + others, style: Style(.warn, .bold)) }
    return texts.first { $0.width <= columns }
  }

  private func dueTexts(_ due: DueReply) -> [String] {
    let short = due.shortWords(at: trace.now)
    return ["\(due.name) \(due.words(at: trace.now))", "\(due.name) \(short)", "\(due.stage.name) \(short)"]
  }

  /// The view whose name stands in that column of `rect`; nil for none.
  func view(at column: Int, in rect: Rect) -> ListView? {
    tabs(columns: rect.columns - columns(of: state(columns: rect.columns))).tab(at: column - rect.column)
  }

  /// In fewer words where views and state do not both fit, and whole then, too.
  private func state(columns: Int) -> DisplayText {
    let whole = state
    guard tabs(.current).text.width + self.columns(of: whole) > columns else { return whole }
    if case .unrecorded = trace.stream { return DisplayText("✖ NO FILE", style: Style(.bad, .bold)) }
    if scene.scope.freeze != nil { return whole }
    if trace.index.unreadableCount > 0 { return DisplayText("▲ unread", style: Style(.warn, .bold)) }
    return trace.isLive && !trace.recording.isOn ? DisplayText("○ no file", style: .dim) : whole
  }

  /// With a blank on either side.
  private func columns(of state: DisplayText) -> Int { state.isEmpty ? 0 : state.width + 2 }

  /// With less room the program's name goes first, then the names of views, one by one from the right, then the smaller counts of
  /// findings and the name of the view on screen; digits stay.
  private func tabs(columns: Int) -> TabRow<ListView> {
    // A reply that is due is worth more than names.
    let shortest = trace.due.first.flatMap { dueTexts($0).last?.count }.map { $0 + 6 } ?? 0
    let room = columns - shortest
    let ways =
      [Naming.all] + (0...ListView.allCases.count).reversed().map { .some($0) } + [.current, .digits]
    return ways.lazy.map(tabs).first { $0.text.width <= room } ?? tabs(.digits)
  }

  private enum Naming: Equatable {
    /// The program's name as well.
    case all
    /// So many views from the left, beside the one on screen.
    case some(Int)
    /// That one alone; of findings those of the worst severity are counted.
    case current
    case digits
  }

  private func tabs(_ naming: Naming) -> TabRow<ListView> {
    var tabs = TabRow<ListView>()
    if naming == .all { tabs.append(DisplayText(" mitmilter", style: Style(.title, .bold)) + " ") }
    for (place, view) in ListView.allCases.enumerated() {
      let isCurrent = view == self.view
      let isNamed =
        switch naming {
        case .all: true
        case .some(let names): place < names || isCurrent
        case .current: isCurrent
        case .digits: false
        }
      let style = isCurrent ? Style(.tabActive, .bold) : Style(.tab)
      var text = DisplayText(isNamed ? " \(view.rawValue) \(view.title)" : " \(view.rawValue)", style: style)
      let counts = counts(of: view, isBrief: naming == .current || naming == .digits)
      if !counts.isEmpty { text += DisplayText(" ", style: style) + counts.styled(style) }
      tabs.append(text + DisplayText(" ", style: style), view)
    }
    return tabs
  }

  private func counts(of view: ListView, isBrief: Bool) -> DisplayText {
    switch view {
    case .held:
      let count = trace.waiting.count
      return count == 0 ? "" : DisplayText(String(count), style: Style(.held, .bold))
    case .rules:
      let count = scene.rules.rules.count
      if count == 0 { return "" }
      return scene.rules.isArmed ? DisplayText(String(count)) : DisplayText("off", style: Style(.warn))
    case .findings: return findings(isBrief: isBrief)
    case .timeline, .messages, .stats: return ""
    }
  }

  private func findings(isBrief: Bool) -> DisplayText {
    let counts = trace.findingCounts
    let texts = Finding.Severity.allCases.reversed().compactMap { severity -> DisplayText? in
      guard let count = counts[severity], count > 0 else { return nil }
      return DisplayText("\(severity.sign)\(count)", style: Style(severity.role))
    }
    return (isBrief ? Array(texts.prefix(1)) : texts).joined(gap: 1)
  }

  private var place: DisplayText {
    switch trace.origin {
    case .live(let listen, let milter, _), .attached(let listen, let milter, _):
      DisplayText(milter.map { "\(listen) ⇄ \($0)" } ?? listen)
    // Of a path the end says which file it is.
    case .files(let names):
      DisplayText(
        names.count == 1 ? String(names[0].split(separator: "/").last ?? "") : "\(names.count) files")
    case .demo: "demo"
    }
  }

  private var state: DisplayText {
    if case .unrecorded = trace.stream { return DisplayText("✖ NOT RECORDED", style: Style(.bad, .bold)) }
    if scene.scope.freeze != nil { return DisplayText("FROZEN", style: Style(.frozen, .bold)) }
    if trace.index.unreadableCount > 0 {
      let lines = NumberText.count(trace.index.unreadableCount, "line")
      return DisplayText("▲ \(lines) cannot be read", style: Style(.warn, .bold))
    }
    switch trace.stream {
    case .ended: return DisplayText("■ ENDED", style: .dim)
    case .flowing, .unrecorded: break
    }
    switch trace.origin {
    case .live where !trace.recording.isOn, .attached where !trace.recording.isOn:
      return DisplayText("○ not recording", style: .dim)
    case .demo where !trace.recording.isOn: return DisplayText("● LIVE", style: Style(.live, .bold))
    case .live, .attached, .demo: return DisplayText("● REC", style: Style(.live, .bold))
    case .files: return ""
    }
  }
}
