import Cells
import Delivery
import MilterProtocol
import TraceModel

/// The Fields tab: every field of the packet with its meaning, what comes of it, and what was remarked on it.
enum FieldsTab {
  /// - Parameter lead: the rule whose finding stands first.
  static func lines(
    _ detail: PacketDetail, lead: FindingRule? = nil, width: Int, _ scene: Scene
  ) -> [DetailLine] {
    let trace = scene.trace
    var page = DetailPage(width: width)
    let place = detail.place(in: trace)
    findings(detail, lead: lead, place, into: &page)
    notes(detail, into: &page)
    if let leaving = detail.leaving {
      let isHeld = detail.flags.contains(.waiting)
      page.heading(isHeld ? "As it would leave now" : "As it left")
      fields(leaving, besides: detail.packet, into: &page)
      page.heading("As it came")
    }
    fields(detail.packet, into: &page)
    RefusedByMTA.add(detail, into: &page)
    if let command = detail.answers { link("answers", to: command, into: &page, trace) }
    VerdictSection.add(detail, scene.settings.knownRules(for: detail), into: &page)
    let logs = place.logs
    if !logs.isEmpty {
      page.heading("In the log")
      page.logs(logs, indent: 2)
    }
    history(detail, into: &page, trace)
    context(detail, scene.settings.knownRules(for: detail), into: &page, trace)
    return page.lines
  }

  // MARK: the packet's own fields

  /// - Parameter original: what it was before; what is new in it stands out.
  private static func fields(
    _ packet: Packet, besides original: Packet? = nil, into page: inout DetailPage
  ) {
    let isMacro = packet.kind == .command(.macro)
    let before = original.map { PacketField.fields(of: $0).map { $0.label + "\(bytes($0))" } }
    for field in PacketField.fields(of: packet) where field.label != "length" {
      let isNew = before.map { !$0.contains(field.label + "\(bytes(field))") } ?? false
      let label = DisplayText(field.label, style: isNew ? Style(.edited, .bold) : Style(.name))
      var text =
        (isNew ? DisplayText("* ", style: Style(.edited, .bold)) : "") + value(field, code: packet.kind)
      if let note = field.note, field.label != "code" {
        text += (text.isEmpty ? "" : "  ") + DisplayText(isMacro ? "· " + note : note, style: .dim)
      }
      page.row(label, text, value: bytes(field), bytes: original == nil ? field.range : nil)
    }
  }

  private static func value(_ field: PacketField, code: PacketKind) -> DisplayText {
    switch field.value {
    case .wire(let bytes):
      return bytes.isEmpty ? DisplayText("empty", style: Style(.placeholder)) : wire(bytes)
    case .number(let number): return DisplayText(String(number), style: Style(.number))
    case .letter(let letter):
      let shown = InertText.string(escaping: [letter])
      if field.label == "code" {
        return DisplayText(code.name, style: Style(.keyword)) + DisplayText("  \(shown)", style: .dim)
      }
      return DisplayText(shown, style: Style(.number))
    case .flags(let raw, let names):
      let hex = "0x" + String(raw, radix: 16)
      return DisplayText(names.isEmpty ? "none" : names.joined(separator: " "))
        + DisplayText("  \(hex)", style: .dim)
    }
  }

  private static func wire(_ bytes: ArraySlice<UInt8>) -> DisplayText {
    // Folded values and bodies are read in Message and Hex; here they stand in one piece.
    DisplayText(escaping: bytes.prefix(2000), style: Style(.value))
      + (bytes.count > 2000
        ? DisplayText(" … \(NumberText.grouped(bytes.count - 2000)) bytes more", style: .dim) : "")
  }

  private static func bytes(_ field: PacketField) -> [UInt8] {
    switch field.value {
    case .wire(let bytes): Array(bytes)
    case .number(let number): Array(String(number).utf8)
    case .letter(let letter): [letter]
    case .flags(let raw, _): Array(("0x" + String(raw, radix: 16)).utf8)
    }
  }

