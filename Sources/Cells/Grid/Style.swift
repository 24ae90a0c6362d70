/// How a cell looks, said by what it means: a role and a few attributes in 16 bits.
///
/// Views name meanings; only the terminal's palette knows colours, so mono and 8-colour terminals need nothing
/// from a view. A style made of attributes alone keeps the role `.text`, which is also "whatever I am put
/// with": see `merged(over:)`.
package struct Style: Equatable, Sendable {
  package let bits: UInt16

  package init(bits: UInt16) { self.bits = bits }

  package init(_ role: Role, _ attributes: Attributes = []) {
    bits = UInt16(role.rawValue) | attributes.rawValue
  }

  /// The role; an unknown number, which only a wrong `bits` can give, reads as `.text`.
  package var role: Role { Role(rawValue: UInt8(truncatingIfNeeded: bits)) ?? .text }

  package var attributes: Attributes { Attributes(rawValue: bits & 0xff00) }

  package func adding(_ more: Attributes) -> Style { Style(bits: bits | more.rawValue) }

  /// This style put on top of `base`: `.text` takes the base's role, and the attributes of both count.
  package func merged(over base: Style) -> Style {
    Style(bits: (bits & 0xff == 0 ? base.bits : bits) | (base.bits & 0xff00) | (bits & 0xff00))
  }

  /// What a cell's content is, for the palette to colour. Colours never carry meaning alone.
  package enum Role: UInt8, CaseIterable, Sendable {
    /// Ordinary text; in a `DisplayText`, the role it is put with.
    case text
    /// Text that matters less: time columns, explanations, padding rows.
    case dim
    case title, heading, label, border
    /// A tab or view name that is not the current one, and the current one.
    case tab, tabActive
    /// A key to press, in hint lines and help.
    case key
    case prompt, status, placeholder
    /// The name of a field, header or macro; its value; an address within it; a number, an offset.
    case name, value, address, number, offset
    /// A packet's stage or reply keyword.
    case keyword
    /// The legs, by who sent.
    case fromMTA, fromMilter
    /// Verdicts by what they do to the mail.
    case good, warn, bad
    /// Badges.
    case held, edited, injected, dropped, answered, rule, marked
    case findingNote, findingWarning, findingError
    /// Lines of a diff.
    case added, removed, changed
    /// The REC sign of a trace being written, and a screen that stands still.
    case live, frozen
    /// One connection's packets; `connection(_:)` picks by number.
    case connection0, connection1, connection2, connection3
    case connection4, connection5, connection6, connection7

    /// The role of connection number `id`: eight colours, in turn.
    package static func connection(_ id: Int) -> Role {
      Role(rawValue: Role.connection0.rawValue + UInt8(id & 7)) ?? .connection0
    }
  }

  package struct Attributes: OptionSet, Equatable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let bold = Attributes(rawValue: 1 << 8)
    package static let underline = Attributes(rawValue: 1 << 9)
    package static let reverse = Attributes(rawValue: 1 << 10)
    /// Part of the row or field under the cursor: a background, so that roles stay readable on it.
    package static let selected = Attributes(rawValue: 1 << 11)
    /// Part of what a search or filter matched.
    package static let match = Attributes(rawValue: 1 << 12)
    /// Stands for something that was not put on the screen as it came. Only `DisplayText` sets it, which is
    /// how a mail's own backslash, `x`, `1`, `b` differs from an ESC made visible.
    package static let escaped = Attributes(rawValue: 1 << 13)
    /// The selected row of a pane that does not have the keys.
    package static let selectedElsewhere = Attributes(rawValue: 1 << 14)
  }
}

extension Style {
  package static let text = Style(.text)
  package static let dim = Style(.dim)
  package static let title = Style(.title)
  package static let border = Style(.border)
  package static let key = Style(.key)
}
