import Cells
import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// The Findings view: what peers did that is worth a remark, a line a rule, as ``FindingGroups`` has them.
struct FindingsPane: ListPane {
  var list = ListState()
  private(set) var groups = FindingGroups()

  var view: ListView { .findings }

  func share(_ scene: Scene) -> Layout.Share? { Layout.Share(listRows: groups.lines.count + 2) }

  /// The selected line stays selected wherever it stands now, and where it stands on the screen.
  mutating func refresh(_ scene: Scene) {
    let start = scene.scope.start?.findings ?? 0
    guard groups.count != scene.extent.findings || groups.start != start else { return }
    let selected = selectedLine
    if groups.start != start { groups = groups.anew(from: start) }
    groups.follow(scene.trace.index.findings, upTo: scene.extent.findings)
    keep(selected)
  }

  func hints(isHeld: Bool) -> [Act] { isHeld ? Self.heldHints : Self.sortedHints }

  /// In the next order; the selected line stays selected.
  mutating func sort() -> [Response] {
    let selected = selectedLine
    groups.sort()
    keep(selected)
    return .done("findings \(groups.order.words)")
  }

  private mutating func keep(_ selected: FindingGroups.Line?) {
    list.setCount(groups.lines.count)
    guard let selected, let line = groups.place(of: selected), line != list.cursor else { return }
    list.keep(line)
  }

  private var selectedLine: FindingGroups.Line? {
    groups.lines.indices.contains(list.cursor) ? groups.lines[list.cursor] : nil
  }

  /// Opens or closes the selected group; false where the line is one finding.
  mutating func toggleGroup() -> Bool {
    guard case .group(let group)? = selectedLine, groups.toggle(group) else { return false }
    keep(.group(group))
    return true
  }

  /// The selected finding: of a group the first.
  func finding(_ scene: Scene) -> FindingEntry? { finding(at: list.cursor, scene.trace) }

  private func finding(at line: Int, _ trace: TraceView) -> FindingEntry? {
    groups.finding(line: line).map { trace.index.findings[$0] }
  }

  func packet(_ scene: Scene) -> Int? { finding(scene)?.row }

  func lead(_ scene: Scene) -> FindingRule? { finding(scene)?.rule }

  func page(_ scene: Scene, width: Int) -> DetailPane.Page {
    guard let selected = finding(scene), let found = found(selected, scene.trace) else {
      return .nothing(scene.trace)
    }
    var page = DetailPage(width: width)
    page.paragraph(found.severity.mark + " " + DisplayText(found.text), indent: 1)
    page.advice(told(found, selected, scene.trace), indent: 3)
    return DetailPane.Page("nothing selected", page.lines)
  }

  /// With what logs say about it.
  private func told(_ finding: Finding, _ entry: FindingEntry, _ trace: TraceView) -> Finding {
    let connection = entry.connection.map { trace.connections[$0].number } ?? 0
    return trace.index.told(finding, ofConnection: connection, from: trace.source)
  }

  private func found(_ entry: FindingEntry, _ trace: TraceView) -> Finding? {
    trace.source.record(at: entry.record).flatMap(trace.index.finding)
  }

  func look(for search: Search, line: Int, _ scene: Scene) -> (isMatch: Bool, cost: Int) {
    let trace = scene.trace
    // What a closed group holds is found at its line.
    let members: [Int] =
      switch groups.lines.indices.contains(line) ? groups.lines[line] : nil {
      case .group(let group): groups.isOpen(group) ? [] : groups.groups[group].members
      case .member(let place, _): [place]
      case nil: []
      }
    let isMatch = members.contains { place in
      let finding = trace.index.findings[place]
      return search.matches(Array(plain(finding, trace).utf8))
        || finding.row.map { search.matches(row: $0, trace) } ?? false
        || search.mayBeOfLog && logs(finding, trace).contains { search.matches(Array($0.text.utf8)) }
    }
    return (isMatch, 1 + members.count * (search.mayBeOfLog ? Self.logCost : 1))
  }

  /// What a look for lines of logs costs beside one at a row: the facts of its connection are folded anew.
  private static let logCost = 100

