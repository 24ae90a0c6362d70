import Cells
import MilterProtocol
import Timeline
import TraceModel

/// The dialogue of a connection as a ladder: MTA at the left, milter at the right, us in the middle.
enum LadderSection {
  /// Longer connections show the mail at hand alone.
  private static let wholeConnectionPackets = 2000

  static func add(_ detail: PacketDetail, _ trace: TraceView, into page: inout DetailPage) {
    let ladder = Ladder(records(detail, trace))
    guard !ladder.steps.isEmpty else { return }
    page.heading("Ladder")
    let rails = Rails(width: page.width)
    page.add(DetailLine(rails.heading))
    for step in ladder.steps where !isMacro(step) {
      page.add(DetailLine(rails.line(step, isCurrent: step.packet == detail.number), packet: step.packet))
    }
  }

  private static func records(_ detail: PacketDetail, _ trace: TraceView) -> [Record] {
    let index = trace.index
    let connection = index.connectionIndex(at: detail.row)
    var rows = index.connections[connection].rows
    if index.connections[connection].packetCount > wholeConnectionPackets {
      rows =
        index.messageIndex(at: detail.row).map { Range(index.messages[$0].rows) } ?? detail.row..<detail.row
        + 1
    }
    return index.recordNumbers(ofConnection: connection, in: rows).compactMap { trace.source.record(at: $0) }
  }

  private static func isMacro(_ step: Ladder.Step) -> Bool {
    switch step.what {
    case .packet(.command(.macro), _), .released(.command(.macro), _): true
    case .opened, .packet, .released, .edited, .injected, .bytes, .closed: false
    }
  }
}

/// Where the three rails of a ladder stand.
private struct Rails {
  let left = 3
  let middle: Int
  let right: Int
  private let width: Int

  init(width: Int) {
    self.width = width
    right = max(24, min(width - 9, 84))
    middle = (left + right) / 2
  }

  var heading: DisplayText {
    var text = DisplayText.blanks(max(0, left - 1)) + DisplayText("MTA", style: Style(.fromMTA))
    let us = "us"
    text += .blanks(max(1, middle - text.width)) + DisplayText(us, style: .dim)
    text += .blanks(max(1, right - 5 - text.width)) + DisplayText("milter", style: Style(.fromMilter))
    return text
  }

  func line(_ step: Ladder.Step, isCurrent: Bool) -> DisplayText {
    let (start, end) = (place(step.from), place(step.to))
    let (low, high) = (min(start, end), max(start, end))
    let style = style(step)
    let arrow = arrow(label(step), columns: high - low - 1, isRightwards: end > start, style: style)
    var text = DisplayText(isCurrent ? "▸" : " ", style: Style(.marked)) + .blanks(1)
    for column in 2...right {
      guard text.width == column else { continue }
      if column == low + 1 {
        text += arrow
      } else if column == left || column == right || (column == middle) {
        text += DisplayText(column == middle ? "┊" : "│", style: .border)
      } else {
        text += " "
      }
    }
    if let packet = step.packet { text += DisplayText(" \(packet)", style: .dim) }
    return text
  }

  private func place(_ party: Ladder.Party) -> Int {
    switch party {
    case .mta: left
    case .us: middle
    case .milter: right
    }
  }

  private func arrow(_ label: DisplayText, columns: Int, isRightwards: Bool, style: Style) -> DisplayText {
    guard columns > 2 else { return .blanks(columns) }
    let words = label.width > columns - 5 ? label.fitted(to: max(0, columns - 5)) : label
    let rest = columns - 1 - words.width - (words.isEmpty ? 0 : 2)
    let before = isRightwards ? min(2, rest) : max(0, rest - 2)
    let padded = words.isEmpty ? DisplayText() : " " + words + " "
    func rule(_ count: Int) -> DisplayText {
      DisplayText(String(repeating: "─", count: max(0, count)), style: style)
    }
    let line = rule(before) + padded + rule(rest - before)
    return isRightwards ? line + DisplayText("▶", style: style) : DisplayText("◀", style: style) + line
  }

  private func style(_ step: Ladder.Step) -> Style {
    switch step.what {
    case .edited: Style(.edited)
    case .injected: Style(.injected)
    case .opened, .packet, .released, .bytes, .closed:
      step.from == .mta ? Style(.fromMTA) : step.from == .milter ? Style(.fromMilter) : .dim
    }
  }

  private func label(_ step: Ladder.Step) -> DisplayText {
    var text: DisplayText
    switch step.what {
    case .opened: text = DisplayText("connects", style: .dim)
    case .packet(let kind, _), .released(let kind, _): text = name(kind)
    case .edited(let kind, _): text = name(kind) + DisplayText(" edited", style: Style(.edited))
    case .injected(let kind, _): text = name(kind) + DisplayText(" ours", style: Style(.injected))
    case .bytes(let count): text = DisplayText(NumberText.bytes(count), style: .dim)
    case .closed(let how): text = DisplayText("ends: " + how.words, style: .dim)
    }
    if let took = step.took { text += DisplayText("  " + TimeText.span(took), style: .dim) }
    return text
  }

  private func name(_ kind: PacketKind) -> DisplayText {
    switch kind {
    case .command(let command): DisplayText(command.name, style: Style(.keyword))
    case .reply(let reply): DisplayText(reply.name, style: Style(PacketWords.role(of: reply)))
    case .unknown, .empty: DisplayText(kind.name, style: Style(.bad))
    }
  }
}
