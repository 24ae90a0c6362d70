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
    ScrollMark.draw(list.count - list.visible.upperBound, into: &frame, in: rect)
  }
}
