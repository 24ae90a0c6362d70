import Cells
import Mail
import MilterProtocol
import Timeline
import TraceModel

extension MessagesPane {
  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    let columns = layout.list.columns
    let outcomeIsLong = columns >= 88
    drawTable(
      self.columns(
        name: max(6, scene.trace.nameColumns), isWide: columns >= 96, outcomeIsLong: outcomeIsLong),
      empty: emptyWords(scene), hasKeys: hasKeys, into: &frame, in: layout
    ) { index in
      mails.mail(line: index).map { mail in
        cells(
          mail, below: index > 0 ? mails.mail(line: index - 1) : nil, scene.trace,
          outcomeIsLong: outcomeIsLong)
      }
    }
    if !layout.headings.isEmpty { drawPlace(scene, into: &frame, in: layout.headings) }
  }

  private func emptyWords(_ scene: Scene) -> String {
    guard scene.scope.filter != nil else { return "no mail so far" }
    return scene.isBusy ? "filtering …" : "no packet of a mail matches the filter; f changes it"
  }

  /// Over the right end of the headings: by which filter how much is shown, and what is above of a list that grows.
  private func drawPlace(_ scene: Scene, into frame: inout Frame, in rect: Rect) {
    let all = scene.extent.mails
    let above = scene.trace.isLive && scene.scope.freeze == nil ? list.top : 0
    let newer = above > 0 ? DisplayText("\(NumberText.grouped(above)) newer above", style: Style(.warn)) : ""
    let count = DisplayText(scene.scope.filter == nil ? "" : "\(mails.count) of \(all)", style: .dim)
    let place = [count, newer].filter { !$0.isEmpty }.joined(gap: 2)
    // The headings of the mail and its time stay.
    let room = rect.columns - 20 - place.width - 3
    guard room > (scene.scope.filter == nil ? 0 : 10), !place.isEmpty else { return }
    let filter = scene.scope.filter.map { DisplayText($0.text, style: Style(.prompt)) } ?? ""
    let shown = "  " + (filter.isEmpty ? "" : filter.fitted(to: min(room, filter.width)) + "  ") + place
    frame.put(shown, at: Point(column: rect.endColumn - shown.width, row: rect.row))
  }

  private func columns(name: Int, isWide: Bool, outcomeIsLong: Bool) -> [Column] {
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

  private func cells(
    _ mail: Int, below above: Int?, _ trace: TraceView, outcomeIsLong: Bool
  ) -> [DisplayText] {
    let message = trace.messages[mail]
    let connection = trace.connections[message.connection].number
    func begin(_ mail: Int) -> Moment { trace.index.time(at: trace.messages[mail].rows.lowerBound) }
    return [
      message.severity?.mark ?? "",
      DisplayText("c\(connection).\(message.number)", style: Style(.connection(connection))),
      DisplayText(trace.clock(begin(mail), below: above.map(begin), columns: 8), style: .dim),
      queueID(message, trace),
      trace.address(at: message.mailRow), trace.recipients(of: message), trace.subject(of: message),
      DisplayText(NumberText.bytes(message.bytes), style: .dim),
      message.modificationCount == 0
        ? DisplayText("·", style: .dim) : DisplayText("\(message.modificationCount)", style: Style(.changed)),
      trace.isHeld(mail: mail)
        ? DisplayText("waits", style: Style(.held, .bold))
        : due(mail, trace, isLong: outcomeIsLong) ?? outcome(message, isLong: outcomeIsLong),
      by(message),
    ]
  }

  /// The row whole, for search, with what became of the mail in both lengths.
  func plainBytes(_ mail: Int, _ trace: TraceView) -> [UInt8] {
    let short = outcome(trace.messages[mail], isLong: false)
    return (cells(mail, below: nil, trace, outcomeIsLong: true) + [short]).joined().plainBytes
  }

  private func queueID(_ message: MessageEntry, _ trace: TraceView) -> DisplayText {
    guard let id = trace.reader.context(at: message.rows.lowerBound).queueID else {
      return DisplayText("·", style: .dim)
    }
    return DisplayText(escaping: id)
  }

  /// A reply about it that its MTA has waited for, for long.
  private func due(_ mail: Int, _ trace: TraceView, isLong: Bool) -> DisplayText? {
    let message = trace.messages[mail]
    let connection = trace.connections[message.connection].number
    guard let due = trace.due.first(where: { $0.connection == connection && $0.message == message.number })
    else { return nil }
    let words = due.shortWords(at: trace.now)
    return DisplayText(isLong ? "\(due.stage.name) \(words)" : words, style: Style(.warn))
  }

  /// With the recipients that were refused of a mail that went on for others; shorter where the room is short.
  private func outcome(_ message: MessageEntry, isLong: Bool) -> DisplayText {
    let refused = message.refusedCount
    guard refused > 0, !message.lostAllRecipients else { return outcome(message) }
    if isLong { return outcome(message) + DisplayText(", \(refused) refused", style: Style(.bad)) }
    guard message.outcome == .accepted else {
      return outcome(message) + DisplayText(" −\(refused)", style: Style(.bad))
    }
    return DisplayText("ok", style: Style(.good)) + DisplayText(" −\(refused) rcpt", style: Style(.bad))
  }

  private func outcome(_ message: MessageEntry) -> DisplayText {
    let role: Style.Role
    switch message.outcome {
    case .accepted: role = .good
    case .rejected: role = .bad
    case .tempfailed, .discarded, .quarantined, .lost: role = .warn
    case .open, .aborted: role = .dim
    }
    return DisplayText(message.outcome.rawValue, style: Style(role))
  }

  private func by(_ message: MessageEntry) -> DisplayText {
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
