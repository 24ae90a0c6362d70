import Cells
import MilterProtocol
import Timeline
import TraceModel

/// The Findings view: what peers did that is worth a remark, in order of time.
struct FindingsPane: ListPane {
  var list = ListState()

  var view: ListView { .findings }

  func share(_ scene: Scene) -> Layout.Share? { Layout.Share(listRows: scene.trace.index.findings.count + 2) }

  mutating func refresh(_ scene: Scene) { list.setCount(scene.extent.findings) }

  func finding(_ scene: Scene) -> FindingEntry? {
    let findings = scene.trace.index.findings
    return findings.indices.contains(list.cursor) ? findings[list.cursor] : nil
  }

  func packet(_ scene: Scene) -> Int? { finding(scene)?.row }

  func page(_ scene: Scene, width: Int) -> DetailPane.Page {
    guard let finding = finding(scene), let found = found(finding, scene.trace) else {
      return .nothing(scene.trace)
    }
    var page = DetailPage(width: width)
    page.paragraph(found.severity.mark + " " + DisplayText(found.text), indent: 1)
    page.paragraph(DisplayText(found.rule.consequence, style: .dim), indent: 3)
    return DetailPane.Page("nothing selected", page.lines)
  }

  private func found(_ entry: FindingEntry, _ trace: TraceView) -> Finding? {
    guard case .found(let found)? = trace.source.record(at: entry.record)?.event else { return nil }
    return found
  }

  func look(for search: Search, line: Int, _ scene: Scene) -> (isMatch: Bool, cost: Int) {
    let finding = scene.trace.index.findings[line]
    let isMatch =
      search.matches(Array(plain(finding, scene.trace).utf8))
      || finding.row.map { search.matches(row: $0, scene.trace) } ?? false
    return (isMatch, 2)
  }

  // MARK: drawing

  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    let findings = scene.trace.index.findings
    drawTable(Self.columns, empty: "nothing odd so far", hasKeys: hasKeys, into: &frame, in: layout) {
      index in
      guard findings.indices.contains(index) else { return nil }
      return cells(findings[index], below: index > 0 ? findings[index - 1].time : nil, scene.trace)
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
    _ finding: FindingEntry, below above: Moment?, _ trace: TraceView
  ) -> [DisplayText] {
    let connection = finding.connection.map { trace.connections[$0].number }
    let style = Style(finding.severity.role)
    return [
      finding.severity.mark, DisplayText(finding.rule.id, style: style),
      DisplayText(finding.severity.name, style: style),
      finding.row.map { DisplayText(String(trace.index.number(at: $0)), style: .dim) } ?? "",
      DisplayText(trace.clock(finding.time, below: above, columns: 12), style: .dim),
      connection.map { DisplayText("c\($0)", style: Style(.connection($0))) } ?? "",
      words(finding, trace),
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
