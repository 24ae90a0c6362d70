/// How many columns and rows a terminal, a frame or a pane has; never negative.
package struct Size: Equatable, Sendable {
  package var columns: Int
  package var rows: Int

  package init(columns: Int, rows: Int) {
    self.columns = max(0, columns)
    self.rows = max(0, rows)
  }
}

/// A cell's place: column and row, both from 0 at the top left.
package struct Point: Equatable, Sendable {
  package var column: Int
  package var row: Int

  package init(column: Int, row: Int) {
    self.column = column
    self.row = row
  }
}

/// A rectangle of cells in the coordinates of its frame; empty ones are allowed, negative sizes are not.
package struct Rect: Equatable, Sendable {
  package var column: Int
  package var row: Int
  package var columns: Int
  package var rows: Int

  package init(column: Int, row: Int, columns: Int, rows: Int) {
    self.column = column
    self.row = row
    self.columns = max(0, columns)
    self.rows = max(0, rows)
  }

  package init(_ size: Size) {
    self.init(column: 0, row: 0, columns: size.columns, rows: size.rows)
  }

  package var origin: Point { Point(column: column, row: row) }
  package var size: Size { Size(columns: columns, rows: rows) }
  package var isEmpty: Bool { columns == 0 || rows == 0 }

  /// The first column to the right of the rectangle.
  package var endColumn: Int { column + columns }

  /// The first row below the rectangle.
  package var endRow: Int { row + rows }

  package func contains(_ point: Point) -> Bool {
    (column..<endColumn).contains(point.column) && (row..<endRow).contains(point.row)
  }

  /// What both share; empty, at this rectangle's place, when they do not touch.
  package func intersection(_ other: Rect) -> Rect {
    let left = max(column, other.column)
    let top = max(row, other.row)
    let right = min(endColumn, other.endColumn)
    let bottom = min(endRow, other.endRow)
    guard left < right, top < bottom else { return Rect(column: column, row: row, columns: 0, rows: 0) }
    return Rect(column: left, row: top, columns: right - left, rows: bottom - top)
  }

  /// The rectangle less `columns` at the left and right and `rows` at the top and bottom.
  package func inset(columns: Int = 0, rows: Int = 0) -> Rect {
    Rect(
      column: column + columns, row: self.row + rows,
      columns: self.columns - 2 * columns, rows: self.rows - 2 * rows)
  }

  /// One row of it, counted from its top; empty when it has no such row.
  package func line(_ index: Int) -> Rect {
    Rect(column: column, row: row + index, columns: columns, rows: (0..<rows).contains(index) ? 1 : 0)
  }

  // Layout takes slices off a rectangle until the rest is the main pane. A slice is cut down to what is
  // there, so a layout for 80x24 stays in bounds on a terminal of any size.

  package mutating func takeTop(_ wanted: Int) -> Rect {
    let count = min(max(0, wanted), rows)
    defer { (row, rows) = (row + count, rows - count) }
    return Rect(column: column, row: row, columns: columns, rows: count)
  }

  package mutating func takeBottom(_ wanted: Int) -> Rect {
    let count = min(max(0, wanted), rows)
    rows -= count
    return Rect(column: column, row: row + rows, columns: columns, rows: count)
  }

  package mutating func takeLeft(_ wanted: Int) -> Rect {
    let count = min(max(0, wanted), columns)
    defer { (column, columns) = (column + count, columns - count) }
    return Rect(column: column, row: row, columns: count, rows: rows)
  }

  package mutating func takeRight(_ wanted: Int) -> Rect {
    let count = min(max(0, wanted), columns)
    columns -= count
    return Rect(column: column + columns, row: row, columns: count, rows: rows)
  }
}
