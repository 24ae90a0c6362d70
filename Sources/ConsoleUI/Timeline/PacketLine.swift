import Cells
import MilterProtocol
import Timeline
import TraceModel

/// What a row of the Timeline says beyond what the index knows of the packet.
struct PacketLine {
  let entry: TimelineRow
  let time: String
  let text: DisplayText
  /// How many macros are folded into the command.
  let macros: Int
  /// A macro packet that is shown under its command.
  let isUnfolded: Bool
  /// What happens to a held packet unasked, and in how long; in two lengths.
  let wait: Wait?
  /// How long the MTA has waited for the reply, and when it gives up; in two lengths.
  let due: Wait?
  /// How the connection ended behind this packet.
  let ending: String?
}

extension PacketLine {
  struct Wait {
    /// `forwards in 24s`.
    let long: String
    let short: String
  }
}

/// How rows of the Timeline share the width: columns go, sense stays.
struct PacketColumns {
  let columns: [Column]
  let places: [Range<Int>?]
  let width: Int
  let timeColumns: Int
  /// Whether the direction is an arrow alone.
  private let isNarrow: Bool

  /// - Parameter digits: of the highest packet number.
  init(width: Int, digits: Int, timeColumns: Int, nameColumns: Int) {
    isNarrow = width < 90
    self.width = width
    self.timeColumns = timeColumns
    columns = [
      Column("", .fixed(1)),
      Column("#", .fixed(max(3, digits)), .trailing),
      Column("time", .fixed(timeColumns), .trailing, priority: 3),
      Column("took", .fixed(7), .trailing, priority: 4),
      Column("conn", .fixed(nameColumns), priority: 2),
      Column(isNarrow ? "" : "from", .fixed(isNarrow ? 1 : 5), priority: isNarrow ? 0 : 1),
      Column("stage", .fixed(8)),
      Column("packet", .flexible(minimum: 18)),
    ]
    places = Column.layout(columns, width: width)
  }

  func drawHeadings(into frame: inout Frame, in line: Rect) {
    frame.put(columns.map(\.title), columns: columns, at: places, in: line, style: .dim)
  }

  /// The columns of the packet's text, from the row's left edge.
  var textPlace: Range<Int> { places.last.flatMap { $0 } ?? 0..<0 }

  func draw(_ line: PacketLine, slow: Moment.Span, into frame: inout Frame, in rect: Rect) {
    let entry = line.entry
    let isAside = entry.kind == .command(.macro) || entry.sender == .milter
    frame.put(
      [
        entry.flags.contains(.marked) ? DisplayText("▌", style: Style(.marked, .bold)) : "",
        DisplayText(String(entry.number), style: .dim), DisplayText(line.time, style: .dim),
        took(entry, slow: slow), DisplayText(entry.name, style: Style(.connection(entry.connection))),
        direction(entry.sender), DisplayText(entry.stageName, style: isAside ? .dim : Style(.keyword)), "",
      ],
      columns: columns, at: places, in: rect)
    drawText(line, into: &frame, in: rect)
  }

  func draw(_ line: ConnectionLine, time: String, into frame: inout Frame, in rect: Rect) {
    frame.put(
      [
        "", "", DisplayText(time, style: .dim), "",
        DisplayText("c\(line.number)", style: Style(.connection(line.number))), "", "", "",
      ],
      columns: columns, at: places, in: rect)
    let place = textPlace
    // The stage has nothing to say: its room is the words'.
    let stage = places[places.count - 2]?.lowerBound ?? place.lowerBound
    let sign = line.severity?.mark ?? ""
    let room = Rect(
      column: rect.column + stage, row: rect.row, columns: max(0, place.upperBound - stage - sign.width - 1),
      rows: 1)
    frame.put(line.text, in: room)
    frame.put(sign, at: Point(column: rect.column + place.upperBound - sign.width, row: rect.row))
  }

  private func drawText(_ line: PacketLine, into frame: inout Frame, in rect: Rect) {
    let place = textPlace
    let room = Rect(column: rect.column + place.lowerBound, row: rect.row, columns: place.count, rows: 1)
    let tail = tail(line)
    let tailColumns = tail.isEmpty ? 0 : tail.width + 1
    let text = line.isUnfolded ? "└ " + line.text : line.text
    let textRoom = Rect(
      column: room.column, row: room.row, columns: max(0, room.columns - tailColumns), rows: 1)
    frame.put(text, in: textRoom, style: line.isUnfolded ? .dim : .text)
    if !tail.isEmpty {
      frame.put(tail, at: Point(column: room.endColumn - tail.width, row: room.row), width: room.columns)
    }
  }

  private func took(_ entry: TimelineRow, slow: Moment.Span) -> DisplayText {
    guard let took = entry.took else { return "" }
    let isSlow = slow < took || slow == took
    return SlowTime.text(took, isSlow: isSlow, otherwise: .dim)
  }

  private func direction(_ sender: Leg) -> DisplayText {
    switch (sender, isNarrow) {
    case (.mta, true): DisplayText("→", style: Style(.fromMTA))
    case (.mta, false): DisplayText("mta →", style: Style(.fromMTA))
    case (.milter, true): DisplayText("←", style: Style(.fromMilter))
    case (.milter, false): DisplayText("← mlt", style: Style(.fromMilter))
    }
  }

  /// Badges, findings and folded macros, at the right end of the row.
  private func tail(_ line: PacketLine) -> DisplayText {
    var parts: [DisplayText] = []
    if line.macros > 0 {
      let words = isNarrow ? "+\(line.macros)" : "+\(NumberText.count(line.macros, "macro"))"
      parts.append(DisplayText(words, style: .dim))
    }
    for (flag, badge, role) in PacketColumns.badges where line.entry.flags.contains(flag) {
      var text = DisplayText(badge, style: Style(role, .bold))
      if flag == .waiting, let wait = line.wait {
        text += DisplayText(" " + (isNarrow ? wait.short : wait.long), style: Style(role))
      }
      parts.append(text)
    }
    if let due = line.due, line.wait == nil {
      // Whole where that leaves the packet's own words theirs.
      let isRoomy = line.text.width + due.long.count + 2 <= textPlace.count
      parts.append(DisplayText(isRoomy ? due.long : due.short, style: Style(.warn)))
    }
    if line.entry.flags.contains(.noted) { parts.append(DisplayText("✎", style: Style(.marked))) }
    if let severity = line.entry.severity { parts.append(severity.mark) }
    if let ending = line.ending {
      // The packet's own words keep what is left of a narrow row.
      let words = textPlace.count < 30 ? "✕" : "✕ " + ending
      parts.append(DisplayText(words, style: Style(.warn)))
    }
    return parts.joined(gap: 1)
  }

  private static let badges: [(PacketFlags, String, Style.Role)] = [
    (.waiting, "HELD", .held), (.edited, "EDITED", .edited), (.injected, "INJECTED", .injected),
    (.dropped, "DROPPED", .dropped), (.answered, "ANSWERED", .answered), (.ruled, "RULE", .rule),
  ]
}

extension Finding.Severity {
  package var role: Style.Role {
    switch self {
    case .note: .findingNote
    case .warning: .findingWarning
    case .error: .findingError
    }
  }

  /// The mark of a finding in a list; its shape says the weight, its colour says it again.
  package var mark: DisplayText {
    DisplayText(sign, style: self == .error ? Style(role, .bold) : Style(role))
  }
}
