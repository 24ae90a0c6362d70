import MilterProtocol

/// A screenful of cells, and where the cursor stands: what a view returns and the terminal draws.
///
/// Drawing outside of the frame, or of the clip, is cut off without complaint, so a view laid out for 80x24
/// works at 10x3. Half of a wide character is never left over: its other half becomes a blank.
package struct Frame: Equatable, Sendable {
  package let size: Size

  /// Row after row.
  package private(set) var cells: [Cell]

  /// Where the terminal's cursor stands, as in a prompt; nil hides it.
  package var cursor: Point?

  /// Where drawing has an effect; see `clipped(to:_:)`.
  package private(set) var clip: Rect

  package init(size: Size) {
    self.size = size
    cells = Array(repeating: Cell(), count: size.columns * size.rows)
    clip = Rect(size)
  }

  package var bounds: Rect { Rect(size) }

  /// The cell at a place, which must be inside.
  package subscript(_ point: Point) -> Cell {
    precondition(bounds.contains(point), "a cell outside of its frame was asked for")
    return cells[point.row * size.columns + point.column]
  }

  /// Runs `body` with drawing limited to `rect` (and to what was the limit before). Places stay the frame's.
  package mutating func clipped(to rect: Rect, _ body: (inout Frame) -> Void) {
    let before = clip
    clip = before.intersection(rect)
    body(&self)
    clip = before
  }

  /// Puts text from `origin` rightwards, over at most `width` columns, and returns how many columns the text
  /// wanted of them, drawn or clipped: where the next text goes. It neither pads nor marks a cut; see
  /// `put(_:in:)`.
  @discardableResult
  package mutating func put(
    _ text: DisplayText, at origin: Point, width: Int = .max, style: Style = .text
  ) -> Int {
    let wanted = min(text.cells.count, max(0, width))
    guard (clip.row..<clip.endRow).contains(origin.row) else { return wanted }
    let first = max(origin.column, clip.column)
    let end = min(origin.column + wanted, clip.endColumn)
    guard first < end else { return wanted }
    let start = origin.row * size.columns
    releaseHalves(row: origin.row, first: first, end: end)
    for column in first..<end {
      var cell = text.cells[column - origin.column]
      cell.style = cell.style.merged(over: style)
      cells[start + column] = cell
    }
    // A wide character that the edge cuts is not drawn.
    if cells[start + first].isContinuation { blank(start + first) }
    if cells[start + end - 1].isWide { blank(start + end - 1) }
    return wanted
  }

  /// Puts text into the first row of `rect`, all of its columns: aligned, padded, cut with `…` where too long.
  package mutating func put(
    _ text: DisplayText, in rect: Rect, _ alignment: DisplayText.Alignment = .leading,
    style: Style = .text
  ) {
    guard !rect.isEmpty else { return }
    put(text.fitted(to: rect.columns, alignment), at: rect.origin, style: style)
  }

  /// Fills `rect` with a character, by default blanks, in `style`.
  package mutating func fill(_ rect: Rect, with scalar: Unicode.Scalar = " ", style: Style = .text) {
    guard CellWidth.of(scalar) == .narrow else { return }
    let area = clip.intersection(rect)
    for row in area.row..<area.endRow {
      releaseHalves(row: row, first: area.column, end: area.endColumn)
      for column in area.column..<area.endColumn {
        cells[row * size.columns + column] = Cell(scalar, style: style)
      }
    }
  }

  package mutating func horizontalLine(at origin: Point, columns: Int, style: Style = .border) {
    fill(Rect(column: origin.column, row: origin.row, columns: columns, rows: 1), with: "─", style: style)
  }

  package mutating func verticalLine(at origin: Point, rows: Int, style: Style = .border) {
    fill(Rect(column: origin.column, row: origin.row, columns: 1, rows: rows), with: "│", style: style)
  }

  /// A line around the inside of `rect`; what is inside of the line stays.
  package mutating func box(_ rect: Rect, style: Style = .border) {
    guard rect.columns >= 2, rect.rows >= 2 else { return }
    let (right, bottom) = (rect.endColumn - 1, rect.endRow - 1)
    for row in [rect.row, bottom] {
      horizontalLine(at: Point(column: rect.column, row: row), columns: rect.columns, style: style)
    }
    for column in [rect.column, right] {
      verticalLine(at: Point(column: column, row: rect.row + 1), rows: rect.rows - 2, style: style)
    }
    put("┌", at: rect.origin, style: style)
    put("┐", at: Point(column: right, row: rect.row), style: style)
    put("└", at: Point(column: rect.column, row: bottom), style: style)
    put("┘", at: Point(column: right, row: bottom), style: style)
  }

  /// Adds attributes to what stands in `rect`: the selected row, a match.
  package mutating func add(_ attributes: Style.Attributes, in rect: Rect) {
    let area = clip.intersection(rect)
    for row in area.row..<area.endRow {
      for column in area.column..<area.endColumn {
        let index = row * size.columns + column
        cells[index].style = cells[index].style.adding(attributes)
      }
    }
  }

  /// The columns of `row` in which this frame differs from `previous`, widened so that no wide character is
  /// cut; nil where the rows are alike. Both frames must be of one size.
  package func change(inRow row: Int, since previous: Frame) -> Range<Int>? {
    precondition(size == previous.size, "frames of different sizes were compared")
    let (new, old) = (cells.span, previous.cells.span)
    let start = row * size.columns
    var first = 0
    while first < size.columns, new[start + first] == old[start + first] { first += 1 }
    guard first < size.columns else { return nil }
    var end = size.columns
    while new[start + end - 1] == old[start + end - 1] { end -= 1 }
    if first > 0, new[start + first].isContinuation || old[start + first].isContinuation { first -= 1 }
    if end < size.columns, new[start + end].isContinuation || old[start + end].isContinuation { end += 1 }
    return first..<end
  }

  /// Blanks the outer halves of wide characters that the columns about to be written cut.
  private mutating func releaseHalves(row: Int, first: Int, end: Int) {
    guard first < end else { return }
    let start = row * size.columns
    if cells[start + first].isContinuation, first > 0 { blank(start + first - 1) }
    if end < size.columns, cells[start + end].isContinuation { blank(start + end) }
  }

  private mutating func blank(_ index: Int) {
    cells[index] = Cell(style: cells[index].style)
  }
}
