import Cells

extension HelpPane {
  /// Every line of the page: the keys of the view and pane at hand first, then those that count everywhere, then how lines
  /// are edited and what the signs mean; last what counts elsewhere, and where.
  func lines(_ keymap: Keymap, width: Int) -> [DisplayText] {
    let counting = Binding.table.filter { $0.places.contains(place) && has($0.group) }
    let leading = leadingGroup
    var sections: [Section] = []
    func add(_ title: String, _ bindings: [Binding], isDim: Bool = false) {
      guard !bindings.isEmpty else { return }
      sections.append(Section(title: title, rows: bindings.map { row($0, keymap: keymap, isDim: isDim) }))
    }
    if let leading { add(leading.rawValue, counting.filter { $0.group == leading }) }
    let rest = counting.filter { $0.group != leading }
    let own = rest.filter { $0.places.isOwn && $0.group != .steer }
    add(heading, own)
    for group in [.steer, .move, .view, .find, .keep, .screen, .rules, .desk] as [Binding.Group] {
      add(group.rawValue, rest.filter { $0.group == group && ($0.group == .steer || !$0.places.isOwn) })
      if group == .move { sections[sections.count - 1].rows += Self.numbers }
    }
    if !keymap.custom.isEmpty {
      sections.append(
        Section(
          title: "Bound by you",
          rows: keymap.custom.map { Row(Self.key($0.key.description), DisplayText($0.text)) }))
    }
    sections.append(
      Section(
        title: "While typing",
        rows: LineEditor.table.map { row in
          Row(Self.key(row.keys.map(\.description).joined(separator: " ")), DisplayText(row.help))
        } + Prompt.keys.map { Row(Self.key($0.key), DisplayText($0.help)) }))
    sections.append(Section(title: "Signs in the list", rows: Self.signs))
    for group in Binding.Group.allCases {
      let others = Binding.table.filter {
        $0.group == group && !($0.places.contains(place) && has(group))
      }
      add("\(group.rawValue) – \(whereItCounts(group))", others, isDim: true)
    }
    return columns(sections, width: width)
  }

  private var heading: String {
    switch place {
    case .detail: "In the detail"
    case .desk, .idleDesk: "At the desk"
    default: "In \(place.words.first ?? "")"
    }
  }

  /// What a place is for.
  private var leadingGroup: Binding.Group? {
    switch place {
    case .desk, .idleDesk: .desk
    case .rules: .rules
    case .held: .steer
    default: nil
    }
  }

  private func has(_ group: Binding.Group) -> Bool {
    switch group {
    case .steer: canSteer
    case .desk: isDesk
    case .move, .view, .rules, .find, .keep, .screen: true
    }
  }

  private func whereItCounts(_ group: Binding.Group) -> String {
    switch group {
    case .steer where !canSteer: "not in a recorded trace"
    case .desk: isDesk ? "where a mail waits" : "in mitmilter milter"
    case .rules: "in view \(ListView.rules.rawValue)"
    case .steer, .move, .view, .find, .keep, .screen: "elsewhere"
    }
  }

  private struct Row {
    var key: DisplayText
    var help: DisplayText

    init(_ key: DisplayText, _ help: DisplayText) { (self.key, self.help) = (key, help) }

    var text: DisplayText { " " + key.fitted(to: HelpPane.keyColumns) + "  " + help }
  }

  private struct Section {
    var title: String
    var rows: [Row]

    var lines: [DisplayText] { [DisplayText(title, style: Style(.heading, .bold))] + rows.map(\.text) + [""] }
  }

  private static let keyColumns = 12

  private static func key(_ text: String) -> DisplayText { DisplayText(text, style: .key) }

  private func row(_ binding: Binding, keymap: Keymap, isDim: Bool) -> Row {
    let keys = binding.keys.filter { key in !keymap.custom.contains { $0.key == key } }
    let names = keys.map(\.description).joined(separator: " ")
    return Row(Self.key(names), DisplayText(binding.help, style: isDim ? .dim : .text))
  }

  private static let numbers: [Row] = [
    Row(key("12j"), "a number first: twelve rows down"),
    Row(key("04j"), "four: a digit alone, \(ListView.digits.0) to \(ListView.digits.1), shows its view"),
  ]

  private static let signs: [Row] = [
    Row(DisplayText("c7.1", style: Style(.connection(7))), "connection 7, its 1st message"),
    Row(DisplayText("mta →", style: Style(.fromMTA)), "a command, from the MTA"),
    Row(DisplayText("← mlt", style: Style(.fromMilter)), "a reply, from the milter"),
    Row(DisplayText("▌", style: Style(.marked)), "marked"),
    Row(DisplayText("●", style: Style(.findingNote)), "finding: worth a look"),
    Row(DisplayText("▲", style: Style(.findingWarning)), "finding: works by luck, or not everywhere"),
    Row(DisplayText("✖", style: Style(.findingError)), "finding: breaks a session or loses mail"),
    Row(DisplayText("✕", style: Style(.warn)), "the connection ended here, and not by QUIT"),
    Row(DisplayText("✎", style: Style(.marked)), "has a note"),
    Row(DisplayText("↵ ↓ ←", style: .dim), "line ends: CR LF, LF alone, CR alone"),
    Row(DisplayText("· ⇥", style: .dim), "a blank at either end of a line, a tab"),
  ]

  /// Sections beside each other where the page is wide enough, each as long as it is.
  private func columns(_ sections: [Section], width: Int) -> [DisplayText] {
    let count = max(1, min(3, width / 62))
    guard count > 1 else { return sections.flatMap(\.lines) }
    let total = sections.reduce(0) { $0 + $1.lines.count }
    var piles: [[DisplayText]] = [[]]
    for section in sections {
      let full = piles[piles.count - 1].count + section.lines.count / 2 > (total + count - 1) / count
      if full, piles.count < count { piles.append([]) }
      piles[piles.count - 1] += section.lines
    }
    let columnWidth = width / piles.count
    let height = piles.map(\.count).max() ?? 0
    return (0..<height).map { row in
      piles.reduce(DisplayText()) { line, pile in
        line + (row < pile.count ? pile[row] : "").fitted(to: columnWidth)
      }
    }
  }
}

extension Binding.Places {
  /// Whether it is some places' rather than the whole screen's.
  fileprivate var isOwn: Bool { self != .everywhere && self != .everywhereElse }
}
