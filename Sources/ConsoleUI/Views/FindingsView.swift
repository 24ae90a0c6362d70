import MilterProtocol
import TraceModel

/// The Findings view: what peers did that is worth a remark, in order of time.
enum FindingsView {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
    let columns = columns(layout.list.columns)
    let places = Column.layout(columns, width: layout.list.columns)
    if !layout.headings.isEmpty {
      frame.put(columns.map(\.title), columns: columns, at: places, in: layout.headings, style: .dim)
    }
    let list = model.list
    if list.count == 0 {
      let line = layout.list.line(min(1, layout.list.rows - 1)).inset(columns: 2)
      frame.put(DisplayText("nothing odd so far", style: Style(.placeholder)), in: line)
    }
    for (row, index) in list.visible.enumerated() {
      let rect = layout.list.line(row)
      guard !rect.isEmpty, model.trace.index.findings.indices.contains(index) else { continue }
      frame.put(cells(model.trace.index.findings[index], model), columns: columns, at: places, in: rect)
      if index == list.cursor {
        frame.add(model.focus == .list ? .selected : .selectedElsewhere, in: rect)
      }
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
      Column("finding", .flexible(minimum: 20)),
    ]
  }

  private static func cells(_ finding: FindingEntry, _ model: ConsoleModel) -> [DisplayText] {
    let connection = model.trace.connections[finding.connection].number
    let style = Style(finding.severity.role)
    return [
      finding.severity.sign, DisplayText(finding.rule.id, style: style),
      DisplayText(finding.severity.name, style: style),
      finding.row.map { DisplayText(String(model.trace.index.number(at: $0)), style: .dim) } ?? "",
      DisplayText(model.trace.clock(finding.time), style: .dim),
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
