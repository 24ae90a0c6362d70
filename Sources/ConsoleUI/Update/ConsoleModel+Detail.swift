import Cells
import MilterProtocol
import TraceModel

extension ConsoleModel {
  /// Makes the detail's lines anew where the selection, the tab, the width or what is known has changed.
  mutating func refreshDetail() {
    guard hasDetail, helpTop == nil else { return }
    let width = max(20, layout.detail.columns)
    let row = focusRow
    let made = DetailState.Made(
      view: view, packet: row, tab: tab, width: width, revision: revision(of: row), lit: lit,
      settings: settings, showsEffect: showsEffect, rule: ruleRevision,
      ruleText: selectedRule.map { ruleList.rules[$0].text } ?? "", silent: selectedSilent)
    guard made != detail.made else { return }
    let isSameThing = detail.made?.packet == row && detail.made?.tab == tab && detail.made?.view == view
    if detail.made?.packet != row { lit = nil }
    detail.made = made
    detail.made?.lit = lit
    let place = detail.list.cursor
    guard let row, let packet = trace.detail(at: row) else {
      detail.title = title(ofNothing: row)
      detail.shortTitle = ""
      detail.show(.lines(linesOfNothing()), width: width)
      return
    }
    let isMail = view == .messages || desk != nil && packet.message > 0
    detail.title = isMail ? messageTitle(packet) : title(packet)
    detail.shortTitle =
      view == .messages ? messageName(packet) : DisplayText("#\(packet.number)")
    detail.show(content(packet, width: width), width: width)
    detail.list.select(isSameThing ? place : firstLine(packet, width: width))
  }

  private var ruleRevision: [Int] {
    guard let index = selectedRule else { return [] }
    let hits = trace.index.ruleHits.count(of: ruleList.rules[index].label)
    return [index, hits, trial?.pass.rows.count ?? 0, trial?.pass.next ?? 0]
  }

  /// Changes with whatever may change about a packet after it was folded in: remarks, its reply, the rest of its mail.
  private func revision(of row: Int?) -> Int {
    guard let row, row < trace.count else { return trace.index.recordCount }
    let connection = trace.connections[trace.index.connectionIndex(at: row)]
    let remarks = trace.index.recordNumbers(about: row).count + (connection.endedRecord == nil ? 0 : 1)
    if view == .messages { return remarks + (selectedMessage?.rows.upperBound ?? 0) }
    let isAnswered = trace.index[row].sender == .milter || connection.packetCount > 4096
    return remarks + (isAnswered ? 0 : trace.index.replyRows(to: row).count)
  }

  private func content(_ packet: PacketDetail, width: Int) -> DetailState.Content {
    switch tab {
    case .fields: .lines(FieldsTab.lines(packet, width: width, self))
    case .macros: .lines(MacrosTab.lines(packet, width: width, self))
    case .message: .lines(MessageTab.lines(packet, width: width, self))
    case .hex: .hex(bytes: packet.packet.bytes, lit: lit)
    case .session: .lines(SessionTab.lines(packet, width: width, self))
    }
  }

  /// Where a page opens: Hex at the lit bytes, everything else at its top.
  private func firstLine(_ packet: PacketDetail, width: Int) -> Int {
    guard tab == .hex, let lit else { return 0 }
    return lit.lowerBound / HexView.bytesPerLine(width: width)
  }

  /// `packet 120 · reply to RCPT <bob@example.net>`.
  private func title(_ packet: PacketDetail) -> DisplayText {
    guard let number = packet.answers, let command = trace.packet(numbered: number), command.isNamedByWords
    else { return packet.title }
    return packet.title + " " + PacketWords.text(of: command, columns: 200)
  }

  private func messageTitle(_ packet: PacketDetail) -> DisplayText {
    "message " + messageName(packet)
  }

  private func messageName(_ packet: PacketDetail) -> DisplayText {
    DisplayText("c\(packet.connection).\(packet.message)")
  }

  private func title(ofNothing row: Int?) -> DisplayText {
    if let index = selectedRule { return DisplayText("rule \(index + 1)") }
    if let silent = selectedSilent {
      return DisplayText("connection c\(trace.connections[silent.connection].number)")
    }
    return row == nil ? "nothing selected" : "unreadable"
  }

  private func linesOfNothing() -> [DetailLine] {
    if view == .rules { return RulesView.detail(self, width: layout.detail.columns) }
    if view == .findings, let finding = selectedFinding, let record = trace.source.record(at: finding.record),
      case .found(let found) = record.event
    {
      var page = DetailPage(width: layout.detail.columns)
      page.paragraph(found.severity.mark + " " + DisplayText(found.text), indent: 1)
      page.paragraph(DisplayText(found.rule.consequence, style: .dim), indent: 3)
      return page.lines
    }
    if let silent = selectedSilent {
      return SessionTab.lines(silent, width: layout.detail.columns, trace)
    }
    return trace.count == 0 && view != .held ? [.remark(waitingWords, indent: 1)] : []
  }

  /// What an empty screen says.
  var waitingWords: String {
    switch origin {
    case .live(let listen, _, _): "waiting for an MTA to connect to \(listen)"
    case .demo: "the first mail is on its way"
    case .files: isLive ? "waiting for the first packet to arrive" : "this trace has no packets so far"
    }
  }
}

extension Packet {
  /// Whether its words tell it from others of its stage.
  fileprivate var isNamedByWords: Bool {
    switch kind {
    case .command(.connect), .command(.helo), .command(.mail), .command(.rcpt), .command(.header),
      .command(.unknown):
      true
    case .command, .reply, .unknown, .empty: false
    }
  }
}
