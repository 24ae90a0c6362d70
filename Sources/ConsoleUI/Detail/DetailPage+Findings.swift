import Cells
import MilterProtocol

extension DetailPage {
  /// Under a finding: what comes of it and what to do, or what it follows from.
  mutating func advice(_ finding: Finding, indent: Int) {
    if let origin = finding.origin {
      return paragraph(DisplayText(origin, style: .dim), indent: indent, packet: finding.cause?.packet)
    }
    paragraph(DisplayText(finding.consequence, style: .dim), indent: indent)
    if !finding.rule.cure.isEmpty { paragraph(DisplayText("→ " + finding.rule.cure), indent: indent) }
  }
}
