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

  /// The number that Enter opens: its line, and which of the numbers there; nil until one was gone to.
  private var cursor: Place?
  /// The numbers of the page, line by line.
  private var places: [Place] = []

  private struct Place: Equatable {
    let line: Int
    let link: Int
    let filter: String
    let isSlowest: Bool
  }

  mutating func refresh(_ scene: Scene, width: Int) {
    let lines = lines(scene, width: width)
    list.setCount(lines.count)
    places = lines.indices.flatMap { line in
      lines[line].links.enumerated().map {
        Place(line: line, link: $0, filter: $1.filter, isSlowest: $1.isSlowest)
      }
    }
    // Lines come and go with what is counted: the number that was selected is sought by what it counts.
    if let cursor {
      self.cursor = places.contains(cursor) ? cursor : places.first { $0.filter == cursor.filter }
    }
  }

  func hints(isHeld: Bool) -> [Act] {
    [.nextTab, .open, .back, .pageDown, .pageUp, .filterPrompt, .holdPrompt, .freeze, .exportMenu]
  }

  /// To the next number, or the one before.
  mutating func move(by step: Int) {
    guard !places.isEmpty else { return }
    // The first to look at is the slowest reply of all.
    let now = cursor.flatMap { places.firstIndex(of: $0) }
    let next =
      now.map { max(0, min($0 + step, places.count - 1)) } ?? places.lastIndex { $0.isSlowest } ?? 0
    cursor = places[next]
    let line = places[next].line
    if !list.visible.contains(line) { list.select(max(0, line - 1)) }
  }

  /// The expression that takes what the selected number counts.
  var filter: String? { cursor?.filter }

  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    let lines = lines(scene, width: layout.list.columns)
    // The Self.headings row belongs to the page: it has no columns of its own.
    for (row, index) in list.visible.enumerated() where lines.indices.contains(index) {
      let rect = layout.list.line(row)
      frame.put(lines[index].text, in: rect)
      guard let cursor, cursor.line == index, lines[index].links.indices.contains(cursor.link) else {
        continue
      }
      let columns = lines[index].links[cursor.link].columns
      frame.add(
        .selected,
        in: Rect(column: rect.column + columns.lowerBound, row: rect.row, columns: columns.count, rows: 1))
    }
  }

  /// Every line of the page.
  private func lines(_ scene: Scene, width: Int) -> [StatsLine] {
    let trace = scene.trace
    let verdicts = verdicts(trace, width: width)
    let slow = scene.settings.slow
    var lines = due(trace, width: width)
    lines += replyTimes(trace, slow: slow, width: width) + [Self.blank]
    lines += shares(trace, width: width) + rates(trace, width: width) + [Self.blank]
    lines += taps(trace, slow: slow, width: width)
    let side = (verdicts.map(\.text.width).max() ?? 0) + 4
    let isBeside = width - side >= 48
    let right = totals(trace, width: isBeside ? width - side : width)
    if isBeside {
      for row in 0..<max(right.count, verdicts.count) {
        var line = row < verdicts.count ? verdicts[row] : Self.blank
        line.append(row < right.count ? right[row] : Self.blank, at: side)
        lines.append(line)
      }
    } else {
      lines += verdicts + [Self.blank] + right
    }
    return lines
  }

  static let blank = StatsLine("")

  private static let stages: [Stage] = [
    .negotiation, .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown,
  ]

  // MARK: replies that are due

  private static let shownDue = 5

  private func due(_ trace: TraceView, width: Int) -> [StatsLine] {
    guard !trace.due.isEmpty else { return [] }
    var lines = [heading("Replies due")]
    for due in trace.due.prefix(Self.shownDue) {
      let style = Style(.warn, due.isUrgent(at: trace.now) ? .bold : [])
      var line = StatsLine("  ")
      line.append(
        DisplayText("\(due.name) \(due.words(at: trace.now))", style: style), filter: "n == \(due.packet)")
      lines.append(line)
    }
    let others = trace.due.count - Self.shownDue
    if others > 0 {
      lines.append(StatsLine(DisplayText("  and \(NumberText.grouped(others)) more", style: .dim)))
    }
    return lines + [Self.blank]
  }

  // MARK: reply times

  /// A cell of the table, and the expression that takes what it counts.
  private struct Cell {
    let text: DisplayText
    let filter: String?
    let isSlowest: Bool

    init(_ text: DisplayText, _ filter: String? = nil, isSlowest: Bool = false) {
      (self.text, self.filter, self.isSlowest) = (text, filter, isSlowest)
    }
  }

  private func replyTimes(_ trace: TraceView, slow: Moment.Span, width: Int) -> [StatsLine] {
    let times = trace.statistics.replyTimes
    let slowest = times.values.map(\.largest).max()
    var lines = [heading("Reply time by stage")]
    guard Self.stages.contains(where: { times[$0] != nil }) else {
      return lines + [StatsLine(DisplayText("  no replies yet", style: .dim))]
    }
    var rows = [Self.headings.map { Cell(DisplayText($0, style: .dim)) }]
    var charts = [DisplayText(Self.scale, style: .dim)]
    for stage in Self.stages {
      guard let histogram = times[stage] else { continue }
      let replies = "reply and stage == \(stage.name.lowercased())"
      var cells = [
        Cell(DisplayText(stage.name, style: Style(.keyword))),
        Cell(DisplayText(NumberText.grouped(histogram.count)), replies + " and took >= 0us"),
      ]
      let (median, p90, p99) = (
        histogram.percentile(0.5), histogram.percentile(0.9), histogram.percentile(0.99)
      )
      for (span, least) in [median, p90, p99].map({ ($0, Self.lowerEdge($0)) }) + [
        (histogram.largest, histogram.largest.microseconds)
      ] {
        let text = SlowTime.text(span, isSlow: !(span < slow), otherwise: .text)
        cells.append(Cell(text, replies + " and took >= \(least)us", isSlowest: span == slowest))
      }
      rows.append(cells)
      charts.append(chart(histogram))
    }
    let table = table(rows, width: width)
    let hasChart = (table.first?.text.width ?? 0) + 3 + Self.chartColumns <= width
    for (row, chart) in zip(table, charts) {
      var line = row
      if hasChart { line.append("   " + chart) }
      lines.append(line)
    }
    return lines
  }

  // MARK: the MTA's patience

  /// From here on, in hundredths of a percent, a stage is listed, and stands out.
  private static let (listed, notable, urgent): (Int64, Int64, Int64) = (100, 1000, 5000)

  /// Stages whose replies took a percent of the MTA's patience and more, and whether the milter grows slower.
  private func shares(_ trace: TraceView, width: Int) -> [StatsLine] {
    let statistics = trace.statistics
    var rows = [["stage", "median", "p90", "p99", "longest"].map { DisplayText($0, style: .dim) }]
    for stage in Self.stages {
      guard let shares = statistics.patienceShares(at: stage),
        shares.largest.microseconds >= Self.listed
      else { continue }
      let spans = [shares.percentile(0.5), shares.percentile(0.9), shares.percentile(0.99), shares.largest]
      rows.append(
        [DisplayText(stage.name, style: Style(.keyword))] + spans.map { Self.share($0.microseconds) })
    }
    var lines: [StatsLine] = []
    if rows.count > 1 {
      lines = [heading("Share of the MTA's patience")]
      // Where not all fit, the median and the longest stay.
      let shown = width < 2 + 9 + 4 * 8 ? [0, 1, 4] : [0, 1, 2, 3, 4]
      lines += rows.map { row in
        StatsLine(
          shown.reduce("  ") { $0 + row[$1].fitted(to: $1 == 0 ? 9 : 8, $1 == 0 ? .leading : .trailing) })
      }
    }
    if let (first, latest) = statistics.growth.medians {
      let count = Growth.compared
      let words =
        "end of message: \(TimeText.span(first)) in the first \(count), \(TimeText.span(latest)) in the latest \(count) (median)"
      let isSlower = latest / 2 > first && latest > .milliseconds(10)
      if lines.isEmpty { lines = [heading("Over the trace")] }
      lines += DisplayText(words, style: isSlower ? Style(.warn, .bold) : .text)
        .wrapped(to: max(8, width - 2)).map { StatsLine("  " + $0) }
    }
    return lines.isEmpty ? [] : lines + [Self.blank]
  }

  private static func share(_ hundredths: Int64) -> DisplayText {
    let words =
      hundredths < 10
      ? "<0.1%" : hundredths < 1000 ? "\(hundredths / 100).\(hundredths / 10 % 10)%" : "\(hundredths / 100)%"
    let style = hundredths > urgent ? Style(.bad, .bold) : hundredths > notable ? Style(.warn) : .text
    return DisplayText((hundredths > notable ? "!" : "") + words, style: style)
  }

  /// The least reply time, in microseconds, that a percentile does not tell from it.
  private static func lowerEdge(_ span: Moment.Span) -> Int64 {
    let bucket = Histogram.bucket(span.microseconds)
    return bucket > 0 ? Histogram.upperEdge(bucket - 1) + 1 : 0
  }

  private static let headings = ["stage", "replies", "median", "p90", "p99", "longest"]
  /// What goes where the width is too small for all, the first of them first.
  private static let dropped = [3, 4, 1, 5]

  /// The rows under one another, whole numbers only: where not all columns fit, some go.
  private func table(_ rows: [[Cell]], width: Int) -> [StatsLine] {
    let widths = Self.headings.indices.map { column in
      max(column == 0 ? 9 : 8, (rows.map { $0[column].text.width }.max() ?? 0) + 1)
    }
    var shown = Array(Self.headings.indices)
    for column in Self.dropped where shown.reduce(2, { $0 + widths[$1] }) > width {
      shown.removeAll { $0 == column }
    }
    return rows.map { cells in
      var line = StatsLine("  ")
      for column in shown {
        let text = cells[column].text.fitted(to: widths[column], column == 0 ? .leading : .trailing)
        line.append(text, filter: cells[column].filter, isSlowest: cells[column].isSlowest)
      }
      return line
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

  private func rates(_ trace: TraceView, width: Int) -> [StatsLine] {
    let end = trace.isLive ? max(trace.now, trace.lastMoment) : trace.lastMoment
    let all = [RateRing.Counted.packet, .message].map {
      Array(trace.statistics.rates.series($0, until: end))
    }
    func peak(_ series: some Sequence<Int>) -> DisplayText {
      DisplayText("  peak \(NumberText.grouped(series.max() ?? 0))/s", style: .dim)
    }
    let room = width - 2 - Self.nameColumns - (all.map { peak($0).width }.max() ?? 0)
    let columns = min(RateRing.seconds, max(10, room))
    return [heading("The last \(columns) seconds")]
      + zip(all, ["packets", "messages"]).map { series, name in
        let shown = Array(series.suffix(columns))
        return StatsLine(
          "  " + DisplayText(name, style: Style(.name)).fitted(to: Self.nameColumns)
            + Sparkline.bars(shown, style: Style(.number)).fitted(to: columns) + peak(shown))
      }
  }

  private static let nameColumns = 9

  // MARK: verdicts

  private static let verdictKinds: [(ReplyKind, String, Style.Role)] = [
    (.continue, "continue", .text), (.accept, "accept", .good), (.reject, "reject", .bad),
    (.replyCode, "reply", .bad), (.tempfail, "tempfail", .warn), (.discard, "discard", .warn),
    (.skip, "skip", .text), (.shutdown, "shutdown", .bad),
  ]

  private func verdicts(_ trace: TraceView, width: Int) -> [StatsLine] {
    let verdicts = trace.statistics.verdicts
    var lines = [heading("Verdicts by stage")]
    let kinds = Self.verdictKinds.filter { kind in verdicts.values.contains { $0[kind.0] != nil } }
    guard !kinds.isEmpty else { return lines + [StatsLine(DisplayText("  none yet", style: .dim))] }
    let most = verdicts.values.flatMap(\.values).max() ?? 0
    let columns = max(9, NumberText.grouped(most).count + 1)
    // Kinds for which there is no room beside the others stand below them.
    let each = max(1, (width - 2 - Self.nameColumns) / columns)
    for start in stride(from: 0, to: kinds.count, by: each) {
      if start > 0 { lines.append(Self.blank) }
      lines += table(of: Array(kinds[start..<min(kinds.count, start + each)]), verdicts, columns: columns)
    }
    return lines
  }

  private func table(
    of kinds: [(ReplyKind, String, Style.Role)], _ verdicts: [Stage: [ReplyKind: Int]], columns: Int
  ) -> [StatsLine] {
    let names = kinds.reduce("  " + DisplayText.blanks(Self.nameColumns)) { line, kind in
      line + DisplayText(kind.1, style: .dim).fitted(to: columns, .trailing)
    }
    return [StatsLine(names)]
      + Self.stages.compactMap { stage in
        guard let counts = verdicts[stage] else { return nil }
        let name = DisplayText(stage.name, style: Style(.keyword)).fitted(to: Self.nameColumns)
        var line = StatsLine("  " + name)
        for kind in kinds {
          let count = counts[kind.0] ?? 0
          let text = DisplayText(
            count == 0 ? "·" : NumberText.grouped(count), style: count == 0 ? .dim : Style(kind.2))
          let filter = "\(kind.0.name.lowercased()) and stage == \(stage.name.lowercased())"
          line.append(text.fitted(to: columns, .trailing), filter: count == 0 ? nil : filter)
        }
        return line
      }
  }

  // MARK: totals

  private func totals(_ trace: TraceView, width: Int) -> [StatsLine] {
    let statistics = trace.statistics
    var lines = [heading("Totals")]
    func add(_ name: String, _ text: String, filter: String? = nil) {
      let label = "  " + DisplayText(name, style: Style(.name)).fitted(to: 14)
      for (index, part) in DisplayText(text).wrapped(to: max(8, width - label.width)).enumerated() {
        var line = StatsLine(index == 0 ? label : .blanks(label.width))
        line.append(part, filter: index == 0 ? filter : nil)
        lines.append(line)
      }
    }
    if trace.count > 0 {
      let first = trace.index.time(at: 0)
      add("packets from", trace.stamp(first))
      add("to", trace.clock(trace.lastMoment, beside: first))
    }
    let open = trace.connections.count { $0.isOpen }
    add(
      "connections", "\(NumberText.grouped(trace.connections.count)), \(NumberText.grouped(open)) open",
      filter: "connect")
    add(
      "packets",
      "\(NumberText.grouped(statistics.packetsFromMTA)) from the MTA, \(NumberText.grouped(statistics.packetsFromMilter)) from the milter"
    )
    add("messages", NumberText.grouped(trace.messages.count), filter: "msg > 0")
    let modifications = statistics.modifications.sorted {
      ($1.value, $0.key.name) < ($0.value, $1.key.name)
    }
    if !modifications.isEmpty {
      add(
        "modifications",
        modifications.map { "\($0.key.name) \(NumberText.grouped($0.value))" }.joined(separator: ", "),
        filter: "modification")
    }
    return lines
  }

  func heading(_ words: String) -> StatsLine {
    StatsLine(" " + DisplayText(words, style: Style(.heading, .bold)))
  }
}
