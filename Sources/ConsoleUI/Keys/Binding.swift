import Cells

/// A row of the table of keys: feeds dispatch, the hint line, the `?` help and `docs/keys.md`.
package struct Binding: Sendable {
  package var keys: [Key]
  package var act: Act
  package var places: Places
  /// What it does, as help says it.
  package var help: String
  /// The word on the hint line; nil where the line does not mention it.
  package var hint: String?
  package var group: Group
  /// Whether a number typed before it means something.
  package var takesCount: Bool

  package init(
    _ keys: String, _ act: Act, in places: Places = .everywhere, _ group: Group, hint: String? = nil,
    counted: Bool = false, _ help: String
  ) {
    self.keys = keys.split(separator: " ").map { name in
      guard let key = Key(name: name) else { preconditionFailure("there is no key named '\(name)'") }
      return key
    }
    self.act = act
    self.places = places
    self.help = help
    self.hint = hint
    self.group = group
    takesCount = counted
  }

  /// Where a binding counts: the pane that has the keys.
  package struct Places: OptionSet, Equatable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let timeline = Places(rawValue: 1 << 0)
    package static let messages = Places(rawValue: 1 << 1)
    package static let findings = Places(rawValue: 1 << 2)
    package static let stats = Places(rawValue: 1 << 3)
    /// The pane that shows the selected packet or message.
    package static let detail = Places(rawValue: 1 << 4)
    package static let help = Places(rawValue: 1 << 5)
    package static let held = Places(rawValue: 1 << 6)
    package static let rules = Places(rawValue: 1 << 7)
    /// A mail that waits for a person's verdict, with no milter behind: in Held, in Messages and in their detail.
    package static let desk = Places(rawValue: 1 << 8)

    /// Held and Messages where a person is the milter and no waiting mail is selected.
    package static let idleDesk = Places(rawValue: 1 << 9)

    /// What was compared, over the views.
    package static let comparison = Places(rawValue: 1 << 10)

    /// Where a mail can be selected, and no letter is a verdict on it.
    package static let replayed: Places = [.timeline, .messages, .held, .findings, .detail, .comparison]

    package static let packets: Places = [.timeline, .messages, .held, .findings, .detail, .desk, .idleDesk]
    package static let everywhere: Places = [.views, .comparison]
    /// Everywhere but over the views; the help, which lies over both, counts to them.
    package static let views: Places = [
      .timeline, .messages, .held, .findings, .rules, .stats, .detail, .help, .desk,
      .idleDesk,
    ]

    /// Where the same key judges mails at the desk.
    package static let everywhereElse = views.subtracting(.desk)
    package static let packetsElsewhere = packets.subtracting(.desk)

    /// The words of the places, for docs; empty for everywhere.
    package var words: [String] {
      guard self != .everywhere, self != .views else { return [] }
      if self == .everywhereElse { return ["all but the desk"] }
      let desk: Places = [.desk, .idleDesk]
      if isSuperset(of: desk) { return subtracting(desk).words + ["desk"] }
      let all: [(Places, String)] = [
        (.timeline, "Timeline"), (.messages, "Messages"), (.held, "Held"), (.findings, "Findings"),
        (.rules, "Rules"), (.stats, "Stats"), (.detail, "detail"), (.help, "help"),
        (.desk, "desk"), (.idleDesk, "desk without a mail"), (.comparison, "comparison"),
      ]
      return all.filter { contains($0.0) }.map(\.1)
    }
  }

  /// A heading of the help.
  package enum Group: String, CaseIterable, Sendable {
    case move = "Move"
    case view = "Views and panes"
    case steer = "Hold, change, answer"
    case desk = "Be the milter: judge the waiting mail"
    case rules = "Rules"
    case find = "Find"
    case keep = "Note and keep"
    case screen = "Screen"
  }
}
