import MilterProtocol

// Keys as words, for `bind`, help and docs: `a`, `Space`, `^D`, `Alt-x`, `Ctrl-Left`, `PgUp`, `F5`.

extension Key: CustomStringConvertible {
  /// The name that `init(name:)` reads back; pastes and the mouse have words for people only.
  package var description: String {
    switch self {
    case .character(" "): "Space"
    case .character(let scalar):
      CellWidth.of(scalar).isShown ? String(Character(scalar)) : WireText.Piece.hidden(scalar).escape ?? ""
    case .control(let scalar): "^" + String(Character(scalar)).uppercased()
    case .named(let name): name.rawValue
    case .modified(let key, let modifiers): modifiers.prefix + key.description
    case .paste(let bytes): "paste of \(bytes.count) \(bytes.count == 1 ? "byte" : "bytes")"
    case .mouse(let mouse): "mouse \(mouse.button) \(mouse.kind) at \(mouse.at.column),\(mouse.at.row)"
    }
  }

  /// The key of a name; case counts in a single character only. Nil for what names no key.
  ///
  /// `^D`, `^d`, `C-d` and `Ctrl-d` are one key; so are `Alt-x`, `M-x` and `Meta-x`. `^I`, `^M`, `^J`, `^H` and `^[` are
  /// Tab, Enter, Enter, Backspace and Esc, because a terminal sends the same for both.
  package init?(name: some StringProtocol) {
    let text = String(name)
    let scalars = Array(text.unicodeScalars)
    if scalars.count == 1, let scalar = scalars.first {
      guard CellWidth.of(scalar).isShown, scalar != " " else { return nil }
      self = .character(scalar)
      return
    }
    if scalars.count == 2, scalars[0] == "^", let key = Key(control: scalars[1]) {
      self = key
      return
    }
    if let named = Key.words[text.lowercased()] {
      self = named
      return
    }
    for (prefix, modifier) in Key.prefixes where text.lowercased().hasPrefix(prefix) {
      let rest = text.dropFirst(prefix.count)
      guard let key = Key(name: rest) else { continue }
      self = modifier == .control ? key.controlled() : key.with(modifier)
      return
    }
    return nil
  }

  /// The key that Control and `scalar` give, by what terminals send: nil where they send nothing of its own.
  package init?(control scalar: Unicode.Scalar) {
    let upper = scalar.properties.uppercaseMapping.unicodeScalars.first ?? scalar
    switch upper {
    case "H": self = .named(.backspace)
    case "I": self = .named(.tab)
    case "J", "M": self = .named(.enter)
    case "[": self = .named(.escape)
    case "?": self = .named(.backspace)
    case "A"..."Z": self = .control(upper.properties.lowercaseMapping.unicodeScalars.first ?? upper)
    case "@", "\\", "]", "^", "_": self = .control(upper)
    case " ": self = .control("@")
    default: return nil
    }
  }

  private func controlled() -> Key {
    switch self {
    case .character(let scalar): Key(control: scalar) ?? with(.control)
    case .modified(let key, let modifiers): key.controlled().with(modifiers)
    case .control, .named, .paste, .mouse: with(.control)
    }
  }

  private static let prefixes: [(String, Modifiers)] = [
    ("ctrl-", .control), ("c-", .control), ("alt-", .alt), ("meta-", .alt), ("m-", .alt),
    ("shift-", .shift), ("s-", .shift),
  ]

  private static let words: [String: Key] = {
    var words: [String: Key] = [:]
    for name in Name.allCases { words[name.rawValue.lowercased()] = .named(name) }
    let others: [(String, Key)] = [
      ("space", .character(" ")), ("return", .named(.enter)), ("escape", .named(.escape)),
      ("pageup", .named(.pageUp)), ("pagedown", .named(.pageDown)), ("pgdown", .named(.pageDown)),
      ("del", .named(.delete)), ("ins", .named(.insert)), ("btab", .named(.backTab)),
      ("backtab", .named(.backTab)),
      ("bspace", .named(.backspace)), ("bs", .named(.backspace)), ("^space", .control("@")),
    ]
    for (word, key) in others { words[word] = key }
    return words
  }()
}

extension Key.Modifiers {
  fileprivate var prefix: String {
    (contains(.control) ? "Ctrl-" : "") + (contains(.alt) ? "Alt-" : "")
      + (contains(.shift) ? "Shift-" : "")
  }
}

extension CellWidth {
  fileprivate var isShown: Bool { self == .narrow || self == .wide }
}
