import Cells
import MilterProtocol
import Timeline
import TraceModel

/// The Ladder tab: the dialogue of a connection, MTA at the left, milter at the right, us in the middle; an arrow a packet, with
/// what it says, and cut short where it did not arrive.
enum LadderTab {
  /// Longer connections show the mail at hand alone.
  private static let wholeConnectionPackets = 2000

  static func lines(_ detail: PacketDetail, width: Int, _ trace: TraceView) -> [DetailLine] {
    var page = DetailPage(width: width)
    let ladder = Ladder(records(detail, trace))
    let rails = LadderRails(width: page.width)
    page.add(DetailLine(rails.heading))
    for step in ladder.steps where !isMacro(step) {
      let row = step.packet.flatMap { trace.index.row(number: $0) }
      let rung = LadderRung(
        step, words: LadderRung.words(step, row: row, trace), remark: remark(step, row: row, trace))
      let isCurrent = step.packet == detail.number
      page.add(
        DetailLine(
          rails.line(rung, time: trace.clock(step.time), isCurrent: isCurrent), packet: step.packet))
    }
    return page.lines
  }

  /// Changes with what comes on the connection of the packet.
  static func revision(ofPacketAt row: Int, _ trace: TraceView) -> Int {
    let c = trace.index.connectionIndex(at: row)
    let connection = trace.connections[c]
    let waiting = trace.waiting.count { trace.index.connectionIndex(at: $0.row) == c }
    return connection.packetCount + connection.findingCount + waiting
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

  /// What is wrong with it, or that it waits here; at the right of the rung.
  private static func remark(_ step: Ladder.Step, row: Int?, _ trace: TraceView) -> DisplayText {
    guard let row, case .packet = step.what else { return "" }
    var parts: [DisplayText] = []
    let entry = trace.index[row]
    if entry.flags.contains(.waiting) { parts.append(DisplayText("HELD", style: Style(.held, .bold))) }
    if entry.severity != nil {
      for finding in trace.index.findings(about: row, from: trace.source) where finding.cause == nil {
        parts.append(
          finding.severity.mark + DisplayText(" " + finding.rule.id, style: Style(finding.severity.role)))
      }
      if parts.isEmpty, let severity = entry.severity { parts.append(severity.mark) }
    }
    return parts.joined(gap: 1)
  }
}

/// One arrow of a ladder, with what stands on it and behind it.
struct LadderRung {
  let step: Ladder.Step
  let words: DisplayText
  let remark: DisplayText

  init(_ step: Ladder.Step, words: DisplayText, remark: DisplayText) {
    (self.step, self.words, self.remark) = (step, words, remark)
  }

  var style: Style {
    switch step.what {
    case .edited: Style(.edited)
    case .injected: Style(.injected)
    case .opened, .packet, .released, .bytes, .closed:
      step.from == .mta ? Style(.fromMTA) : step.from == .milter ? Style(.fromMilter) : .dim
    }
  }

  /// What a packet is and says, whose it is where it is not as it came, and how long it took.
  static func words(_ step: Ladder.Step, row: Int?, _ trace: TraceView) -> DisplayText {
    var text: DisplayText
    switch step.what {
    case .opened: text = DisplayText("connects", style: .dim)
    case .packet(let kind, _): text = said(kind, row.flatMap { trace.packet(at: $0) })
    case .released(let kind, _):
      text = DisplayText("released ", style: .dim) + said(kind, row.flatMap { trace.packet(at: $0) })
    case .edited(let kind, _):
      let leaving = row.flatMap { trace.packetAsItLeaves(at: $0) }
      text = DisplayText("edited ", style: Style(.edited)) + said(kind, leaving)
    case .injected(let kind, _):
      text = DisplayText("ours ", style: Style(.injected)) + said(kind, row.flatMap { trace.packet(at: $0) })
    case .bytes(let count): text = DisplayText(NumberText.bytes(count) + ", no packet", style: .dim)
    case .closed(let how): text = DisplayText("ends: " + how.words, style: .dim)
    }
    if step.isLost {
      let isDropped = row.map { trace.index[$0].flags.contains(.dropped) } ?? false
      text = DisplayText(isDropped ? "dropped " : "lost ", style: Style(.bad)) + text
    }
    if let took = step.took { text += DisplayText("  " + TimeText.span(took), style: .dim) }
    return text
  }

