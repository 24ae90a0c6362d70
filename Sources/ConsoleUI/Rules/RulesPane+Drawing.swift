import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

extension RulesPane {
  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    drawTable(
      Self.columns, empty: "no rules; + adds one, i holds packets", hasKeys: hasKeys, into: &frame, in: layout
    ) { index in
      scene.rules.rules.indices.contains(index) ? cells(index, scene) : nil
    }
    guard !layout.headings.isEmpty, !scene.rules.isArmed else { return }
    let words = DisplayText("all are off; I turns them on", style: Style(.warn, .bold))
    frame.put(words, at: Point(column: layout.headings.endColumn - words.width, row: layout.headings.row))
  }

  private static let columns = [
    Column("#", .fixed(3), .trailing),
    Column("", .fixed(3)),
    Column("acted", .fixed(6), .trailing),
    Column("on", .flexible(minimum: 20)),
    Column("does", .flexible(minimum: 16)),
    Column("how often", .fixed(10), priority: 2),
    Column("name", .fixed(12), priority: 1),
  ]

  private func cells(_ index: Int, _ scene: Scene) -> [DisplayText] {
    let rule = scene.rules.rules[index]
    let acts = rule.isEnabled && scene.rules.isArmed
    let style: Style = acts ? .text : .dim
    return [
      DisplayText(String(index + 1), style: .dim),
      rule.isEnabled
        ? DisplayText("on", style: acts ? Style(.good) : .dim) : DisplayText("off", style: Style(.warn)),
      DisplayText(NumberText.grouped(scene.trace.index.ruleHits.count(of: rule.label)), style: style),
      DisplayText(rule.condition.text, style: style),
      DisplayText(
        rule.instructions.map(\.text).joined(separator: "; "), style: acts ? Style(.keyword) : .dim),
      DisplayText(frequency(rule), style: .dim), DisplayText(rule.name ?? "", style: .dim),
    ]
  }

  private func frequency(_ rule: Rule) -> String {
    switch rule.frequency {
    case .always: "always"
    case .once: "once"
    case .oncePer(let key): "once per \(key.text)"
    case .every(let count): "every \(count)"
    case .beyond(let count, let key, let span):
      "beyond \(count) per \(key.text), \(Units.duration(span.microseconds))"
    }
  }

  /// The detail of the selected rule.
  func page(_ scene: Scene, width: Int) -> DetailPane.Page {
    guard let index = selected(scene.rules) else { return DetailPane.Page("nothing selected", []) }
    let trace = scene.trace
    let rule = scene.rules.rules[index]
    var page = DetailPage(width: width)
    page.row("on", DisplayText(rule.condition.text, style: Style(.value)))
    for (position, instruction) in rule.instructions.enumerated() {
      page.row(position == 0 ? "do" : "", DisplayText(instruction.text, style: Style(.keyword)))
    }
    page.row("how often", DisplayText(frequency(rule) + (rule.logs ? ", and told" : "")))
    let hits = trace.index.ruleHits.count(of: rule.label)
    page.row("acted on", DisplayText(NumberText.count(hits, "packet")))
    if let trial = trial {
      page.row("tried", DisplayText(trial.words(of: trace.count)))
      for row in trial.pass.rows.suffix(8).reversed() {
        guard let packet = trace.packet(at: Int(row)) else { continue }
        let number = trace.index.number(at: Int(row))
        var words = DisplayText("packet \(number)  ", style: Style(.number))
        if packet.sender == .mta { words += DisplayText(packet.kind.name + " ", style: Style(.keyword)) }
        words += PacketWords.text(of: packet, columns: 120)
        page.row("", words.fitted(to: min(words.width, max(12, width - 22))), packet: number)
      }
    }
    return DetailPane.Page(DisplayText("rule \(index + 1)"), page.lines)
  }
}

extension DetailPage {
  fileprivate mutating func row(_ label: String, _ text: DisplayText, packet: Int) {
    row(DisplayText(label, style: Style(.name)), text, packet: packet)
  }
}
