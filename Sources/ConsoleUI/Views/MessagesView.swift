import MilterProtocol
import TraceModel

/// The Messages view: a row a mail, the newest first.
enum MessagesView {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
    let columns = columns(layout.list.columns)
    let places = Column.layout(columns, width: layout.list.columns)
    if !layout.headings.isEmpty {
      frame.put(columns.map(\.title), columns: columns, at: places, in: layout.headings, style: .dim)
    }
    let list = model.list
    if list.count == 0 {
      let line = layout.list.line(min(1, layout.list.rows - 1)).inset(columns: 2)
      frame.put(DisplayText("no mail so far", style: Style(.placeholder)), in: line)
    }
    for (row, index) in list.visible.enumerated() {
      let rect = layout.list.line(row)
      let messages = model.trace.messages
      guard !rect.isEmpty, messages.indices.contains(messages.count - 1 - index) else { continue }
      let message = messages[messages.count - 1 - index]
      frame.put(cells(message, model), columns: columns, at: places, in: rect)
      if index == list.cursor {
        frame.add(model.focus == .list ? .selected : .selectedElsewhere, in: rect)
      }
    }
  }

  private static func columns(_ width: Int) -> [Column] {
    let isWide = width >= 96
    return [
      Column("", .fixed(1)),
      Column("mail", .fixed(6)),
      Column("time", .fixed(8), priority: 6),
      Column("queue id", .fixed(isWide ? 15 : 10), priority: 5),
      Column("from", .flexible(minimum: 12), priority: 3),
      Column("to", .flexible(minimum: 12), priority: 4),
      Column("subject", .flexible(minimum: 12), priority: 0),
      Column("size", .fixed(7), .trailing, priority: 7),
      Column("mods", .fixed(4), .trailing, priority: 8),
      Column("outcome", .fixed(11), priority: 0),
      Column("by", .fixed(8), priority: 9),
    ]
  }

  private static func cells(_ message: MessageEntry, _ model: ConsoleModel) -> [DisplayText] {
    let trace = model.trace
    let connection = trace.connections[message.connection].number
    let first = trace.index.time(at: message.rows.lowerBound)
    return [
      message.severity?.sign ?? "",
      DisplayText("c\(connection).\(message.number)", style: Style(.connection(connection))),
      DisplayText(String(trace.clock(first).prefix(8)), style: .dim),
      queueID(message, model),
      address(message.mailRow, trace), recipients(message, trace), subject(message, trace),
      DisplayText(NumberText.bytes(message.bytes), style: .dim),
      message.modificationCount == 0
        ? DisplayText("·", style: .dim) : DisplayText("\(message.modificationCount)", style: Style(.changed)),
      outcome(message), by(message),
    ]
  }

  private static func queueID(_ message: MessageEntry, _ model: ConsoleModel) -> DisplayText {
    guard let id = model.trace.reader.context(at: message.rows.lowerBound).queueID else {
      return DisplayText("·", style: .dim)
    }
    return DisplayText(escaping: id)
  }

  private static func address(_ row: Int?, _ trace: TraceView) -> DisplayText {
    guard let row, let packet = trace.packet(at: row) else { return DisplayText("·", style: .dim) }
    switch Dissection(packet).shape {
    case .mail(let address, _), .rcpt(let address, _):
      return DisplayText(escaping: packet.bytes[address], columns: 120)
    default: return ""
    }
  }

  private static func recipients(_ message: MessageEntry, _ trace: TraceView) -> DisplayText {
    var text = address(message.rcptRow, trace)
    if message.recipientCount > 1 { text += DisplayText(" +\(message.recipientCount - 1)", style: .dim) }
    if message.refusedCount > 0 {
      text += DisplayText(" \(message.refusedCount) refused", style: Style(.bad))
    }
    return text
  }

  private static func subject(_ message: MessageEntry, _ trace: TraceView) -> DisplayText {
    guard let row = message.subjectRow, let packet = trace.packet(at: row),
      case .header(_, let value) = Dissection(packet).shape
    else { return DisplayText("·", style: .dim) }
    return DisplayText(escaping: decoded(Array(packet.bytes[value])), columns: 200)
  }

  private static func decoded(_ value: [UInt8]) -> [UInt8] {
    let words = EncodedWords(value)
    return words.hasEncodedWords ? words.text(of: value) : value
  }

  static func outcome(_ message: MessageEntry) -> DisplayText {
    let role: Style.Role
    switch message.outcome {
    case .accepted: role = .good
    case .rejected: role = .bad
    case .tempfailed, .discarded, .quarantined, .lost: role = .warn
    case .open, .aborted: role = .dim
    }
    return DisplayText(message.outcome.rawValue, style: Style(role))
  }

  private static func by(_ message: MessageEntry) -> DisplayText {
    DisplayText(message.outcomeBy?.word ?? "", style: .dim)
  }
}

extension MessageEntry.Decision.By {
  var word: String {
    switch self {
    case .milter: "milter"
    case .operator: "operator"
    case .rule: "rule"
    case .policy: "default"
    case .timeout: "deadline"
    }
  }
}
