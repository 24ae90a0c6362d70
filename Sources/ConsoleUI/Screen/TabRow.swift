import Cells

/// Names side by side, each of which stands for a view or a page.
struct TabRow<Tab> {
  private(set) var text = DisplayText()
  private var ends: [(tab: Tab?, column: Int)] = []

  /// - Parameter tab: what it stands for; nil where for nothing.
  mutating func append(_ text: DisplayText, _ tab: Tab? = nil) {
    self.text += text
    ends.append((tab, self.text.width))
  }

  /// What stands in that column of the text; nil for none.
  func tab(at column: Int) -> Tab? { column < 0 ? nil : ends.first { column < $0.column }?.tab }
}
