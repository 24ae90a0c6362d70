import Cells

extension DetailPane {
  /// The lines of the tab, the selected one lit while the pane has the keys. Where Hex lights a field, of the selected line
  /// the offset alone is, so that no other bytes are.
  func draw(beside view: ListView, hasKeys: Bool, into frame: inout Frame, in rect: Rect) {
    for (row, index) in list.visible.enumerated() {
      let line = rect.line(row)
      guard !line.isEmpty, let text = self.line(index, width: rect.columns)?.text else { continue }
      frame.put(text, in: line)
      guard index == list.cursor, hasKeys else { continue }
      var selected = line
      if tab(beside: view) == .hex, lit != nil { selected = selected.takeLeft(HexView.offsetColumns) }
      frame.add(.selected, in: selected)
    }
    drawPosition(into: &frame, in: rect)
  }

  /// How much is above and below, where not all is in sight.
  private func drawPosition(into frame: inout Frame, in rect: Rect) {
    guard list.count > rect.rows, rect.rows > 2, rect.columns > 30 else { return }
    let below = list.count - list.visible.upperBound
    guard below > 0 else { return }
    let text = DisplayText(" ↓ \(NumberText.grouped(below)) more ", style: .dim)
    let last = rect.line(rect.rows - 1)
    frame.put(text, at: Point(column: last.endColumn - text.width, row: last.row))
  }
}
