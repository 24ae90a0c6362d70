import Cells

/// A choice of one key each, above the bottom line.
package struct Menu: Hashable, Sendable {
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
  mutating func move(_ step: Int) {
    guard let cursor else {
      self.cursor = step > 0 ? 0 : items.count - 1
      return
    }
    self.cursor = (cursor + step + items.count) % items.count
  }

  /// The item that a key takes.
  func item(for key: Key) -> Item? {
    switch key {
    case .character(let scalar): items.first { $0.key == scalar }
    case .named(.enter): cursor.map { items[$0] }
    default: nil
    }
  }

  package struct Item: Hashable, Sendable {
    package var key: Unicode.Scalar
    package var words: String
    /// What comes of it.
    package var remark: DisplayText
    var choice: Choice

    init(_ key: Unicode.Scalar, _ words: String, _ remark: DisplayText = "", _ choice: Choice) {
      (self.key, self.words, self.remark, self.choice) = (key, words, remark, choice)
    }
  }

  enum Choice: Hashable, Sendable {
    case does([ConsoleEffect])
    /// Goes on at a prompt that has this text in it already.
    case asks(Prompt.Purpose, String)
    case deletesRule(Int)
    /// Goes on with what is to be exported in that format.
    case exports(String)
    /// The mail on the desk.
    case discards
  }
}
