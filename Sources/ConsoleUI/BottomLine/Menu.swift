import Cells

/// A choice of one key each, above the bottom line.
package struct Menu {
  package var title: String
  package var items: [Item]
  /// The item that Enter takes; nil until an arrow was pressed, so that a second key pressed in haste chooses nothing.
  package private(set) var cursor: Int?

  /// Letters that move in every menu, or leave it, and so choose in none.
  static let moving: Set<Unicode.Scalar> = ["j", "k", "q"]

  /// - Precondition: the keys of the items are all different, and none of them is one of ``moving``.
  init(title: String, items: [Item]) {
    assert(Set(items.map(\.key)).union(Self.moving).count == items.count + Self.moving.count, title)
    self.title = title
    self.items = items
  }

  /// Down with 1, up with -1, and round the ends.
  private mutating func move(_ step: Int) {
    guard let cursor else {
      self.cursor = step > 0 ? 0 : items.count - 1
      return
    }
    self.cursor = (cursor + step + items.count) % items.count
  }

  mutating func press(_ key: Key) -> BottomLine.Press {
    if let item = item(for: key) { return .closes([item.choice]) }
    switch key {
    case .named(.escape), .character("q"), .control("c"), .control("g"): return .closes([])
    case .named(.down), .character("j"), .control("n"), .named(.tab): move(1)
    case .named(.up), .character("k"), .control("p"), .named(.backTab): move(-1)
    case .named(.enter):
      return .stays(.hint("a letter of the menu chooses, or ↓ ↑ and then Enter; Esc leaves it"))
    default: break
    }
    return .stays([])
  }

  /// The item that a key takes.
  private func item(for key: Key) -> Item? {
    switch key {
    case .character(let scalar): items.first { $0.key == scalar }
    case .named(.enter): cursor.map { items[$0] }
    default: nil
    }
  }

  package struct Item {
    package var key: Unicode.Scalar
    package var words: String
    /// What comes of it.
    package var remark: DisplayText
    let choice: Response

    init(_ key: Unicode.Scalar, _ words: String, _ remark: DisplayText, _ choice: Response) {
      (self.key, self.words, self.remark, self.choice) = (key, words, remark, choice)
    }
  }
}
