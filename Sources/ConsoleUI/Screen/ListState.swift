/// The place in a list of rows: which row is selected, and which is the first on screen.
///
/// Frames are pure, so the number of rows on screen is told with each change (`resize`), never learnt from drawing.
package struct ListState: Equatable, Sendable {
  package private(set) var cursor = 0
  package private(set) var top = 0
  package private(set) var count = 0
  /// Rows that fit on the screen, at least 1.
  package private(set) var height = 1

  /// Whether rows are selected; without a selection a page moves as soon as it is moved.
  package let selects: Bool

  package init(selects: Bool = true) { self.selects = selects }

  /// Rows on screen.
  package var visible: Range<Int> { top..<min(count, top + height) }

  package mutating func resize(height: Int) {
    self.height = max(1, height)
    settle()
  }

  /// The list has another length now; the selected row keeps its number where there is such a row.
  package mutating func setCount(_ count: Int) {
    self.count = max(0, count)
    settle()
  }

  package mutating func move(by rows: Int) {
    guard selects else { return page(by: rows) }
    select(cursor + rows)
  }

  package mutating func select(_ row: Int) {
    cursor = row
    if !selects { top = row }
    settle()
  }

  /// Selects `row` and, where it was out of sight, brings it to the middle.
  package mutating func reveal(_ row: Int) {
    if !visible.contains(row) { top = row - height / 2 }
    select(row)
  }

  /// Selects `row` of a page that has just been made, with some rows above it for the eye.
  package mutating func begin(at row: Int) {
    top = row < height ? 0 : row - 2
    select(row)
  }

  /// The selected row stands at `row` now: the page goes with it.
  package mutating func keep(_ row: Int) {
    top += row - cursor
    select(row)
  }

  /// Moves the page so that it begins at `row`, as far as the selected row stays on it.
  package mutating func scroll(to row: Int) {
    top = row
    settle()
  }

  /// Moves the page, and the selection with it.
  package mutating func page(by rows: Int) {
    top += rows
    cursor += rows
    settle()
  }

  /// Does what a motion says, the given number of times; other acts are none of a list's.
  mutating func move(_ act: Act, count: Int?) {
    let times = count ?? 1
    switch act {
    case .down: move(by: times)
    case .up: move(by: -times)
    case .top: select(0)
    case .bottom: select(self.count - 1)
    case .halfDown: page(by: max(1, height / 2) * times)
    case .halfUp: page(by: -max(1, height / 2) * times)
    case .pageDown: page(by: max(1, height - 1) * times)
    case .pageUp: page(by: -max(1, height - 1) * times)
    default: break
    }
  }

  private mutating func settle() {
    cursor = max(0, min(cursor, count - 1))
    top = max(0, min(top, count - height))
    if !selects { cursor = top }
    if cursor < top { top = cursor }
    if cursor >= top + height { top = cursor - height + 1 }
  }
}
