import Cells

/// What a search looks for, marked wherever it is read on screen.
enum SearchMarks {
  static func draw(_ search: Search?, into frame: inout Frame, in rects: [Rect]) {
    guard let search, search.isMarked else { return }
    for rect in rects {
      for row in 0..<rect.rows { mark(search, in: rect.line(row), of: &frame) }
    }
  }

  private static func mark(_ search: Search, in line: Rect, of frame: inout Frame) {
    let columns = line.column..<line.endColumn
    let cells = columns.map { frame[Point(column: $0, row: line.row)] }
    var bytes: [UInt8] = []
    var owners: [Int] = []
    for (column, cell) in zip(columns, cells) {
      guard let base = cell.base else { continue }
      for byte in base.utf8 {
        bytes.append(byte)
        owners.append(column)
      }
    }
    var rest = bytes[...]
    while let match = search.firstMatch(in: rest) {
      var last = owners[match.upperBound - 1]
      if cells[last - line.column].isWide { last += 1 }
      let first = owners[match.lowerBound]
      frame.add(.match, in: Rect(column: first, row: line.row, columns: last + 1 - first, rows: 1))
      rest = rest[match.upperBound...]
    }
  }
}
