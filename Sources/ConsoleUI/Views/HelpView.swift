/// The `?` page: the keys that count here first, then all others, then how lines are edited.
enum HelpView {
  /// Every line of the page; the view shows those from `top` on.
  static func lines(for place: Binding.Places, keymap: Keymap, width: Int) -> [DisplayText] {
    // What this place is for comes first.
    let groups =
      place == .desk
      ? [.desk] + Binding.Group.allCases.filter { $0 != .desk } : Binding.Group.allCases
    var sections = groups.map { group in
      Section(
        title: group.rawValue,
        rows: Binding.table.filter { $0.group == group }.map { row($0, keymap: keymap, place: place) })
    }
    if !keymap.custom.isEmpty {
      sections.append(
        Section(
          title: "Bound by you",
          rows: keymap.custom.map { [key($0.key.description), DisplayText($0.text)] }.map(Row.init)))
    }
    sections.append(
      Section(
        title: "While typing",
        rows: LineEditor.table.map { row in
          Row([key(row.keys.map(\.description).joined(separator: " ")), DisplayText(row.help)])
        } + Prompt.keys.map { Row([key($0.key), DisplayText($0.help)]) }))
    sections.append(Section(title: "Signs in the list", rows: signs))
    return columns(sections, width: width)
  }

  static func draw(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
    var rect = layout.list
    rect.row -= layout.headings.rows
    rect.rows += layout.headings.rows
    let lines = lines(for: model.placeBehindHelp, keymap: model.keymap, width: rect.columns)
    let top = model.helpTop ?? 0
    for row in 0..<rect.rows where top + row < lines.count { frame.put(lines[top + row], in: rect.line(row)) }
    let below = lines.count - top - rect.rows
    guard below > 0 else { return }
    let more = DisplayText(" ↓ \(below) more ", style: .dim)
    frame.put(more, at: Point(column: rect.endColumn - more.width, row: rect.endRow - 1))
  }

  private struct Row {
    var key: DisplayText
    var help: DisplayText

    init(_ parts: [DisplayText]) {
      key = parts.first ?? DisplayText()
      help = parts.dropFirst().first ?? DisplayText()
    }

    var text: DisplayText { " " + key.fitted(to: HelpView.keyColumns) + "  " + help }
  }

  private struct Section {
    var title: String
    var rows: [Row]

    var lines: [DisplayText] { [DisplayText(title, style: Style(.heading, .bold))] + rows.map(\.text) + [""] }
  }

  private static let keyColumns = 12

  private static func key(_ text: String) -> DisplayText { DisplayText(text, style: .key) }

  private static func row(_ binding: Binding, keymap: Keymap, place: Binding.Places) -> Row {
    let keys = binding.keys.filter { key in !keymap.custom.contains { $0.key == key } }
    let names = keys.map(\.description).joined(separator: " ")
    guard binding.places.contains(place) else {
      return Row([key(names), DisplayText(binding.help, style: .dim)])
    }
    return Row([key(names), DisplayText(binding.help)])
  }

  private static let signs: [Row] = [
    Row([DisplayText("c7.1", style: Style(.connection(7))), "connection 7, its 1st message"]),
    Row([DisplayText("mta →", style: Style(.fromMTA)), "a command, from the MTA"]),
    Row([DisplayText("← mlt", style: Style(.fromMilter)), "a reply, from the milter"]),
    Row([DisplayText("▌", style: Style(.marked)), "marked"]),
    Row([DisplayText("●", style: Style(.findingNote)), "finding: worth a look"]),
    Row([DisplayText("▲", style: Style(.findingWarning)), "finding: works by luck, or not everywhere"]),
    Row([DisplayText("✖", style: Style(.findingError)), "finding: breaks a session or loses mail"]),
    Row([DisplayText("✕", style: Style(.warn)), "the connection ended here, and not by QUIT"]),
    Row([DisplayText("✎", style: Style(.marked)), "has a note"]),
    Row([DisplayText("↵ ↓ ←", style: .dim), "line ends: CR LF, LF alone, CR alone"]),
    Row([DisplayText("· ⇥", style: .dim), "a blank at either end of a line, a tab"]),
  ]

  /// Sections beside each other where the page is wide enough, each as long as it is.
  private static func columns(_ sections: [Section], width: Int) -> [DisplayText] {
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
