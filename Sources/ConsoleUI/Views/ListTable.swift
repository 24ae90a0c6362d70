import Cells

/// A list with headings and columns: the scaffold of the views that are a row a thing.
enum ListTable {
  /// - Parameters:
  ///   - empty: what stands there where the list has no rows.
  ///   - cells: the cells of the row with that index in the list; nil where there is none.
  static func draw(
    _ columns: [Column], _ model: ConsoleModel, empty: String, into frame: inout Frame, in layout: Layout,
    cells: (Int) -> [DisplayText]?
  ) {
    let places = Column.layout(columns, width: layout.list.columns)
    if !layout.headings.isEmpty {
      frame.put(columns.map(\.title), columns: columns, at: places, in: layout.headings, style: .dim)
    }
    let list = model.list
    if list.count == 0 {
      let line = layout.list.line(min(1, layout.list.rows - 1)).inset(columns: 2)
      frame.put(DisplayText(empty, style: Style(.placeholder)), in: line)
    }
    for (row, index) in list.visible.enumerated() {
      let rect = layout.list.line(row)
      guard !rect.isEmpty, let cells = cells(index) else { continue }
      frame.put(cells, columns: columns, at: places, in: rect)
      if index == list.cursor {
        frame.add(model.focus == .list ? .selected : .selectedElsewhere, in: rect)
      }
    }
  }
}
