import Cells
import MilterProtocol
import TraceModel

/// The Findings view: what peers did that is worth a remark, in order of time.
enum FindingsView {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
    let findings = model.trace.index.findings
    ListTable.draw(
      columns(layout.list.columns), model, empty: "nothing odd so far", into: &frame, in: layout
    ) { index in
      guard findings.indices.contains(index) else { return nil }
      return cells(findings[index], below: index > 0 ? findings[index - 1].time : nil, model)
    }
  }

  private static func columns(_ width: Int) -> [Column] {
    [
      Column("", .fixed(1)),
      Column("rule", .fixed(4)),
      Column("severity", .fixed(8), priority: 4),
      Column("#", .fixed(6), .trailing, priority: 1),
      Column("time", .fixed(12), priority: 3),
      Column("conn", .fixed(6), priority: 2),
      Column("finding", .flexible(minimum: 33)),
    ]
  }

  private static func cells(
    _ finding: FindingEntry, below above: Moment?, _ model: ConsoleModel
  ) -> [DisplayText] {
    let connection = model.trace.connections[finding.connection].number
    let style = Style(finding.severity.role)
    return [
      finding.severity.mark, DisplayText(finding.rule.id, style: style),
      DisplayText(finding.severity.name, style: style),
      finding.row.map { DisplayText(String(model.trace.index.number(at: $0)), style: .dim) } ?? "",
      DisplayText(model.trace.clock(finding.time, below: above, columns: 12), style: .dim),
      DisplayText("c\(connection)", style: Style(.connection(connection))),
      words(finding, model),
    ]
  }

  /// The finding in plain letters.
  static func plain(_ finding: FindingEntry, _ model: ConsoleModel) -> String {
    let title = "\(finding.rule.id) \(finding.severity.name) \(finding.rule.title)"
    guard case .found(let found)? = model.trace.source.record(at: finding.record)?.event else { return title }
    return title + "  " + found.text
  }

  private static func words(_ finding: FindingEntry, _ model: ConsoleModel) -> DisplayText {
    let title = DisplayText(finding.rule.title)
    guard case .found(let found)? = model.trace.source.record(at: finding.record)?.event else { return title }
    return title + DisplayText("  " + found.text, style: .dim)
  }
}
