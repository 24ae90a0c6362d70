import Cells

/// The screen of a model: same model, same size, same frame.
package func render(_ model: ConsoleModel, size: Size) -> Frame {
  var frame = Frame(size: size)
  let layout = model.layout(for: size)
  TitleBar.draw(model, into: &frame, in: layout.title)
  if model.helpTop != nil {
    HelpView.draw(model, into: &frame, in: layout)
  } else {
    drawList(model, into: &frame, in: layout)
    drawDetail(model, into: &frame, in: layout)
    SearchMarks.draw(model.search, into: &frame, in: [layout.list, layout.detail])
  }
  if !layout.divider.isEmpty {
    frame.verticalLine(at: layout.divider.origin, rows: layout.divider.rows)
  }
  DeskBar.draw(model, into: &frame, in: layout.bar)
  if let form = model.form {
    var body = Rect(size)
    _ = body.takeTop(layout.title.rows)
    _ = body.takeBottom(layout.bottom.rows)
    EditView.draw(form, into: &frame, in: body)
  }
  if let menu = model.menu { MenuView.draw(menu, into: &frame, above: layout.bottom) }
  BottomLine.draw(model, into: &frame, in: layout.bottom)
  return frame
}

private func drawList(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
  switch model.view {
  case .timeline: TimelineView.draw(model, into: &frame, in: layout)
  case .messages: MessagesView.draw(model, into: &frame, in: layout)
  case .held: HeldView.draw(model, into: &frame, in: layout)
  case .findings: FindingsView.draw(model, into: &frame, in: layout)
  case .rules: RulesView.draw(model, into: &frame, in: layout)
  case .stats: StatsView.draw(model, into: &frame, in: layout)
  }
}

private func drawDetail(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
  guard !layout.rule.isEmpty else { return }
  DetailRule.draw(model, into: &frame, in: layout.rule)
  DetailView.draw(model, into: &frame, in: layout.detail)
}
