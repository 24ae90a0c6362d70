import Cells
import Mail
import MilterProtocol
import TraceModel

/// The Messages view: a row a mail, the newest first.
enum MessagesView {
  static func draw(_ model: ConsoleModel, into frame: inout Frame, in layout: Layout) {
    let columns = layout.list.columns
    let outcomeIsLong = columns >= 88
    ListTable.draw(
      self.columns(
        name: max(6, TimelineView.nameColumns(model)), isWide: columns >= 96, outcomeIsLong: outcomeIsLong),
      model, empty: emptyWords(model),
      into: &frame, in: layout
    ) { index in
      model.mails.mail(line: index).map { mail in
        cells(
          mail, below: index > 0 ? model.mails.mail(line: index - 1) : nil, model,
          outcomeIsLong: outcomeIsLong)
      }
    }
    if !layout.headings.isEmpty { drawPlace(model, into: &frame, in: layout.headings) }
  }

  private static func emptyWords(_ model: ConsoleModel) -> String {
    guard model.filter != nil else { return "no mail so far" }
    return model.isBusy ? "filtering …" : "no packet of a mail matches the filter; f changes it"
  }

  /// Over the right end of the headings: by which filter how much is shown, and what is above of a list that grows.
  private static func drawPlace(_ model: ConsoleModel, into frame: inout Frame, in rect: Rect) {
    let all = model.freeze?.mails ?? model.trace.messages.count
    let above = model.isLive && !model.isFrozen ? model.list.top : 0
    let newer = above > 0 ? DisplayText("\(NumberText.grouped(above)) newer above", style: Style(.warn)) : ""
    let count = DisplayText(model.filter == nil ? "" : "\(model.mails.count) of \(all)", style: .dim)
    let place = [count, newer].filter { !$0.isEmpty }.joined(gap: 2)
    // The headings of the mail and its time stay.
    let room = rect.columns - 20 - place.width - 3
    guard room > (model.filter == nil ? 0 : 10), !place.isEmpty else { return }
    let filter = model.filter.map { DisplayText($0.text, style: Style(.prompt)) } ?? ""
    let shown = "  " + (filter.isEmpty ? "" : filter.fitted(to: min(room, filter.width)) + "  ") + place
    frame.put(shown, at: Point(column: rect.endColumn - shown.width, row: rect.row))
  }

  private static func columns(name: Int, isWide: Bool, outcomeIsLong: Bool) -> [Column] {
    [
      Column("", .fixed(1)),
      Column("mail", .fixed(name)),
      Column("time", .fixed(8), priority: 6),
      Column("queue id", .fixed(isWide ? 15 : 10), priority: 5),
      Column("from", .flexible(minimum: 12), priority: 3),
      Column("to", .flexible(minimum: 12), priority: 4),
      Column("subject", .flexible(minimum: 12), priority: 0),
      Column("size", .fixed(7), .trailing, priority: 7),
      Column("mods", .fixed(4), .trailing, priority: 8),
      Column("outcome", .fixed(outcomeIsLong ? 19 : 11), priority: 0),
      Column("by", .fixed(8), priority: 9),
    ]
  }

  private static func cells(
    _ mail: Int, below above: Int?, _ model: ConsoleModel, outcomeIsLong: Bool
  ) -> [DisplayText] {
    let message = model.trace.messages[mail]
    let trace = model.trace
    let connection = trace.connections[message.connection].number
    func begin(_ mail: Int) -> Moment { trace.index.time(at: trace.messages[mail].rows.lowerBound) }
    return [
      message.severity?.mark ?? "",
      DisplayText("c\(connection).\(message.number)", style: Style(.connection(connection))),
      DisplayText(trace.clock(begin(mail), below: above.map(begin), columns: 8), style: .dim),
      queueID(message, model),
      address(message.mailRow, trace), recipients(message, trace), subject(message, trace),
      DisplayText(NumberText.bytes(message.bytes), style: .dim),
      message.modificationCount == 0
        ? DisplayText("·", style: .dim) : DisplayText("\(message.modificationCount)", style: Style(.changed)),
      model.isHeld(mail: mail)
        ? DisplayText("waits", style: Style(.held, .bold))
        : outcome(message, isLong: outcomeIsLong),
      by(message),
    ]
  }

  /// The row whole, for search, with what became of the mail in both lengths.
  static func plainBytes(_ mail: Int, _ model: ConsoleModel) -> [UInt8] {
    let short = outcome(model.trace.messages[mail], isLong: false)
    return (cells(mail, below: nil, model, outcomeIsLong: true) + [short]).joined().plainBytes
  }

  private static func queueID(_ message: MessageEntry, _ model: ConsoleModel) -> DisplayText {
    guard let id = model.trace.reader.context(at: message.rows.lowerBound).queueID else {
      return DisplayText("·", style: .dim)
    }
    return DisplayText(escaping: id)
  }

  static func address(_ row: Int?, _ trace: TraceView) -> DisplayText {
    guard let row, let packet = trace.packet(at: row) else { return DisplayText("·", style: .dim) }
    switch Dissection(packet).shape {
    case .mail(let address, _), .rcpt(let address, _):
      return DisplayText(escaping: packet.bytes[address], columns: 120)
    default: return ""
    }
  }

  static func recipients(_ message: MessageEntry, _ trace: TraceView) -> DisplayText {
    var text = address(message.rcptRow, trace)
    if message.recipientCount > 1 { text += DisplayText(" +\(message.recipientCount - 1)", style: .dim) }
    return text
  }

  /// With the recipients that were refused of a mail that went on for others; shorter where the room is short.
  private static func outcome(_ message: MessageEntry, isLong: Bool) -> DisplayText {
    let refused = message.refusedCount
    guard refused > 0, !message.lostAllRecipients else { return outcome(message) }
    if isLong { return outcome(message) + DisplayText(", \(refused) refused", style: Style(.bad)) }
    guard message.outcome == .accepted else {
      return outcome(message) + DisplayText(" −\(refused)", style: Style(.bad))
    }
    return DisplayText("ok", style: Style(.good)) + DisplayText(" −\(refused) rcpt", style: Style(.bad))
  }

  static func subject(_ message: MessageEntry, _ trace: TraceView) -> DisplayText {
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
