/// What the operator did to the keyboard or the mouse, independent of what terminal sent for it.
package enum Key: Equatable, Sendable {
  /// A character with a shape: letters, digits, punctuation, space. Shift is in the character.
  case character(Unicode.Scalar)
  /// A character typed with Control: a lower-case letter or one of `@ \ ] ^ _`. Tab, Enter, Backspace
  /// and Escape, which are `^I`, `^M`, `^H` and `^[` to a terminal, are named keys instead.
  case control(Unicode.Scalar)
  case named(Name)
  /// A key with modifiers that its own case does not hold; never without any.
  indirect case modified(Key, Modifiers)
  /// Text from the clipboard, all at once; never to be obeyed as keys. Bytes, as nothing says it is UTF-8.
  case paste([UInt8])
  case mouse(Mouse)

  package enum Name: String, CaseIterable, Sendable {
    case up = "Up"
    case down = "Down"
    case left = "Left"
    case right = "Right"
    case pageUp = "PgUp"
    case pageDown = "PgDn"
    case home = "Home"
    case end = "End"
    case insert = "Insert"
    case delete = "Delete"
    case tab = "Tab"
    case backTab = "Shift-Tab"
    case enter = "Enter"
    case escape = "Esc"
    case backspace = "Backspace"
    case f1 = "F1"
    case f2 = "F2"
    case f3 = "F3"
    case f4 = "F4"
    case f5 = "F5"
    case f6 = "F6"
    case f7 = "F7"
    case f8 = "F8"
    case f9 = "F9"
    case f10 = "F10"
    case f11 = "F11"
    case f12 = "F12"
  }

  package struct Modifiers: OptionSet, Equatable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let shift = Modifiers(rawValue: 1)
    package static let alt = Modifiers(rawValue: 2)
    package static let control = Modifiers(rawValue: 4)
  }

  package struct Mouse: Equatable, Sendable {
    package enum Button: Equatable, Sendable { case left, middle, right, wheelUp, wheelDown, none }
    package enum Kind: Equatable, Sendable { case press, release, move }
    package var button: Button
    package var kind: Kind
    package var at: Point

    package init(_ button: Button, _ kind: Kind, at: Point) {
      (self.button, self.kind, self.at) = (button, kind, at)
    }
  }

  /// `key` with Alt, as `Alt-x` says it; adding it twice is adding it once.
  package static func alt(_ key: Key) -> Key { key.with(.alt) }

  /// This key with more modifiers; Shift with Tab is `backTab`.
  package func with(_ modifiers: Modifiers) -> Key {
    if modifiers.isEmpty { return self }
    if self == .named(.tab), modifiers.contains(.shift) {
      return Key.named(.backTab).with(modifiers.subtracting(.shift))
    }
    if case .modified(let key, let before) = self { return .modified(key, before.union(modifiers)) }
    return .modified(self, modifiers)
  }
}
