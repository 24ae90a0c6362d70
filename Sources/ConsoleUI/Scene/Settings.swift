import Cells
import MilterProtocol
import Timeline
import TraceModel

/// What `set NAME VALUE` changes: how the screen shows things, never what happens to mail.
package struct Settings: Equatable, Sendable {
  package var time: TimeMode = .clock
  /// Whether new packets take the selection along.
  package var follow = true
  package var macros: MacroMode = .folded
  /// Reply times from here on stand out.
  package var slow = Moment.Span.milliseconds(500)
  /// Whose rules tell what becomes of a mail.
  package var mta = MTAChoice.auto
  /// Whether the terminal reports clicks and the wheel, and so needs Shift for its own selection.
  package var mouse = false
  /// Which colours the screen has.
  package var theme = Theme.auto
  /// Where the detail stands.
  package var split = Split.auto
  /// What the list takes of the room that it shares with the detail, in percent; nil for what it has use for.
  package var border: Int?

  package init() {}

  package enum TimeMode: String, Equatable, Sendable, CaseIterable {
    case clock, start, delta

    var words: String {
      switch self {
      case .clock: "time of day"
      case .start: "since the trace began"
      case .delta: "since the packet before"
      }
    }
  }

  /// Where the detail stands: `auto` is beside the list where both have what they need.
  package enum Split: String, Equatable, Sendable, CaseIterable { case auto, beside, below }

  /// Percent that the list may be given.
  static let borders = 20...80
  static let borderStep = 5

  package enum MacroMode: String, Equatable, Sendable, CaseIterable { case folded, unfolded }
  /// Whose rules tell what becomes of a mail: what was set, else what the connection tells, else Postfix's.
  func rules(for detail: PacketDetail) -> KnownMTA { knownRules(for: detail) ?? .postfix }

  /// The same; nil where nobody knows which MTA it is.
  func knownRules(for detail: PacketDetail) -> KnownMTA? { mta.mta ?? detail.mta }

  /// A row of the table of settings, for `set`, completion and help.
  package enum Name: String, Equatable, Sendable, CaseIterable {
    case time, follow, macros, slow, mta, mouse, theme, split, border

    package var help: String {
      switch self {
      case .time: "what the time column says: clock, start, delta"
      case .follow: "keep the newest packet in sight: on, off"
      case .macros: "macro packets: folded into their command, unfolded"
      case .slow: "reply time from which on it stands out: 500ms, 2s"
      case .mta: "whose rules tell what becomes of a mail: auto, postfix, sendmail, stalwart, maddy, generic"
      case .theme: "colours: auto (as the terminal's background), dark, light, mono"
      case .split: "where the detail stands: auto (beside the list from 150 columns on), beside, below"
      case .border: "what the list takes of the room, in percent: auto, 20 to 80"
      case .mouse: "clicks and the wheel move and open; text is selected with Shift: on, off"
      }
    }

    package var values: [String] {
      switch self {
      case .time: TimeMode.allCases.map(\.rawValue)
      case .follow, .mouse: ["on", "off"]
      case .macros: MacroMode.allCases.map(\.rawValue)
      case .slow: []
      case .mta: MTAChoice.allCases.map(\.rawValue)
      case .theme: Theme.allCases.map(\.rawValue)
      case .split: Split.allCases.map(\.rawValue)
      case .border: ["auto"]
      }
    }
  }

  package func value(of name: Name) -> String {
    switch name {
    case .time: time.rawValue
    case .follow: follow ? "on" : "off"
    case .macros: macros.rawValue
    case .slow: TimeText.span(slow)
    case .mta: mta.rawValue
    case .mouse: mouse ? "on" : "off"
    case .theme: theme.rawValue
    case .split: split.rawValue
    case .border: border.map { "\($0)" } ?? "auto"
    }
  }

  /// Sets one; where the value is none of its kind, says what would be.
  package mutating func set(_ name: Name, to value: String) -> String? {
    switch name {
    case .time: if let mode = TimeMode(rawValue: value) { time = mode; return nil }
    case .follow: if name.values.contains(value) { follow = value == "on"; return nil }
    case .mouse: if name.values.contains(value) { mouse = value == "on"; return nil }
    case .macros: if let mode = MacroMode(rawValue: value) { macros = mode; return nil }
    case .mta: if let choice = MTAChoice(rawValue: value) { mta = choice; return nil }
    case .theme: if let choice = Theme(rawValue: value) { theme = choice; return nil }
    case .split: if let choice = Split(rawValue: value) { split = choice; return nil }
    case .border:
      let number = Int(value)
      guard value == "auto" || number.map(Settings.borders.contains) ?? false else {
        return "expected auto or a number from 20 to 80, there was '\(value)'"
      }
      border = number
      return nil
    case .slow:
      if let span = Settings.span(value) { slow = span; return nil }
      return "expected a duration such as 500ms or 2s, there was '\(value)'"
    }
    return "expected \(name.values.joined(separator: ", ")), there was '\(value)'"
  }

  mutating func turnTimeMode() {
    let all = TimeMode.allCases
    time = all[((all.firstIndex(of: time) ?? 0) + 1) % all.count]
  }

  private static func span(_ text: String) -> Moment.Span? {
    for (unit, microseconds) in [("ms", Int64(1000)), ("us", 1), ("s", 1_000_000)] where text.hasSuffix(unit)
    {
      guard let number = Int64(text.dropLast(unit.count)), (0...86_400_000).contains(number) else {
        return nil
      }
      return Moment.Span(microseconds: number * microseconds)
    }
    return nil
  }
}
