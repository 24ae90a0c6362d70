import Cells
import Delivery
import LogLines
import MilterProtocol

/// The lines that logs have of a packet, and under each what it means to whoever finds it there.
enum LogTab {
  static func lines(_ detail: PacketDetail, width: Int, _ trace: TraceView) -> [DetailLine] {
    let place = detail.place(in: trace)
    var page = DetailPage(width: width)
    page.heading("In the log")
    var told: [ExpectedLog] = []
    for finding in detail.findings where finding.cause == nil { told += place.logs(of: finding) }
    told += place.logs
    if told.isEmpty {
      page.paragraph(DisplayText("no log line is known for it", style: .dim))
      if let cause = detail.findings.lazy.compactMap(\.cause).first {
        page.paragraph(DisplayText("it follows from \(cause.rule.id)", style: .dim), packet: cause.packet)
      }
    }
    for log in told {
      page.paragraph(DisplayText("\(log.heading):", style: .dim))
      explain(log, into: &page)
    }
    page.add(.blank)
    page.add(
      .remark("L shows the fields again; words in capitals are not known here", indent: 2))
    return page.lines
  }

  private static func explain(_ log: ExpectedLog, into page: inout DetailPage) {
    // They are read as somebody reads them: a line with those before it.
    var explainer = Explainer()
    for line in log.lines {
      page.log(line, indent: 4)
      guard let explanation = explainer.take(line) else { continue }
      let meaning = [explanation.meaning, explanation.decided.map { "Decided by: \($0)." }]
      page.paragraph(
        DisplayText(meaning.compactMap { $0 }.joined(separator: " "), style: .dim), indent: 6)
    }
  }
}