  private func logs(_ entry: FindingEntry, _ trace: TraceView) -> [ExpectedLine] {
    found(entry, trace).map { told($0, entry, trace).logs.flatMap(\.lines) } ?? []
  }

  // MARK: drawing

  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    drawTable(Self.columns, empty: "no findings so far", hasKeys: hasKeys, into: &frame, in: layout) { line in
      guard groups.lines.indices.contains(line) else { return nil }
      switch groups.lines[line] {
      case .group(let group): return cells(groups.groups[group], isOpen: groups.isOpen(group), scene.trace)
      case .member(let place, _):
        let above = groups.finding(line: line - 1).map { scene.trace.index.findings[$0].time }
        return cells(scene.trace.index.findings[place], below: above, scene.trace)
      }
    }
  }

  private static let columns = [
    Column("", .fixed(1)),
    Column("id", .fixed(3)),
    Column("severity", .fixed(8), priority: 5),
    Column("count", .fixed(6), .trailing, priority: 1),
    Column("first", .fixed(12), priority: 3),
    Column("last", .fixed(12), priority: 4),
    Column("conn", .fixed(6), priority: 2),
    Column("#", .fixed(6), .trailing, priority: 6),
    Column("finding", .flexible(minimum: 33)),
  ]

  /// A rule, with how often it was broken, and the words of its finding where it is one.
  private func cells(
    _ group: FindingGroups.Group, isOpen: Bool, _ trace: TraceView
  ) -> [DisplayText] {
    let findings = trace.index.findings
    let (first, last) = (findings[group.members[0]], findings[group.members[group.members.count - 1]])
    let count = group.members.count
    let style = Style(group.rule.severity.role)
    var words = DisplayText(group.rule.title)
    if count == 1 {
      words = self.words(first, trace)
    } else {
      words = DisplayText(isOpen ? "▾ " : "▸ ", style: .key) + words
    }
    return [
      group.rule.severity.mark, DisplayText(group.rule.id, style: style),
      DisplayText(group.rule.severity.name, style: style),
      DisplayText(NumberText.grouped(count), style: count > 1 ? style : .dim),
      time(first, below: nil, trace), count > 1 ? time(last, below: first.time, trace) : "",
      count > 1 ? "" : connection(first, trace), count > 1 ? "" : number(first, trace),
      group.isConsequence ? DisplayText("└ ", style: .dim) + words : words,
    ]
  }

  /// One finding of a group that is open.
  private func cells(_ finding: FindingEntry, below above: Moment?, _ trace: TraceView) -> [DisplayText] {
    [
      "", "", "", "", time(finding, below: above, trace), "", connection(finding, trace),
      number(finding, trace),
      DisplayText("  ") + detail(finding, trace),
    ]
  }

  private func time(_ finding: FindingEntry, below above: Moment?, _ trace: TraceView) -> DisplayText {
    DisplayText(trace.clock(finding.time, below: above, columns: 12), style: .dim)
  }

  private func connection(_ finding: FindingEntry, _ trace: TraceView) -> DisplayText {
    guard let connection = finding.connection.map({ trace.connections[$0].number }) else { return "" }
    return DisplayText("c\(connection)", style: Style(.connection(connection)))
  }

  private func number(_ finding: FindingEntry, _ trace: TraceView) -> DisplayText {
    finding.row.map { DisplayText(String(trace.index.number(at: $0)), style: .dim) } ?? ""
  }

  /// The finding in plain letters.
  private func plain(_ finding: FindingEntry, _ trace: TraceView) -> String {
    let title = "\(finding.rule.id) \(finding.rule.severity.name) \(finding.rule.title)"
    return found(finding, trace).map { title + "  " + $0.text } ?? title
  }

  private func words(_ finding: FindingEntry, _ trace: TraceView) -> DisplayText {
    DisplayText(finding.rule.title) + "  " + detail(finding, trace)
  }

  private func detail(_ finding: FindingEntry, _ trace: TraceView) -> DisplayText {
    DisplayText(found(finding, trace)?.text ?? finding.rule.title, style: .dim)
  }
}
