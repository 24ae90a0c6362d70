import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

/// The Rules view: what is done without the operator, in its order.
enum RulesView {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
    let columns = columns(layout.list.columns)
    let places = Column.layout(columns, width: layout.list.columns)
    if !layout.headings.isEmpty {
      frame.put(columns.map(\.title), columns: columns, at: places, in: layout.headings, style: .dim)
      if !model.ruleList.isArmed {
        let words = DisplayText("none of them acts; I lets them", style: Style(.warn, .bold))
        frame.put(words, at: Point(column: layout.headings.endColumn - words.width, row: layout.headings.row))
      }
    }
    let list = model.list
    if list.count == 0 {
      let line = layout.list.line(min(1, layout.list.rows - 1)).inset(columns: 2)
      frame.put(DisplayText("no rules; + adds one, i holds packets", style: Style(.placeholder)), in: line)
    }
    for (row, index) in list.visible.enumerated() {
      let rect = layout.list.line(row)
      guard !rect.isEmpty, model.ruleList.rules.indices.contains(index) else { continue }
      frame.put(cells(index, model), columns: columns, at: places, in: rect)
      if index == list.cursor {
        frame.add(model.focus == .list ? .selected : .selectedElsewhere, in: rect)
      }
    }
  }

  private static func columns(_ width: Int) -> [Column] {
    [
      Column("#", .fixed(3), .trailing),
      Column("", .fixed(3)),
      Column("acted", .fixed(6), .trailing),
      Column("on", .flexible(minimum: 20)),
      Column("does", .flexible(minimum: 16)),
      Column("how often", .fixed(10), priority: 2),
      Column("name", .fixed(12), priority: 1),
    ]
  }

  private static func cells(_ index: Int, _ model: ConsoleModel) -> [DisplayText] {
    let rule = model.ruleList.rules[index]
    let acts = rule.isEnabled && model.ruleList.isArmed
    let style: Style = acts ? .text : .dim
    return [
      DisplayText(String(index + 1), style: .dim),
      rule.isEnabled
        ? DisplayText("on", style: acts ? Style(.good) : .dim) : DisplayText("off", style: Style(.warn)),
      DisplayText(NumberText.grouped(model.trace.index.ruleHits.count(of: rule.label)), style: style),
      DisplayText(rule.condition.text, style: style),
      DisplayText(
        rule.instructions.map(\.text).joined(separator: "; "), style: acts ? Style(.keyword) : .dim),
      DisplayText(frequency(rule), style: .dim), DisplayText(rule.name ?? "", style: .dim),
    ]
  }

  private static func frequency(_ rule: Rule) -> String {
    switch rule.frequency {
    case .always: "always"
    case .once: "once"
    case .oncePer(let key): "once per \(key.text)"
    case .every(let count): "every \(count)"
    }
  }

  /// The detail of the selected rule.
  static func detail(_ model: ConsoleModel, width: Int) -> [DetailLine] {
    guard let index = model.selectedRule else { return [] }
    let rule = model.ruleList.rules[index]
    var page = DetailPage(width: width)
    page.row("on", DisplayText(rule.condition.text, style: Style(.value)))
    for (position, instruction) in rule.instructions.enumerated() {
      page.row(position == 0 ? "do" : "", DisplayText(instruction.text, style: Style(.keyword)))
    }
    page.row("how often", DisplayText(frequency(rule) + (rule.logs ? ", and told" : "")))
    let hits = model.trace.index.ruleHits.count(of: rule.label)
    page.row("acted on", DisplayText(NumberText.count(hits, "packet")))
    if let trial = model.trial {
      page.row("tried", DisplayText(trial.words(of: model.trace.count)))
      for row in trial.pass.rows.suffix(8).reversed() {
        guard let packet = model.trace.packet(at: Int(row)) else { continue }
        let number = model.trace.index.number(at: Int(row))
        var words = DisplayText("packet \(number)  ", style: Style(.number))
        if packet.sender == .mta { words += DisplayText(packet.kind.name + " ", style: Style(.keyword)) }
        words += PacketWords.text(of: packet, columns: 120)
        page.row("", words.fitted(to: min(words.width, max(12, width - 22))), packet: number)
      }
    }
    return page.lines
  }
}

extension DetailPage {
  fileprivate mutating func row(_ label: String, _ text: DisplayText, packet: Int) {
    row(DisplayText(label, style: Style(.name)), text, packet: packet)
  }
}
