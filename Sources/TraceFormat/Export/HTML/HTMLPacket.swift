import Delivery
import MilterProtocol
import Timeline
import TraceModel

/// A packet on a page: a line, and unfolded its fields, its macros, what we did with it, what was found, its bytes.
struct HTMLPacket {
  private let input: ExportInput
  private let row: Int
  private let clock: WallClock
  private static let fieldLimit = 300
  private static let dumpBytes = 1024

  init(_ input: ExportInput, _ row: Int) {
    self.input = input
    self.row = row
    clock = WallClock(startedAt: input.head.startedAt)
  }

  var markup: Markup {
    let packet = input.index[row]
    guard let wire = input.index.packet(at: row, from: input.source) else { return "" }
    let findings = input.index.findings(about: row, from: input.source).map {
      input.index.told($0, ofConnection: packet.connection, from: input.source)
    }
    return """
      <details class="p" id="p\(packet.number)"><summary>\(line(packet, wire, findings))</summary>
      <div class="in">\(Markup(joining: findings.map(finding)))\(fields(wire))\(logs)\(macros)\(instead)\(dump(wire))</div></details>

      """
  }

  private func line(_ packet: TimelineRow, _ wire: Packet, _ findings: [Finding]) -> Markup {
    let seconds = clock.seconds(packet.time.microseconds)
    let milliseconds = WallClock.padded(clock.fraction(packet.time.microseconds) / 1000, 3)
    let summary = PacketSummary(wire).text
    // `CONTINUE continue` says nothing.
    let isName = summary.uppercased() == packet.kind.name
    let shown = isName ? "" : String(String.UnicodeScalarView(summary.unicodeScalars.prefix(400)))
    var line: Markup = """
      <span class="n">\(packet.number)</span><span class="t">\(WallClock.timeOfDay(seconds)).\(milliseconds)</span>\
      <span class="d \(packet.sender.name)">\(packet.sender == .mta ? "MTA →" : "← milter")</span>\
      <b>\(packet.kind.name)</b>
      """
    if !shown.isEmpty { line += "<code class=\"s\">\(inert: shown)</code>" }
    for word in packet.flags.wordsInList { line += "<i class=\"badge warning\">\(word)</i>" }
    for finding in findings { line += "<i class=\"badge \(finding.severity.name)\">\(finding.rule.id)</i>" }
    if let took = packet.took { line += "<span class=\"took\">\(TimeText.span(took))</span>" }
    return line
  }

  private func finding(_ finding: Finding) -> Markup {
    let origin: Markup = finding.origin.map { ", \($0)" } ?? ""
    let isOurs = finding.cause == nil && FindingRule.withID(finding.rule.id) != nil
    let advice: Markup = isOurs ? HTMLOverview.advice(finding) + "\n" : ""
    return
      "<p class=\"\(finding.severity.name)\">\(finding.severity.name) \(finding.rule.id): \(finding.text)\(origin)</p>\n\(advice)"
  }

  private func fields(_ packet: Packet) -> Markup {
    let fields = PacketField.fields(of: packet)
    let rows = fields.prefix(Self.fieldLimit).map { field -> Markup in
      let note: Markup = field.note.map { " <span class=\"soft\">\($0)</span>" } ?? ""
      return "<tr><td class=\"k\">\(field.label)</td><td>\(value(field.value))\(note)</td></tr>\n"
    }
    let more: Markup = fields.count > Self.fieldLimit ? "<tr><td></td><td>…</td></tr>\n" : ""
    return "<table class=\"fields\">\n\(Markup(joining: rows))\(more)</table>\n"
  }

  private func value(_ value: PacketField.Value) -> Markup {
    switch value {
    case .wire(let bytes): "<code>\(wire: bytes)</code>"
    case .number(let number): "\(Int(number))"
    case .letter(let letter): "<code>\(wire: [letter])</code>"
    case .flags(let raw, let names): "0x\(String(raw, radix: 16)) \(names.joined(separator: " "))"
    }
  }

  private var logs: Markup { HTMLOverview.logs(input.index.logs(at: row, from: input.source)) }

  private var macros: Markup {
    let pieces = input.index.macroRows(of: row).compactMap { macro -> Markup? in
      guard let wire = input.index.packet(at: macro, from: input.source) else { return nil }
      return "<h4>Macros, packet \(input.index.number(at: macro))</h4>\n\(fields(wire))"
    }
    return Markup(joining: pieces)
  }

  private var instead: Markup {
    guard let packet = input.index.sentInstead(of: row, from: input.source) else { return "" }
    return "<h4>Sent instead</h4>\n\(fields(packet))"
  }

  private func dump(_ packet: Packet) -> Markup {
    let lines = HexDump.lines(Array(packet.bytes.prefix(Self.dumpBytes)))
    let more = packet.bytes.count - Self.dumpBytes
    let rest = more > 0 ? "\n… \(counted(more, "byte")) more" : ""
    return """
      <details class="fold"><summary>\(counted(packet.bytes.count, "byte"))</summary><div class="wide"><pre class="hex">\
      \(inert: lines.joined(separator: "\n"))\(inert: rest)</pre></div></details>

      """
  }
}
