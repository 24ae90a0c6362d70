import Cells
import MilterProtocol

extension DetailPage {
  /// Under a finding: what comes of it and what to do, or what it follows from.
  mutating func advice(_ finding: Finding, indent: Int) {
    if let origin = finding.origin {
      return paragraph(DisplayText(origin, style: .dim), indent: indent, packet: finding.cause?.packet)
    }
    paragraph(DisplayText(finding.consequence, style: .dim), indent: indent)
    if let cause = finding.rule.diagnosis?.cause {
      paragraph(DisplayText("usually: \(cause)", style: .dim), indent: indent)
    }
    if !finding.cure.isEmpty { paragraph(DisplayText("→ " + finding.cure), indent: indent) }
    logs(finding.logs, indent: indent)
  }

  /// What logs say, a line each, which can be copied as it stands there.
  mutating func logs(_ logs: [ExpectedLog], indent: Int) {
    for log in logs {
      paragraph(DisplayText("≡ \(log.heading):", style: .dim), indent: indent)
      for line in log.lines { self.log(line, indent: indent + 2) }
    }
  }

  mutating func log(_ line: ExpectedLine, indent: Int) {
    let condition = line.condition.map { DisplayText("  \($0)", style: .dim) } ?? ""
    let text = DisplayText(escaping: Array(line.line.utf8)[...], style: Style(.value))
    paragraph(text + condition, indent: indent, value: Array(line.text.utf8))
  }
}
