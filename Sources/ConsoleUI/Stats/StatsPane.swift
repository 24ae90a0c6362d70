import Cells
import MilterProtocol
import Timeline
import TraceModel

/// The Stats view: how long the milter takes by stage, what it decides, how much goes through.
struct StatsPane: ListPane {
  var list = ListState(selects: false)

  var view: ListView { .stats }

  func share(_ scene: Scene) -> Layout.Share? { nil }

  func packet(_ scene: Scene) -> Int? { nil }

  mutating func refresh(_ scene: Scene, width: Int) { list.setCount(lines(scene, width: width).count) }

  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    let lines = lines(scene, width: layout.list.columns)
    // The Self.headings row belongs to the page: it has no columns of its own.
    for (row, index) in list.visible.enumerated() where lines.indices.contains(index) {
      frame.put(lines[index], in: layout.list.line(row))
    }
  }

  /// Every line of the page.
  private func lines(_ scene: Scene, width: Int) -> [DisplayText] {
    let trace = scene.trace
    let verdicts = verdicts(trace, width: width)
    let slow = scene.settings.slow
    var lines = due(trace, width: width)
    lines += replyTimes(trace, slow: slow, width: width) + [""] + rates(trace, width: width) + [""]
    let side = (verdicts.map(\.width).max() ?? 0) + 4
    let isBeside = width - side >= 48
    let right = totals(trace, width: isBeside ? width - side : width)
    if isBeside {
      for row in 0..<max(right.count, verdicts.count) {
        lines.append(
          (row < verdicts.count ? verdicts[row] : "").fitted(to: side) + (row < right.count ? right[row] : "")
        )
      }
    } else {
      lines += verdicts + [""] + right
    }
    return lines
  }

  private static let stages: [Stage] = [
    .negotiation, .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown,
  ]

  // MARK: replies that are due

  private static let shownDue = 5

  private func due(_ trace: TraceView, width: Int) -> [DisplayText] {
    guard !trace.due.isEmpty else { return [] }
    var lines = [heading("Replies due")]
    for due in trace.due.prefix(Self.shownDue) {
      let style = Style(.warn, due.isUrgent(at: trace.now) ? .bold : [])
      lines.append(DisplayText("  \(due.name) \(due.words(at: trace.now))", style: style))
    }
    let others = trace.due.count - Self.shownDue
    if others > 0 { lines.append(DisplayText("  and \(NumberText.grouped(others)) more", style: .dim)) }
    return lines + [""]
  }

  // MARK: reply times

  private func replyTimes(_ trace: TraceView, slow: Moment.Span, width: Int) -> [DisplayText] {
    let times = trace.statistics.replyTimes
    var lines = [heading("Reply time by stage")]
    guard Self.stages.contains(where: { times[$0] != nil }) else {
      return lines + [DisplayText("  no replies yet", style: .dim)]
    }
    var rows = [Self.headings.map { DisplayText($0, style: .dim) }]
    var charts = [DisplayText(Self.scale, style: .dim)]
    for stage in Self.stages {
      guard let histogram = times[stage] else { continue }
      var cells = [
        DisplayText(stage.name, style: Style(.keyword)), DisplayText(NumberText.grouped(histogram.count)),
      ]
      for span in [
        histogram.percentile(0.5), histogram.percentile(0.9), histogram.percentile(0.99), histogram.largest,
      ] {
        let isSlow = !(span < slow)
        cells.append(DisplayText(TimeText.span(span), style: isSlow ? Style(.warn, .bold) : .text))
      }
      rows.append(cells)
      charts.append(chart(histogram))
    }
    let table = table(rows, width: width)
    let hasChart = (table.first?.width ?? 0) + 3 + Self.chartColumns <= width
    for (line, chart) in zip(table, charts) { lines.append(line + (hasChart ? "   " + chart : "")) }
    return lines
  }

  private static let headings = ["stage", "replies", "median", "p90", "p99", "longest"]
  /// What goes where the width is too small for all, the first of them first.
  private static let dropped = [3, 4, 1, 5]

  /// The rows under one another, whole numbers only: where not all columns fit, some go.
  private func table(_ rows: [[DisplayText]], width: Int) -> [DisplayText] {
    let widths = Self.headings.indices.map { column in
      max(column == 0 ? 9 : 8, (rows.map { $0[column].width }.max() ?? 0) + 1)
    }
    var shown = Array(Self.headings.indices)
    for column in Self.dropped where shown.reduce(2, { $0 + widths[$1] }) > width {
      shown.removeAll { $0 == column }
    }
    return rows.map { cells in
      shown.reduce("  ") { $0 + cells[$1].fitted(to: widths[$1], $1 == 0 ? .leading : .trailing) }
    }
  }

  /// Three columns a power of ten, from 10 µs to 100 s.
  private static let decades = 7
  private static let chartColumns = 36
  private static let scale = "10µs 0.1ms 1ms  10ms 0.1s  1s    10s"
  private static let scaleStarts = [0, 5, 11, 16, 21, 27, 33]

  private func chart(_ histogram: Histogram) -> DisplayText {
    var counts = [Int](repeating: 0, count: Self.chartColumns)
    for (bucket, count) in histogram.buckets.enumerated() where count > 0 {
      counts[column(Histogram.upperEdge(bucket))] += count
    }
    return Sparkline.bars(counts, style: Style(.number))
  }

  /// The chart's column of a time: five to a power of ten, as the Self.scale above it has them.
  private func column(_ microseconds: Int64) -> Int {
    var low: Int64 = 10
    for decade in 0..<Self.decades {
      let high = low * 10
      if microseconds < high || decade == Self.decades - 1 {
        let start = Self.scaleStarts[decade]
        let width = (decade + 1 < Self.decades ? Self.scaleStarts[decade + 1] : 36) - start
        let offset = max(0, microseconds - low) * Int64(width) / (high - low)
        return min(35, start + Int(min(Int64(width - 1), offset)))
      }
      low = high
    }
    return 35
  }

  // MARK: rates

  private func rates(_ trace: TraceView, width: Int) -> [DisplayText] {
    let end = trace.isLive ? max(trace.now, trace.lastMoment) : trace.lastMoment
    let all = [RateRing.Counted.packet, .message].map {
      Array(trace.statistics.rates.series($0, until: end))
    }
    func peak(_ series: some Sequence<Int>) -> DisplayText {
      DisplayText("  at most \(NumberText.grouped(series.max() ?? 0))/s", style: .dim)
    }
    let room = width - 2 - Self.nameColumns - (all.map { peak($0).width }.max() ?? 0)
    let columns = min(RateRing.seconds, max(10, room))
    return [heading("The last \(columns) seconds")]
      + zip(all, ["packets", "messages"]).map { series, name in
        let shown = Array(series.suffix(columns))
        return "  " + DisplayText(name, style: Style(.name)).fitted(to: Self.nameColumns)
          + Sparkline.bars(shown, style: Style(.number)).fitted(to: columns) + peak(shown)
      }
  }

  private static let nameColumns = 9

  // MARK: verdicts

  private static let verdictKinds: [(ReplyKind, String, Style.Role)] = [
    (.continue, "continue", .text), (.accept, "accept", .good), (.reject, "reject", .bad),
    (.replyCode, "reply", .bad), (.tempfail, "tempfail", .warn), (.discard, "discard", .warn),
    (.skip, "skip", .text), (.shutdown, "shutdown", .bad),
  ]

  private func verdicts(_ trace: TraceView, width: Int) -> [DisplayText] {
    let verdicts = trace.statistics.verdicts
    var lines = [heading("Verdicts by stage")]
    let kinds = Self.verdictKinds.filter { kind in verdicts.values.contains { $0[kind.0] != nil } }
    guard !kinds.isEmpty else { return lines + [DisplayText("  none yet", style: .dim)] }
    let most = verdicts.values.flatMap(\.values).max() ?? 0
    let columns = max(9, NumberText.grouped(most).count + 1)
    // Kinds for which there is no room beside the others stand below them.
    let each = max(1, (width - 2 - Self.nameColumns) / columns)
    for start in stride(from: 0, to: kinds.count, by: each) {
      if start > 0 { lines.append("") }
      lines += table(of: Array(kinds[start..<min(kinds.count, start + each)]), verdicts, columns: columns)
    }
    return lines
  }

  private func table(
    of kinds: [(ReplyKind, String, Style.Role)], _ verdicts: [Stage: [ReplyKind: Int]], columns: Int
  ) -> [DisplayText] {
    let names = kinds.reduce("  " + DisplayText.blanks(Self.nameColumns)) { line, kind in
      line + DisplayText(kind.1, style: .dim).fitted(to: columns, .trailing)
    }
    return [names]
      + Self.stages.compactMap { stage in
        guard let counts = verdicts[stage] else { return nil }
        let name = DisplayText(stage.name, style: Style(.keyword)).fitted(to: Self.nameColumns)
        return kinds.reduce("  " + name) { line, kind in
          let count = counts[kind.0] ?? 0
          let text = DisplayText(
            count == 0 ? "·" : NumberText.grouped(count), style: count == 0 ? .dim : Style(kind.2))
          return line + text.fitted(to: columns, .trailing)
        }
      }
  }

  // MARK: totals

  private func totals(_ trace: TraceView, width: Int) -> [DisplayText] {
    let statistics = trace.statistics
    var lines = [heading("Totals")]
    func add(_ name: String, _ text: String) {
      let label = "  " + DisplayText(name, style: Style(.name)).fitted(to: 14)
      for (index, part) in DisplayText(text).wrapped(to: max(8, width - label.width)).enumerated() {
        lines.append((index == 0 ? label : .blanks(label.width)) + part)
      }
    }
    if trace.count > 0 {
      let first = trace.index.time(at: 0)
      add("packets from", trace.stamp(first))
      add("to", trace.clock(trace.lastMoment, beside: first))
    }
    let open = trace.connections.count { $0.isOpen }
    add("connections", "\(NumberText.grouped(trace.connections.count)), \(NumberText.grouped(open)) open")
    add(
      "packets",
      "\(NumberText.grouped(statistics.packetsFromMTA)) from the MTA, \(NumberText.grouped(statistics.packetsFromMilter)) from the milter"
    )
    add("messages", NumberText.grouped(trace.messages.count))
    let modifications = statistics.modifications.sorted {
      ($1.value, $0.key.name) < ($0.value, $1.key.name)
    }
    if !modifications.isEmpty {
      add(
        "modifications",
        modifications.map { "\($0.key.name) \(NumberText.grouped($0.value))" }.joined(separator: ", "))
    }
    return lines
  }

  private func heading(_ words: String) -> DisplayText {
    " " + DisplayText(words, style: Style(.heading, .bold))
  }
}
