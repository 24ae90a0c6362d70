import Cells
import MilterProtocol
import TraceModel

extension HeldPane {
  /// Columns from which on there is room for *no deadline*.
  private static let wideFrom = 60

  func draw(_ scene: Scene, hasKeys: Bool, into frame: inout Frame, in layout: Layout) {
    let trace = scene.trace
    let columns = trace.isDesk ? deskColumns(layout.list.columns, trace) : columns(layout.list.columns, trace)
    drawTable(columns, empty: emptyWords(trace), hasKeys: hasKeys, into: &frame, in: layout) { index in
      guard trace.waiting.indices.contains(index) else { return nil }
      return trace.isDesk
        ? deskCells(trace.waiting[index], layout.list.columns, trace)
        : cells(trace.waiting[index], layout.list.columns, trace)
    }
    if trace.isDesk, list.count == 0 { drawEmptyDesk(scene, into: &frame, in: layout.list) }
  }

  /// The desk has words of its own.
  private func emptyWords(_ trace: TraceView) -> String {
    if trace.isDesk { return "" }
    return trace.isLive
      ? "Nothing held. Press i to hold packets that match a filter, e.g. bodyeob"
      : "Nothing held: this is a recorded trace"
  }

  private func columns(_ width: Int, _ trace: TraceView) -> [Column] {
    [
      Column("#", .fixed(6), .trailing),
      Column(
        DisplayText(trace.timeoutWords),
        .fixed(max(countdownColumns(trace, width), trace.timeoutWords.count)),
        .trailing),
      Column("waiting", .fixed(7), .trailing, priority: 3),
      Column("conn", .fixed(6), priority: 2),
      Column("", .fixed(1)),
      Column("stage", .fixed(8)),
      Column("packet", .flexible(minimum: 18)),
      Column("held by", width < 100 ? .fixed(12) : .flexible(minimum: 24), priority: 1),
    ]
  }

  private func cells(_ entry: HeldEntry, _ width: Int, _ trace: TraceView) -> [DisplayText] {
    let row = trace.index[entry.row]
    let packet = trace.packetAsItLeaves(at: entry.row)
    let isFromMTA = row.sender == .mta
    return [
      DisplayText(String(entry.number), style: .dim), countdown(entry, width, trace),
      DisplayText(entry.waited(at: trace.now), style: .dim),
      DisplayText(row.name, style: Style(.connection(row.connection))),
      DisplayText(isFromMTA ? "→" : "←", style: Style(isFromMTA ? .fromMTA : .fromMilter)),
      DisplayText(row.stageName, style: Style(.keyword)),
      packet.map { PacketWords.text(of: $0, columns: 200) } ?? "",
      DisplayText(who(entry, trace), style: Style(.rule)),
    ]
  }

  /// Who holds it, and what a rule has decided about it.
  private func who(_ entry: HeldEntry, _ trace: TraceView) -> String {
    let ruled = RulesWord(in: trace.index.remarkRecords(about: entry.row, from: trace.source))
    return Remarks.who(entry.cause) + (ruled.map { "; \($0.words)" } ?? "")
  }

  /// Wider where no deadline, or a client's leaving, is told.
  private func countdownColumns(_ trace: TraceView, _ width: Int) -> Int {
    width >= Self.wideFrom && trace.waiting.contains { $0.deadline == nil || $0.clientIsFirst } ? 12 : 8
  }

  /// Red in the last ten seconds; the words say the same.
  private func countdown(_ entry: HeldEntry, _ width: Int, _ trace: TraceView) -> DisplayText {
    let style = Style(entry.isUrgent(at: trace.now) ? .bad : .held, .bold)
    switch entry.limit(at: trace.now) {
    case .unasked(let left): return DisplayText("in " + left, style: style)
    case .client(let left):
      return DisplayText(width >= Self.wideFrom ? "client \(left)" : left, style: style)
    case .clientLeft: return DisplayText(width >= Self.wideFrom ? "client left?" : "client?", style: style)
    case .none: return DisplayText(width >= Self.wideFrom ? "no deadline" : "none", style: .dim)
    }
  }

  // MARK: where a person is the milter: the mail that waits rather than its packet

  private func deskColumns(_ width: Int, _ trace: TraceView) -> [Column] {
    [
      Column("mail", .fixed(6), priority: 2),
      Column("deadline", .fixed(countdownColumns(trace, width)), .trailing),
      Column("waiting", .fixed(7), .trailing, priority: 3),
      Column("at", .fixed(7), priority: 1),
      .address("from", .flexible(minimum: 12)), .address("to", .flexible(minimum: 12)),
      Column("subject", .flexible(minimum: 12)),
      Column("size", .fixed(7), .trailing, priority: 4),
    ]
  }

  private func deskCells(_ entry: HeldEntry, _ width: Int, _ trace: TraceView) -> [DisplayText] {
    let row = trace.index[entry.row]
    var cells = [
      DisplayText(row.name, style: Style(.connection(row.connection))),
      decided.contains(entry.number) ? DisplayText("decided", style: .dim) : countdown(entry, width, trace),
      DisplayText(entry.waited(at: trace.now), style: .dim),
      DisplayText(row.stage == .bodyEOB ? "end" : row.stageName, style: Style(.keyword)),
    ]
    guard row.message > 0, let message = trace.index.messageIndex(at: entry.row) else {
      let words = trace.packet(at: entry.row).map { PacketWords.text(of: $0, columns: 200) } ?? ""
      return cells + [words, "", "", ""]
    }
    let mail = trace.messages[message]
    let isRecipient = row.kind == .command(.rcpt)
    cells += [
      trace.address(at: mail.mailRow),
      isRecipient ? trace.address(at: entry.row) : trace.standingRecipients(of: mail, at: entry.row),
      trace.subject(of: mail),
      DisplayText(NumberText.bytes(mail.bytes), style: .dim),
    ]
    return cells
  }

  private func drawEmptyDesk(_ scene: Scene, into frame: inout Frame, in rect: Rect) {
    let held = scene.rules.holdExpression
    let key = scene.key(for: .holdPrompt, in: .held, else: ": on … do hold")
    let lines = [
      scene.trace.count == 0 ? scene.trace.waitingWords : "No mail is waiting.",
      held.isEmpty
        ? "Press \(key) to hold mails for your verdict, e.g. bodyeob: each at its end."
        : "Held for your verdict: \(held). Press \(key) to change that.",
    ]
    for (index, words) in lines.enumerated() {
      drawPlaceholder(words, line: 1 + index, into: &frame, in: rect)
    }
  }
}
