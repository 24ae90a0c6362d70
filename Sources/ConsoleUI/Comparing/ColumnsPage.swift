import Cells
import Comparison

/// Both sides of a mail, line by line: what they say alike stands beside each other, what they do not is lit and has a sign.
struct ColumnsPage {
  private let lines: [ComparedLine]
  var list = ListState()
  /// Lines that are shown in full.
  private var unfolded: Set<Int> = []
  private var rows: [Row] = []
  private var width = 0
  /// Not yet on screen: what was wanted otherwise, else the first difference, is to be in sight, with what is around it.
  private var isNew = true

  private struct Row {
    let line: Int
    /// Of a line that is shown in full; 0 where it is not.
    let part: Int
  }

  init(_ lines: [ComparedLine]) {
    self.lines = lines
  }

  /// How many lines differ.
  var differences: Int { lines.count { $0.verdict == .different } }

  // MARK: keys

  mutating func refresh(_ rect: Rect) {
    if rect.columns != width { arrange(width: rect.columns) }
    list.resize(height: rect.rows)
    guard isNew else { return }
    isNew = false
    let fork = lines.firstIndex { $0.verdict == .asked }
    list.begin(at: fork ?? lines.firstIndex { $0.verdict == .different } ?? 0)
  }

  /// Shows the selected line in full, or in one row again.
  mutating func unfold() {
    guard rows.indices.contains(list.cursor) else { return }
    let line = rows[list.cursor].line
    if unfolded.remove(line) == nil { unfolded.insert(line) }
    arrange(width: width)
    if let row = rows.firstIndex(where: { $0.line == line }) { list.select(row) }
  }

  mutating func next(step: Int) -> Bool {
    let (rows, lines) = (self.rows, self.lines)
    return list.next(step: step) { rows[$0].part == 0 && lines[rows[$0].line].verdict != .alike }
  }

  /// The packet of the first trace that is selected, or the next one above.
  var packet: Int? {
    guard rows.indices.contains(list.cursor) else { return nil }
    return lines[...rows[list.cursor].line].reversed().lazy.compactMap { $0.first?.packet }.first
  }

  // MARK: rows

  private mutating func arrange(width: Int) {
    self.width = width
    let room = Room(width: width)
    rows = lines.enumerated().flatMap { place, line in
      let count = unfolded.contains(place) ? max(1, parts(of: line, room).max() ?? 1) : 1
      return (0..<count).map { Row(line: place, part: $0) }
    }
    list.setCount(rows.count)
  }

  private func parts(of line: ComparedLine, _ room: Room) -> [Int] {
    line.sides(room.first, room.second).map { side, columns in
      text(side, line, room, columns: Self.longest).wrapped(to: columns.count).count
    }
  }

  /// Columns of a line that is shown in full; a header may have a megabyte.
  private static let longest = 8000

  // MARK: drawing

  /// How the columns of the screen are shared.
  private struct Room {
    let first: Range<Int>
    let second: Range<Int>
    /// Whether numbers of packets have their place.
    let hasNumbers: Bool

    init(width: Int) {
      let sign = 2
      let each = max(1, (width - sign - 3) / 2)
      first = sign..<sign + each
      second = sign + each + 3..<max(sign + each + 4, width)
      hasNumbers = width >= 100
    }
  }

  func drawNames(_ names: ComparisonPane.Names, into frame: inout Frame, in rect: Rect) {
    guard !rect.isEmpty else { return }
    let room = Room(width: rect.columns)
    for (name, columns) in [(names.first, room.first), (names.second, room.second)] {
      frame.put(
        DisplayText(name, columns: 400, style: Style(.heading, .bold)).fitted(to: columns.count),
        at: Point(column: rect.column + columns.lowerBound, row: rect.row), width: columns.count)
    }
    frame.put("│", at: Point(column: rect.column + room.first.upperBound + 1, row: rect.row), style: .border)
  }

  func draw(into frame: inout Frame, in rect: Rect) {
    let room = Room(width: rect.columns)
    if lines.isEmpty, !rect.isEmpty {
      frame.put(
        DisplayText("nothing was said", style: Style(.placeholder)), in: rect.line(0).inset(columns: 2))
    }
    for (place, index) in list.visible.enumerated() where index < rows.count {
      let line = rect.line(place)
      guard !line.isEmpty else { continue }
      draw(rows[index], room, into: &frame, in: line)
      if index == list.cursor { frame.add(.selected, in: line) }
    }
    ScrollMark.draw(list.count - list.visible.upperBound, into: &frame, in: rect)
  }

  private func draw(
    _ row: Row, _ room: Room, into frame: inout Frame, in rect: Rect
  ) {
    let line = lines[row.line]
    if row.part == 0 { frame.put(line.sign, at: rect.origin, width: 1) }
    frame.put("│", at: Point(column: rect.column + room.first.upperBound + 1, row: rect.row), style: .border)
    for (side, columns) in line.sides(room.first, room.second) {
      let shown: DisplayText
      if unfolded.contains(row.line) {
        let parts = text(side, line, room, columns: Self.longest).wrapped(to: columns.count)
        guard row.part < parts.count else { continue }
        shown = parts[row.part]
      } else {
        let text = text(side, line, room, columns: columns.count + 1)
        shown = text.width > columns.count ? text.fitted(to: columns.count) : text
      }
      frame.put(
        shown, at: Point(column: rect.column + columns.lowerBound, row: rect.row), width: columns.count)
    }
  }

  private func text(
    _ side: ComparedLine.Side, _ line: ComparedLine, _ room: Room, columns: Int
  ) -> DisplayText {
    guard let said = side == .first ? line.first : line.second else {
      return DisplayText(line.isReply ? "  ·" : "·", style: .dim)
    }
    var text = DisplayText.blanks(line.isReply ? 2 : 0)
    if room.hasNumbers {
      text = DisplayText(said.packet.map { "#\($0)" } ?? "", style: .dim).fitted(to: 6) + " " + text
    }
    guard line.verdict == .alike else {
      return text + DisplayText(said.text, columns: columns, style: line.style(of: side))
    }
    let blank = said.text.firstIndex(of: " ") ?? said.text.endIndex
    return text + DisplayText(said.text[..<blank], style: Style(.keyword))
      + DisplayText(said.text[blank...], columns: columns, style: .text)
  }
}

extension ComparedLine {
  fileprivate enum Side { case first, second }

  fileprivate func sides(_ first: Range<Int>, _ second: Range<Int>) -> [(Side, Range<Int>)] {
    [(.first, first), (.second, second)]
  }

  fileprivate var sign: DisplayText {
    switch (verdict, first, second) {
    case (.alike, _, _): ""
    case (.asked, _, _): DisplayText("~", style: Style(.changed, .bold))
    case (.different, nil, _): DisplayText("+", style: Style(.added, .bold))
    case (.different, _, nil): DisplayText("−", style: Style(.removed, .bold))
    case (.different, _, _): DisplayText("≠", style: Style(.warn, .bold))
    }
  }

  fileprivate func style(of side: Side) -> Style {
    verdict == .asked ? Style(.changed) : Style(side == .first ? .removed : .added, .bold)
  }
}
