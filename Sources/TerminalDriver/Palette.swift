import Cells

/// What each style looks like on a terminal of so many colours. The one place that knows colours.
///
/// Everything stays readable without them: what a role means is also in words or signs on the screen, and
/// attributes that a mono terminal must show (selected, match, escaped) have a form of their own.
struct Palette: Equatable, Sendable {
  struct Look: Equatable {
    /// Colour numbers of the terminal; -1 is its default.
    var foreground: Int32 = -1
    var background: Int32 = -1
    var attributes: Attributes = []
  }

  /// As `mm_attribute` numbers them.
  struct Attributes: OptionSet {
    let rawValue: UInt32
    static let bold = Attributes(rawValue: 1)
    static let underline = Attributes(rawValue: 2)
    static let reverse = Attributes(rawValue: 4)
    static let dim = Attributes(rawValue: 8)
  }

  enum Depth: Sendable { case mono, eight, many }

  let depth: Depth
  let isLight: Bool

  init(colors: Int, isLight: Bool) {
    depth = colors >= 256 ? .many : colors >= 8 ? .eight : .mono
    self.isLight = isLight
  }

  /// `background` is the environment's `COLORFGBG` where a terminal sets it: it ends with the background's number.
  init(colors: Int, background: String? = nil) {
    let isLight = background.map { $0.hasSuffix(";15") || $0.hasSuffix(";7") } ?? false
    self.init(colors: colors, isLight: isLight)
  }

  func look(of style: Style) -> Look {
    let row = Self.row(of: style.role)
    var look = Look(attributes: row.attributes)
    switch depth {
    case .mono: look.attributes.formUnion(row.mono)
    case .eight:
      look.foreground = seen(row.eight)
      // Plain red is too dark.
      if look.foreground == 1, !isLight { look.attributes.insert(.bold) }
    case .many: look.foreground = isLight ? row.light : row.dark
    }
    let attributes = style.attributes
    if attributes.contains(.bold) { look.attributes.insert(.bold) }
    if attributes.contains(.underline) { look.attributes.insert(.underline) }
    if attributes.contains(.reverse) { look.attributes.insert(.reverse) }
    if attributes.contains(.escaped) { escape(&look) }
    if attributes.contains(.selectedElsewhere) { select(&look, 236, 254) }
    if attributes.contains(.selected) { select(&look, 18, 159) }
    if attributes.contains(.match) { match(&look) }
    return look
  }

  /// Of eight colours a light ground swallows green, yellow and cyan, a dark one blue: another in its place, or the terminal's own.
  private func seen(_ color: Int32) -> Int32 {
    switch (isLight, color) {
    case (true, 2): -1
    case (true, 3): 5
    case (true, 6): 4
    case (false, 4): 6
    default: color
    }
  }

  private func escape(_ look: inout Look) {
    look.attributes.insert(.underline)
    switch depth {
    case .mono: break
    case .eight: look.foreground = seen(5)
    case .many: look.foreground = isLight ? 127 : 213
    }
  }

  /// With few colours, any background of ours would make some role unreadable: there the row is reversed.
  private func select(_ look: inout Look, _ dark: Int32, _ light: Int32) {
    switch depth {
    case .mono, .eight:
      look.foreground = -1
      look.attributes.insert(.reverse)
      look.attributes.remove(.dim)
    case .many:
      look.background = isLight ? light : dark
      if look.foreground < 0 { look.foreground = isLight ? 16 : 255 }
    }
  }

  private func match(_ look: inout Look) {
    switch depth {
    case .mono:
      look.attributes.insert(.underline)
      look.attributes.insert(.bold)
    case .eight:
      (look.foreground, look.background) = (0, 3)
      // Bold black is grey on many a terminal.
      look.attributes.subtract([.reverse, .bold])
    case .many:
      (look.foreground, look.background) = (16, 220)
    }
  }

  private struct Row {
    var dark: Int32
    var light: Int32
    var eight: Int32
    var attributes: Attributes
    var mono: Attributes

    init(
      _ dark: Int32, _ light: Int32, _ eight: Int32, _ attributes: Attributes = [], mono: Attributes = []
    ) {
      (self.dark, self.light, self.eight) = (dark, light, eight)
      (self.attributes, self.mono) = (attributes, mono)
    }
  }

  /// Colours on a dark ground, on a light one, of eight; attributes always, and without colours.
  ///
  /// Text has a contrast of 4.5:1 at least, lines of 3:1, on grounds from black to #1E1E1E and from #FDF6E3 to white, and
  /// on selected rows (WCAG 2.1, 1.4.3 and 1.4.11); a test computes it.
  private static func row(of role: Style.Role) -> Row {
    switch role {
    case .text, .value: Row(-1, -1, -1)
    case .dim, .placeholder: Row(247, 240, -1, mono: .dim)
    case .title: Row(-1, -1, -1, .bold)
    case .heading: Row(250, 238, -1, .underline)
    case .label: Row(109, 24, 6)
    case .border: Row(244, 244, -1, mono: .dim)
    case .tab: Row(250, 238, -1)
    case .tabActive: Row(81, 25, 6, [.bold, .underline])
    case .key: Row(81, 25, 6, .bold)
    case .prompt: Row(-1, -1, -1, .bold)
    case .status: Row(250, 238, -1)
    case .name: Row(110, 25, 6)
    case .address: Row(151, 22, 2)
    case .number: Row(180, 94, 3)
    case .offset: Row(247, 240, -1, mono: .dim)
    case .keyword: Row(-1, -1, -1, .bold)
    case .fromMTA: Row(75, 25, 4)
    case .fromMilter: Row(179, 94, 3)
    case .good: Row(114, 22, 2)
    case .warn: Row(221, 94, 3, mono: .bold)
    case .bad: Row(210, 124, 1, .bold)
    case .held: Row(221, 94, 3, [.bold, .reverse])
    case .edited: Row(222, 94, 3, .bold)
    case .injected: Row(213, 127, 5, .bold)
    case .dropped: Row(210, 124, 1, .bold)
    case .answered: Row(120, 22, 2, .bold)
    case .rule: Row(147, 54, 5)
    case .marked: Row(226, 94, 3, .bold)
    case .findingNote: Row(111, 25, 6)
    case .findingWarning: Row(221, 94, 3, .bold)
    case .findingError: Row(210, 124, 1, .bold)
    case .added: Row(114, 22, 2)
    case .removed: Row(210, 124, 1)
    case .changed: Row(221, 94, 3)
    case .live: Row(210, 124, 1, .bold)
    case .frozen: Row(117, 24, 6, [.bold, .reverse])
    case .connection0: Row(75, 25, 6)
    case .connection1: Row(114, 22, 2)
    case .connection2: Row(180, 94, 3)
    case .connection3: Row(176, 90, 5)
    case .connection4: Row(80, 23, 4)
    case .connection5: Row(215, 88, 1)
    case .connection6: Row(141, 55, 6)
    case .connection7: Row(150, 58, 2)
    }
  }
}
