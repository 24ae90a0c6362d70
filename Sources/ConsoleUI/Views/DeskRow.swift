import Cells
import MilterProtocol
import TraceModel

/// A row of Held where a person is the milter: the mail that waits rather than its packet.
enum DeskRow {
  static let columns = [
    Column("mail", .fixed(6), priority: 2),
    Column("deadline", .fixed(8), .trailing),
    Column("waiting", .fixed(7), .trailing, priority: 3),
    Column("at", .fixed(7), priority: 1),
    Column("from", .flexible(minimum: 12)),
    Column("to", .flexible(minimum: 12)),
    Column("subject", .flexible(minimum: 12)),
    Column("size", .fixed(7), .trailing, priority: 4),
  ]

  static func cells(_ entry: HeldEntry, _ model: ConsoleModel) -> [DisplayText] {
    let trace = model.trace
    let row = trace.index[entry.row]
    let name = row.message > 0 ? "c\(row.connection).\(row.message)" : "c\(row.connection)"
    var cells = [
      DisplayText(name, style: Style(.connection(row.connection))),
      model.decided.contains(entry.number)
        ? DisplayText("decided", style: .dim) : HeldView.countdown(entry, model),
      DisplayText(entry.waited(at: model.now), style: .dim),
      DisplayText(row.stage == .bodyEOB ? "end" : TimelineView.stage(row), style: Style(.keyword)),
    ]
    guard row.message > 0, let message = trace.index.messageIndex(at: entry.row) else {
      let words = trace.packet(at: entry.row).map { PacketWords.text(of: $0, columns: 200) } ?? ""
      return cells + [words, "", "", ""]
    }
    let mail = trace.messages[message]
    let isRecipient = row.kind == .command(.rcpt)
    cells += [
      MessagesView.address(mail.mailRow, trace),
      isRecipient ? MessagesView.address(entry.row, trace) : MessagesView.recipients(mail, trace),
      MessagesView.subject(mail, trace),
      DisplayText(NumberText.bytes(mail.bytes), style: .dim),
    ]
    return cells
  }

  static func drawEmpty(_ model: ConsoleModel, into frame: inout Frame, in rect: Rect) {
    let held = model.ruleList.holdExpression
    let key = model.keymap.key(for: .holdPrompt, in: .held)?.description ?? ": on … do hold"
    let lines = [
      model.trace.count == 0 ? model.waitingWords : "nothing waits",
      held.isEmpty
        ? "no mail stops here; \(key) says which do, such as bodyeob: each at its end"
        : "what stops here for your verdict: \(held); \(key) changes that",
    ]
    for (index, words) in lines.enumerated() {
      let line = rect.line(min(1 + index, rect.rows - 1)).inset(columns: 2)
      frame.put(DisplayText(words, style: Style(.placeholder)), in: line)
    }
  }
}
