import Cells
import Comparison

/// Two traces beside each other: the list of their mails with what differs, and of one of them both columns, stage by stage.
///
/// What is compared is `Comparison`'s alone; here is which mail is looked at, and how far down.
package struct ComparisonPane {
  private let comparison: Comparison
  private let names: Names
  private let entries: [ComparedEntry]
  private let tally: ComparisonTally
  private let remarks: [DisplayText]
  /// What the numbers of mails and their names take.
  private let widths: (numbers: Int, name: Int)
  private var list = ListState()
  private var columns: ColumnsPage?
  /// Whether there is but one mail to look at, and its columns are all there is.
  private let isOfOneMail: Bool

  /// What the two columns are called.
  package struct Names: Equatable, Sendable {
    var first: String
    var second: String

    package init(_ first: String, _ second: String) { (self.first, self.second) = (first, second) }
  }

  /// - Parameters:
  ///   - remarks: what is to be known about it before, a sentence each.
  ///   - opensMail: whether a single mail is open at once; else all begins with the list.
  package init(_ comparison: Comparison, _ names: Names, remarks: [String] = [], opensMail: Bool = false) {
    var entries: [ComparedEntry] = []
    tally = comparison.run(everyMail: true) { pair, differences in
      entries.append(ComparedEntry(pair, differences))
    } times: { differences in
      if !differences.isEmpty { entries.append(ComparedEntry(times: differences)) }
    }
    (self.comparison, self.names, self.entries) = (comparison, names, entries)
    self.remarks = remarks.map { DisplayText("▲ ", style: Style(.warn)) + DisplayText($0, columns: 2000) }
    widths = (entries.map(\.numbers.width).max() ?? 0, entries.map(\.name.width).max() ?? 0)
    list.setCount(entries.count)
    list.select(entries.firstIndex(where: \.isDifferent) ?? 0)
    let mails = entries.indices.filter { entries[$0].isMail }
    isOfOneMail = opensMail && mails.count == 1
    if isOfOneMail {
      list.select(mails[0])
      openColumns()
    }
  }

  static let hints: [Act] = [.open, .next, .previous, .back, .replay, .fork, .pageDown, .pageUp]

  // MARK: keys

  mutating func refresh(in layout: Layout) {
    let rect = places(in: layout).rows
    list.resize(height: rect.rows)
    columns?.refresh(rect)
  }

  mutating func move(_ act: Act, count: Int?) {
    if columns != nil { columns?.list.move(act, count: count) } else { list.move(act, count: count) }
  }

  /// Both columns of the selected mail; in them, the selected line in full, or in one line again.
  mutating func open() {
    if columns != nil { columns?.unfold() } else { openColumns() }
  }

  private mutating func openColumns() {
    guard entries.indices.contains(list.cursor) else { return }
    switch entries[list.cursor].content {
    case .pair(let pair): columns = ColumnsPage(comparison.columns(of: pair))
    case .lines(let lines): columns = ColumnsPage(lines)
    }
  }

  /// From the columns to the list; false where there is none to go back to.
  mutating func back() -> Bool {
    guard columns != nil, !isOfOneMail else { return false }
    columns = nil
    return true
  }

  /// To the next mail or line that differs.
  mutating func next(step: Int, count: Int) -> [Response] {
    for _ in 0..<max(1, count) {
      let isFound =
        columns != nil
        ? columns?.next(step: step) ?? false : list.next(step: step) { entries[$0].isDifferent }
      guard isFound else {
        let what = columns == nil ? "mail" : "line"
        return .refuse("no other \(what) \(step > 0 ? "below" : "above") differs")
      }
    }
    return []
  }

  mutating func scroll(by rows: Int) {
    if columns != nil { columns?.list.move(by: rows) } else { list.move(by: rows) }
  }

  /// Selects the row at that place; what is selected already is opened.
  mutating func click(_ place: Point, in layout: Layout) {
    let rect = places(in: layout).rows
    guard rect.contains(place) else { return }
    let state = columns?.list ?? list
    let row = state.top + place.row - rect.row
    guard row < state.count else { return }
    if row == state.cursor { return open() }
    if columns != nil { columns?.list.select(row) } else { list.select(row) }
  }

  /// The packet of the first trace that is selected in the columns.
  var packet: Int? { columns?.packet }

  // MARK: drawing

  private struct Places {
    let title: Rect
    let remarks: Rect
    let headings: Rect
    let rows: Rect
  }

  private func places(in layout: Layout) -> Places {
    var rest = layout.list
    let lines = remarkLines(columns: rest.columns).count
    let remarks = rest.takeTop(min(lines, max(0, rest.rows / 3)))
    let headings = rest.takeTop(1)
    return Places(title: layout.headings, remarks: remarks, headings: headings, rows: rest)
  }

  private func remarkLines(columns: Int) -> [DisplayText] {
    remarks.flatMap { $0.wrapped(to: max(12, columns - 2)) }
  }

  func draw(into frame: inout Frame, in layout: Layout) {
    let places = places(in: layout)
    for (row, text) in remarkLines(columns: layout.list.columns).prefix(places.remarks.rows).enumerated() {
      frame.put(text, in: places.remarks.line(row).inset(columns: 1))
    }
    if let columns {
      drawTitle(columns, into: &frame, in: places.title)
      columns.drawNames(names, into: &frame, in: places.headings)
      columns.draw(into: &frame, in: places.rows)
    } else {
      drawSummary(into: &frame, in: places.title)
      drawList(headings: places.headings, into: &frame, in: places.rows)
    }
  }

  private func drawTitle(_ page: ColumnsPage, into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty, entries.indices.contains(list.cursor) else { return }
    let count = page.differences
    let words = count == 0 ? "no difference" : NumberText.count(count, "line differs", "lines differ")
    let state = DisplayText(words, style: Style(count == 0 ? .good : .warn, .bold))
    let title = DisplayText(" ") + entries[list.cursor].title
    frame.put(title.fitted(to: max(0, min(title.width, rect.columns - state.width - 2))), in: rect)
    frame.put(state, at: Point(column: max(rect.column, rect.endColumn - state.width - 1), row: rect.row))
  }

  private func drawSummary(into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    let words = DisplayText(" " + tallyWords, style: Style(tally.isAlike ? .good : .warn, .bold))
    let names =
      DisplayText("− ", style: Style(.removed)) + DisplayText(names.first) + "  "
      + DisplayText("+ ", style: Style(.added)) + DisplayText(names.second)
    let shown = words + "   " + names
    frame.put(shown.fitted(to: min(shown.width, rect.columns)), in: rect)
  }

  private var tallyWords: String {
    var parts: [String] = []
    if tally.different > 0 { parts.append("\(tally.different) differ") }
    if tally.onlyFirst > 0 { parts.append("\(tally.onlyFirst) only in the first") }
    if tally.onlySecond > 0 { parts.append("\(tally.onlySecond) only in the second") }
    parts.append("\(tally.alike) alike")
    return parts.joined(separator: ", ")
  }

  private func drawList(headings: Rect, into frame: inout Frame, in rect: Rect) {
    let columns = columnsOfList
    let places = Column.layout(columns, width: rect.columns)
    if !headings.isEmpty {
      frame.put(columns.map(\.title), columns: columns, at: places, in: headings, style: .dim)
    }
    if entries.isEmpty, !rect.isEmpty {
      frame.put(
        DisplayText("neither has a mail", style: Style(.placeholder)),
        in: rect.line(min(1, rect.rows - 1)).inset(columns: 2))
    }
    for (row, index) in list.visible.enumerated() {
      let line = rect.line(row)
      guard !line.isEmpty else { continue }
      frame.put(entries[index].cells, columns: columns, at: places, in: line)
      if index == list.cursor { frame.add(.selected, in: line) }
    }
    ScrollMark.draw(list.count - list.visible.upperBound, into: &frame, in: rect)
  }

  private var columnsOfList: [Column] {
    [
      Column("", .fixed(1)), Column("mail", .fixed(max(4, min(widths.numbers, 24)))),
      Column("", .growing(minimum: 16, wanted: max(16, min(widths.name, 60))), priority: 1),
      Column("what differs", .flexible(minimum: 32)),
    ]
  }
}

extension ListState {
  /// To the next row, or the one before, of which that is true; false where there is none.
  mutating func next(step: Int, where isWanted: (Int) -> Bool) -> Bool {
    let rest =
      step > 0
      ? Array(cursor + 1..<max(cursor + 1, count)) : Array((0..<min(cursor, count)).reversed())
    guard let row = rest.first(where: isWanted) else { return false }
    reveal(row)
    return true
  }
}
