import Cells
import MilterProtocol
import Timeline
import TraceModel

extension StatsPane {
  /// A row a milter, where a run has several: what went through, what it refused and changed, and how long it took.
  func taps(_ trace: TraceView, slow: Moment.Span, width: Int) -> [StatsLine] {
    let names = trace.index.tapNames
    guard names.count > 1 else { return [] }
    let columns = Self.tapColumns(names, width: width)
    let titles = ["milter", "connections", "mails", "refusals", "changes", "median", "p99", "longest"]
    var head = StatsLine("  ")
    for (title, columns) in zip(titles, columns) {
      head.append(
        DisplayText(title, style: .dim).fitted(to: columns, title == "milter" ? .leading : .trailing))
    }
    return [heading("By milter, times at end of message"), head]
      + zip(names, trace.index.tapTotals).map { line($0, $1, columns, slow: slow) } + [Self.blank]
  }

  private func line(_ name: String, _ totals: TapTotals, _ columns: [Int], slow: Moment.Span) -> StatsLine {
    var line = StatsLine("  ")
    line.append(
      DisplayText(name, style: Style(.keyword)).fitted(to: columns[0]), filter: "tap == \(name)")
    let counts = [
      (totals.connections, "connect"), (totals.messages, "mail"), (totals.refusals, "refusal"),
      (totals.modifications, "modification"),
    ]
    for ((count, term), columns) in zip(counts, columns.dropFirst()) {
      let text = DisplayText(count == 0 ? "·" : NumberText.grouped(count), style: count == 0 ? .dim : .text)
      line.append(
        text.fitted(to: columns, .trailing), filter: count == 0 ? nil : "tap == \(name) and \(term)")
    }
    guard totals.times.count > 0 else { return line }
    let spans = [totals.times.percentile(0.5), totals.times.percentile(0.99), totals.times.largest]
    for (span, columns) in zip(spans, columns.dropFirst(5)) {
      let text = SlowTime.text(span, isSlow: !(span < slow), otherwise: .text)
      line.append(text.fitted(to: columns, .trailing))
    }
    return line
  }

  /// As many of them as fit: the times go first.
  private static func tapColumns(_ names: [String], width: Int) -> [Int] {
    let all = [min(20, max(9, (names.map(\.utf8.count).max() ?? 0) + 1)), 12, 9, 9, 9, 9, 9, 9]
    var columns = all
    while columns.count > 4, columns.reduce(2, +) > width { columns.removeLast() }
    return columns
  }
}
