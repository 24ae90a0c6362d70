import Cells

/// Which key does what: the table, and over it what `bind` said.
package struct Keymap: Sendable {
  /// What a key was bound to by hand, as it would be typed at the prompt.
  package private(set) var custom: [(key: Key, text: String)] = []

  package init() {}

  package enum Meaning: Equatable, Sendable {
    case act(Act, takesCount: Bool)
    /// An instruction to be run as if typed.
    case text(String)
  }

  package func meaning(of key: Key, in place: Binding.Places) -> Meaning? {
    if let row = custom.last(where: { $0.key == key }) { return row.text.isEmpty ? nil : .text(row.text) }
    let binding = Binding.table.first { $0.keys.contains(key) && $0.places.contains(place) }
    return binding.map { .act($0.act, takesCount: $0.takesCount) }
  }

  /// Whether nothing was bound to it by hand.
  func isFree(_ key: Key) -> Bool { !custom.contains { $0.key == key } }

  /// Makes `key` run `text`; an empty text makes it do nothing. Bound to what it does by itself, it is as it was.
  package mutating func bind(_ key: Key, to text: String) {
    custom.removeAll { $0.key == key }
    let own = Binding.table.first { $0.keys.contains(key) }
    if text != own.map({ "screen \($0.act.rawValue)" }) { custom.append((key, text)) }
  }

  /// The key to press for `act` in `place`, with what was bound by hand taken into account.
  package func key(for act: Act, in place: Binding.Places) -> Key? {
    if let row = custom.last(where: { $0.text == "screen \(act.rawValue)" }) { return row.key }
    for binding in Binding.table where binding.act == act && binding.places.contains(place) {
      if let key = binding.keys.first(where: { key in !custom.contains { $0.key == key } }) { return key }
    }
    return nil
  }
}
