import Cells

/// How much is below, in the last line of a pane, where not all is in sight.
enum ScrollMark {
  /// Columns of a word that may go, so that no half of it stands there.
  private static let longestWord = 12

  static func draw(_ below: Int, into frame: inout Frame, in rect: Rect) {
    guard below > 0, rect.rows > 2, rect.columns > 30 else { return }
    let text = DisplayText(" ↓ \(NumberText.grouped(below)) more ", style: .dim)
    let last = rect.line(rect.rows - 1)
    let start = last.endColumn - text.width
    let cut = last.column..<start
    let word = cut.suffix(Self.longestWord + 1).reversed().prefix {
      frame[Point(column: $0, row: last.row)].base != " "
    }
    if frame[Point(column: start, row: last.row)].base != " ", word.count <= Self.longestWord {
      frame.fill(Rect(column: start - word.count, row: last.row, columns: word.count, rows: 1))
    }
    frame.put(text, at: Point(column: start, row: last.row))
  }
}
