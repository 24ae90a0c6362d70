import Cells
import MilterProtocol
import Timeline
import TraceModel

/// The Findings view: what peers did that is worth a remark, as ``FindingOrder`` has it.
struct FindingsPane: ListPane {
  var list = ListState()
  private var order = FindingOrder()

  var view: ListView { .findings }

  func share(_ scene: Scene) -> Layout.Share? { Layout.Share(listRows: scene.trace.index.findings.count + 2) }

  /// The selected finding stays selected wherever it stands now.
  mutating func refresh(_ scene: Scene) {
    guard order.count != scene.extent.findings else { return }
    let selected = order.lines.indices.contains(list.cursor) ? order.lines[list.cursor].finding : nil
    order.follow(scene.trace.index.findings, upTo: scene.extent.findings)
    list.setCount(order.lines.count)
    guard let selected, order.lines[list.cursor].finding != selected,
      let line = order.lines.firstIndex(where: { $0.finding == selected })
    else { return }
    if list.top == 0 { list.select(line) } else { list.keep(line) }
  }

  func finding(_ scene: Scene) -> FindingEntry? { finding(at: list.cursor, scene.trace) }

  private func finding(at line: Int, _ trace: TraceView) -> FindingEntry? {
    order.lines.indices.contains(line) ? trace.index.findings[order.lines[line].finding] : nil
  }

  func packet(_ scene: Scene) -> Int? { finding(scene)?.row }

  func page(_ scene: Scene, width: Int) -> DetailPane.Page {
    guard let selected = finding(scene), let found = found(selected, scene.trace) else {
      return .nothing(scene.trace)
    }
    var page = DetailPage(width: width)
    page.paragraph(found.severity.mark + " " + DisplayText(found.text), indent: 1)
    page.advice(found, indent: 3)
    return DetailPane.Page("nothing selected", page.lines)
  }

  private func found(_ entry: FindingEntry, _ trace: TraceView) -> Finding? {
    guard case .found(let found)? = trace.source.record(at: entry.record)?.event else { return nil }
    return found
  }

  func look(for search: Search, line: Int, _ scene: Scene) -> (isMatch: Bool, cost: Int) {
    guard let shown = finding(at: line, scene.trace) else { return (false, 1) }
    let isMatch =
      search.matches(Array(plain(shown, scene.trace).utf8))
      || shown.row.map { search.matches(row: $0, scene.trace) } ?? false
    return (isMatch, 2)
  }

  // MARK: drawing

  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    drawTable(Self.columns, empty: "nothing odd so far", hasKeys: hasKeys, into: &frame, in: layout) { line in
      guard let shown = finding(at: line, scene.trace) else { return nil }
      let above = finding(at: line - 1, scene.trace)?.time
      return cells(shown, isConsequence: order.lines[line].isConsequence, below: above, scene.trace)
    }
  }

  private static let columns = [
    Column("", .fixed(1)),
    Column("rule", .fixed(4)),
    Column("severity", .fixed(8), priority: 4),
    Column("#", .fixed(6), .trailing, priority: 1),
    Column("time", .fixed(12), priority: 3),
    Column("conn", .fixed(6), priority: 2),
    Column("finding", .flexible(minimum: 33)),
  ]

  private func cells(
    _ finding: FindingEntry, isConsequence: Bool, below above: Moment?, _ trace: TraceView
  ) -> [DisplayText] {
    let connection = finding.connection.map { trace.connections[$0].number }
    let style = Style(finding.severity.role)
    return [
      finding.severity.mark, DisplayText(finding.rule.id, style: style),
      DisplayText(finding.severity.name, style: style),
      finding.row.map { DisplayText(String(trace.index.number(at: $0)), style: .dim) } ?? "",
      DisplayText(trace.clock(finding.time, below: above, columns: 12), style: .dim),
      connection.map { DisplayText("c\($0)", style: Style(.connection($0))) } ?? "",
      isConsequence ? DisplayText("└ ", style: .dim) + words(finding, trace) : words(finding, trace),
    ]
  }

  /// The finding in plain letters.
  private func plain(_ finding: FindingEntry, _ trace: TraceView) -> String {
    let title = "\(finding.rule.id) \(finding.severity.name) \(finding.rule.title)"
    return found(finding, trace).map { title + "  " + $0.text } ?? title
  }

  private func words(_ finding: FindingEntry, _ trace: TraceView) -> DisplayText {
    let title = DisplayText(finding.rule.title)
    return found(finding, trace).map { title + DisplayText("  " + $0.text, style: .dim) } ?? title
  }
}