  private static func findings(
    _ detail: PacketDetail, lead: FindingRule?, _ place: LogPlace, into page: inout DetailPage
  ) {
    let others = detail.findings.filter { $0.rule != lead }
    let ordered =
      detail.findings.filter { $0.rule == lead } + others.filter { $0.cause == nil }
      + others.filter { $0.cause != nil }
    for finding in ordered {
      let head =
        finding.severity.mark + DisplayText(" \(finding.rule.id) ", style: Style(finding.severity.role))
      let other = finding.sentence.packets.first { $0 != finding.packet }
      page.paragraph(head + DisplayText(finding.text), indent: 1, packet: other)
      var told = finding
      told.logs = place.logs(of: finding)
      page.advice(told, indent: 3)
    }
    if !detail.findings.isEmpty { page.add(.blank) }
  }

  private static func notes(_ detail: PacketDetail, into page: inout DetailPage) {
    for record in detail.remarks {
      guard case .noted(let text, _) = record.event else { continue }
      page.paragraph(
        DisplayText("✎ ", style: Style(.marked)) + DisplayText(text.text), indent: 1,
        value: Array(text.text.utf8))
    }
  }

  /// What happened to the packet on its way.
  private static func history(
    _ detail: PacketDetail, into page: inout DetailPage, _ trace: TraceView
  ) {
    let lines = detail.remarks.compactMap { Remarks.words($0) }
    guard !lines.isEmpty else { return }
    page.heading("On its way")
    for (moment, words) in lines {
      page.row(DisplayText(trace.clock(moment, beside: detail.time), style: .dim), words)
    }
  }

  /// Where the packet stands: what answers it, its message and client.
  private static func context(
    _ detail: PacketDetail, _ known: KnownMTA?, into page: inout DetailPage, _ trace: TraceView
  ) {
    page.heading("Context")
    page.row("time", DisplayText(trace.stamp(detail.time)) + after(detail) + handover(detail, known, trace))
    if let reply = detail.reply { link("answered by", to: reply, into: &page, trace) }
    if !detail.macros.isEmpty { link("macros", to: detail.macros[0], into: &page, trace) }
    if let client = detail.facts.client {
      var text = DisplayText(escaping: client.hostname.slice)
      if let address = client.address { text += " [" + DisplayText(escaping: address.slice) + "]" }
      page.row("client", text)
    }
    if let helo = detail.facts.helo { page.row("helo", DisplayText(escaping: helo.slice)) }
    if detail.message > 0, let message = detail.facts.message, message.number == detail.message {
      if let sender = message.sender { page.row("from", DisplayText(escaping: sender.address.slice)) }
      if let id = message.queueID { page.row("queue id", DisplayText(escaping: id.slice)) }
    }
    if let ending = detail.ending {
      page.row(
        "ended",
        DisplayText(
          trace.clock(ending.time, beside: detail.time) + "  " + ending.closed.words))
    }
    page.row("size", DisplayText("\(NumberText.grouped(detail.packet.bytes.count)) bytes on the wire"))
  }

  private static func after(_ detail: PacketDetail) -> DisplayText {
    guard let took = detail.took else { return "" }
    return DisplayText("  \(TimeText.span(took)) after its command", style: .dim)
  }

  /// What the time was spent with before the first packet that Postfix's cleanup sends.
  private static func handover(_ detail: PacketDetail, _ known: KnownMTA?, _ trace: TraceView) -> DisplayText
  {
    guard known == .postfix, detail.packet.sender == .mta, detail.stage?.isOfContent == true,
      let message = trace.index.messageIndex(at: detail.row),
      let before = trace.index.rows(ofMessage: message).last(where: { $0 < detail.row })
    else { return "" }
    let last = trace.index[before]
    guard last.sender == .milter, let stage = last.stage, !stage.isOfContent else { return "" }
    return DisplayText(
      "  \(TimeText.span(detail.time - last.time)) after \(stage.name): the client sent the mail, then smtpd handed over to cleanup",
      style: .dim)
  }

  private static func link(
    _ label: String, to number: Int, into page: inout DetailPage, _ trace: TraceView
  ) {
    guard let packet = trace.packet(numbered: number) else { return }
    let name = packet.kind.name
    let said = PacketWords.text(of: packet, columns: 200)
    let isName = said.plainBytes == Array(name.lowercased().utf8)
    let words =
      DisplayText("packet \(number)  ", style: Style(.number))
      + DisplayText(name, style: Style(.keyword)) + (isName ? "" : " " + said)
    let shown = words.isCut ? words.fitted(to: words.width) : words
    page.row(DisplayText(label, style: Style(.name)), shown, packet: number)
  }
}
