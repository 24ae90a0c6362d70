import Cells

extension HelpPane {
  /// Every line of the page: the keys of the view and pane at hand first, then those that count everywhere, then how lines
  /// are edited and what the signs mean; last what counts elsewhere, and where.
  func page(_ keymap: Keymap, width: Int) -> HelpPage {
    let counting = Binding.table.filter { $0.places.contains(place) && has($0.group) }
    let leading = leadingGroup
    var sections: [HelpPage.Section] = []
    func add(_ title: String, _ bindings: [Binding], isDim: Bool = false) {
      guard !bindings.isEmpty else { return }
      sections.append(
        HelpPage.Section(title: title, rows: bindings.map { row($0, keymap: keymap, isDim: isDim) }))
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
        HelpPage.Section(
          title: "Bound by you",
          rows: keymap.custom.map { HelpPage.Row(Self.key($0.key.description), DisplayText($0.text)) }))
    }
    sections.append(
      HelpPage.Section(
        title: "While typing",
        rows: LineEditor.table.map { row in
          HelpPage.Row(Self.key(row.keys.map(\.description).joined(separator: " ")), DisplayText(row.help))
        } + Prompt.keys.map { HelpPage.Row(Self.key($0.key), DisplayText($0.help)) }))
    sections.append(HelpPage.Section(title: "Signs", rows: HelpSigns.rows))
    for group in Binding.Group.allCases {
      let others = Binding.table.filter {
        $0.group == group && !($0.places.contains(place) && has(group))
      }
      add("\(group.rawValue) – \(whereItCounts(group))", others, isDim: true)
    }
    return HelpPage(sections, width: width)
  }

  private var heading: String {
    switch place {
    case .detail: "In the detail"
    case .desk, .idleDesk: "At the desk"
    case .comparison: "In the comparison"
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
    case .find: place == .comparison ? "in the views" : "in a comparison"
    case .steer, .move, .view, .keep, .screen: "elsewhere"
    }
  }

  private static func key(_ text: String) -> DisplayText { DisplayText(text, style: .key) }

  private func row(_ binding: Binding, keymap: Keymap, isDim: Bool) -> HelpPage.Row {
    let keys = binding.keys.filter { key in !keymap.custom.contains { $0.key == key } }
    let names = keys.map(\.description).joined(separator: " ")
    return HelpPage.Row(
      Self.key(names), DisplayText(binding.help, style: isDim ? .dim : .text), isDim ? nil : binding.act)
  }

  private static let numbers: [HelpPage.Row] = [
    HelpPage.Row(key("12j"), "a number first: 12 rows down"),
    HelpPage.Row(
      key("04j"), "4 rows down; without the 0, \(ListView.digits.0) to \(ListView.digits.1) opens a view"),
  ]
}

extension Binding.Places {
  /// Whether it is some places' rather than the whole screen's.
  fileprivate var isOwn: Bool { self != .everywhere && self != .views && self != .everywhereElse }
}
