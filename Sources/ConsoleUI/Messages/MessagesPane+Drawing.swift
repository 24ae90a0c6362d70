import Cells
import Mail
import MilterProtocol
import Timeline
import TraceModel

extension MessagesPane {
  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    let length: MailOutcome.Length =
      layout.list.columns >= 112 ? .long : layout.list.columns >= 88 ? .medium : .short
    drawTable(
      columns(
        name: max(7, scene.trace.nameColumns), length, width: layout.list.columns,
        hasShadows: !scene.trace.index.shadows.isEmpty) + MailByTap.columns(scene.trace),
      empty: emptyWords(scene), hasKeys: hasKeys,
      into: &frame, in: layout
    ) { index in
      mails.mail(line: index).map { mail in
        cells(mail, below: index > 0 ? mails.mail(line: index - 1) : nil, scene.trace, length)
      }
    }
    if !layout.headings.isEmpty { drawPlace(scene, into: &frame, in: layout.headings) }
  }

  private func emptyWords(_ scene: Scene) -> String {
    guard scene.scope.filter != nil else {
      return scene.scope.start == nil ? "no mail so far" : "no mail since the lists were cleared"
    }
    return scene.isBusy ? "filtering …" : "no packet of a mail matches the filter; f changes it"
  }

  /// Over the right end of the headings: by which filter how much is shown, in which order, and what is below of a list that grows.
  private func drawPlace(_ scene: Scene, into frame: inout Frame, in rect: Rect) {
    let all = scene.extent.mails
    let isGrowing = scene.trace.isLive && scene.scope.freeze == nil && order == .time
    let below = isGrowing ? list.count - list.visible.upperBound : 0
    let newer = below > 0 ? DisplayText("\(NumberText.grouped(below)) newer below", style: Style(.warn)) : ""
    let count = DisplayText(scene.scope.filter == nil ? "" : "\(mails.count) of \(all)", style: .dim)
    let place = [count, DisplayText(order.short, style: .dim), newer].filter { !$0.isEmpty }.joined(gap: 2)
    // The headings of the mail and its time stay.
    let room = rect.columns - 20 - place.width - 3
    guard room > (scene.scope.filter == nil ? 0 : 10), !place.isEmpty else { return }
    let filter = scene.scope.filter.map { DisplayText($0.text, style: Style(.prompt)) } ?? ""
    let shown = "  " + (filter.isEmpty ? "" : filter.fitted(to: min(room, filter.width)) + "  ") + place
    frame.put(shown, at: Point(column: rect.endColumn - shown.width, row: rect.row))
  }

  private func columns(
    name: Int, _ length: MailOutcome.Length, width: Int, hasShadows: Bool
  ) -> [Column] {
    // What mark, mail, time, subject and outcome leave beside a whole id.
    let room = width - (1 + name + 8 + needs.queueID + 18 + 19 + 7) - (hasShadows ? 10 : 0)
    let addresses = [needs.sender, needs.recipients].map {
      Column.Width.growing(minimum: least($0, length, room: room), wanted: $0)
    }
    let columns = [
      Column("", .fixed(1)),
      Column("mail", .fixed(name)),
      Column("time", .fixed(8), priority: 5),
      // Cut, an id finds nothing in a log.
      Column("queue id", .fixed(needs.queueID), priority: 6),
      .address("from", addresses[0], priority: 3), .address("to", addresses[1], priority: 4),
      Column("subject", .flexible(minimum: length == .long ? 18 : 12), priority: 0),
      Column("size", .fixed(7), .trailing, priority: 7),
      Column("mods", .fixed(4), .trailing, priority: 8),
      outcome(length),
      Column("by", .fixed(8), priority: 9),
    ]
    return hasShadows ? columns + [Column("shadow", .fixed(9), priority: 2)] : columns
  }

  /// Where the list has the room of a whole screen, an ordinary address is whole, and lesser columns go for it, but not the id.
  private func least(_ wanted: Int, _ length: MailOutcome.Length, room: Int) -> Int {
    switch length {
    case .long: max(12, min(wanted, 26, room / 2))
    case .medium: 12
    case .short: 10
    }
  }

  private func outcome(_ length: MailOutcome.Length) -> Column {
    switch length {
    case .short: Column("outcome", .fixed(11), priority: 0)
    case .medium: Column("outcome", .fixed(19), priority: 0)
    case .long: Column("outcome", .growing(minimum: 19, wanted: needs.outcome), priority: 0)
    }
  }

  func cells(
    _ mail: Int, below above: Int?, _ trace: TraceView, _ length: MailOutcome.Length
  ) -> [DisplayText] {
    let chain = trace.index.chain(ofMessage: mail)
    let decisive = MailByTap.decisive(of: chain, trace)
    let message = trace.messages[mail]
    let connection = trace.connections[message.connection].number
    let changes = chain.reduce(0) { $0 + trace.messages[$1].modificationCount }
    func begin(_ mail: Int) -> Moment { trace.index.time(at: trace.messages[mail].rows.lowerBound) }
    let cells = [
      message.severity?.mark ?? "",
      DisplayText("c\(connection).\(message.number)", style: Style(.connection(connection))),
      DisplayText(trace.clock(begin(mail), below: above.map(begin), columns: 8), style: .dim),
      queueID(message, trace),
      trace.address(at: message.mailRow), trace.recipients(of: message), trace.subject(of: message),
      DisplayText(NumberText.bytes(message.bytes), style: .dim),
      changes == 0 ? DisplayText("·", style: .dim) : DisplayText("\(changes)", style: Style(.changed)),
      chain.contains { trace.isHeld(mail: $0) }
        ? DisplayText("waits", style: Style(.held, .bold))
        : chain.lazy.compactMap { due($0, trace, isLong: length != .short) }.first
          ?? MailOutcome.words(trace.messages[decisive], of: trace, length),
      by(decisive, trace),
    ]
    let ofShadows = trace.index.shadows.isEmpty ? [] : [shadow(mail, trace)]
    return cells + ofShadows + MailByTap.cells(of: chain, trace)
  }

  /// Whose shadow got it, or whether those of its milter did the same with it.
  private func shadow(_ mail: Int, _ trace: TraceView) -> DisplayText {
    let index = trace.index
    if let original = index.original(ofConnection: index.messages[mail].connection) {
      return DisplayText("of c\(index.connections[original].number)", style: .dim)
    }
    guard index.isShadowed(message: mail) else { return DisplayText("·", style: .dim) }
    let shadows = index.shadows(ofMessage: mail)
    let count = shadows.reduce(0) { $0 + index.differences(ofShadowsMessage: $1) }
    if count > 0 { return DisplayText("\(count) differ", style: Style(.warn)) }
    if shadows.contains(where: { index.messages[$0].phase == .lost }), index.messages[mail].phase != .lost {
      return DisplayText("gave up", style: .dim)
    }
    let isOver = !shadows.isEmpty && shadows.allSatisfy { index.messages[$0].phase != .open }
    return isOver ? DisplayText("same", style: Style(.good)) : DisplayText("…", style: .dim)
  }

  /// The row whole, for search, with what became of the mail in both lengths.
  func plainBytes(_ mail: Int, _ trace: TraceView) -> [UInt8] {
    let decisive = MailByTap.decisive(of: trace.index.chain(ofMessage: mail), trace)
    let short = MailOutcome.words(trace.messages[decisive], of: nil, .short)
    return (cells(mail, below: nil, trace, .long) + [short]).joined().plainBytes
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

  /// Where there are several milters, which of them.
  private func by(_ mail: Int, _ trace: TraceView) -> DisplayText {
    let message = trace.messages[mail]
    let tap = trace.index.tap(ofConnection: message.connection)
    if message.outcomeBy == .milter, let tap { return DisplayText(escaping: tap, style: .dim) }
    return DisplayText(message.outcomeBy?.word ?? "", style: .dim)
  }
}

extension Column {
  /// Of an address that is too long the domain stays.
  static func address(_ title: DisplayText, _ width: Width, priority: Int = 0) -> Column {
    var column = Column(title, width, priority: priority)
    column.cut = .before("@")
    return column
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