  private static func said(_ kind: PacketKind, _ packet: Packet?) -> DisplayText {
    let words = packet.map { PacketWords.text(of: $0, columns: 200) } ?? ""
    let shown = words.isCut ? words.fitted(to: words.width) : words
    switch kind {
    case .command(let command): return DisplayText(command.name + " ", style: Style(.keyword)) + shown
    case .reply(.optNeg): return DisplayText("OPTNEG ", style: Style(.keyword)) + shown
    case .reply(let reply):
      return shown.isEmpty ? DisplayText(reply.name, style: Style(PacketWords.role(of: reply))) : shown
    case .unknown, .empty: return DisplayText(kind.name, style: Style(.bad))
    }
  }
}

/// Where the three rails of a ladder stand.
struct LadderRails {
  private let timeColumns: Int
  private let left: Int
  private let middle: Int
  private let right: Int
  private let width: Int

  /// What stands behind the rails: a packet number and a finding.
  private static let tailColumns = 14
  /// From so many columns on the time stands in front.
  private static let widthWithTime = 76

  init(width: Int) {
    self.width = width
    timeColumns = width >= Self.widthWithTime ? 13 : 0
    left = timeColumns + 3
    right = max(left + 20, width - Self.tailColumns)
    middle = (left + right) / 2
  }

  var heading: DisplayText {
    var text = DisplayText.blanks(max(0, left - 1)) + DisplayText("MTA", style: Style(.fromMTA))
    text += .blanks(max(1, middle - text.width)) + DisplayText("us", style: .dim)
    text += .blanks(max(1, right - 5 - text.width)) + DisplayText("milter", style: Style(.fromMilter))
    return text
  }

  func line(_ rung: LadderRung, time: String, isCurrent: Bool) -> DisplayText {
    let step = rung.step
    // What is lost on the way from us ends half way.
    let start = place(step.from)
    let end = step.isLost && step.from == .us ? (start + place(step.to)) / 2 : place(step.to)
    let (low, high) = (min(start, end), max(start, end))
    let arrow = arrow(rung, columns: high - low - 1, isRightwards: end > start)
    var text = DisplayText(isCurrent ? "▸" : " ", style: Style(.marked))
    text += DisplayText(timeColumns > 0 ? time : "", style: .dim).fitted(to: timeColumns) + " "
    for column in text.width...right {
      guard text.width == column else { continue }
      if column == low + 1 {
        text += arrow
      } else if column == left || column == right || column == middle {
        text += DisplayText(column == middle ? "┊" : "│", style: .border)
      } else {
        text += " "
      }
    }
    if let packet = step.packet { text += DisplayText(" \(packet)", style: .dim) }
    return rung.remark.isEmpty ? text : text + " " + rung.remark
  }

  private func place(_ party: Ladder.Party) -> Int {
    switch party {
    case .mta: left
    case .us: middle
    case .milter: right
    }
  }

  private func arrow(_ rung: LadderRung, columns: Int, isRightwards: Bool) -> DisplayText {
    guard columns > 2 else { return .blanks(columns) }
    let words = rung.words.width > columns - 5 ? rung.words.fitted(to: max(0, columns - 5)) : rung.words
    let rest = columns - 1 - words.width - (words.isEmpty ? 0 : 2)
    let before = isRightwards ? min(2, rest) : max(0, rest - 2)
    let padded = words.isEmpty ? DisplayText() : " " + words + " "
    func rule(_ count: Int) -> DisplayText {
      DisplayText(String(repeating: "─", count: max(0, count)), style: rung.style)
    }
    let line = rule(before) + padded + rule(rest - before)
    let head =
      rung.step.isLost
      ? DisplayText("✕", style: Style(.bad, .bold))
      : DisplayText(isRightwards ? "▶" : "◀", style: rung.style)
    return isRightwards ? line + head : head + line
  }
}
