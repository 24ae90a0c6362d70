import Cells
import Delivery
import Mail
import MilterProtocol
import Timeline
import TraceModel

/// The Message tab: what became of the mail, then the mail as it is known at the packet, with what an eye would miss made visible;
/// its body last.
enum MessageTab {
  /// - Parameter isWhole: whether the mail is shown to its end rather than as it was known at the packet.
  static func lines(
    _ detail: PacketDetail, width: Int, isWhole: Bool, showsEffect: Bool, _ scene: Scene
  ) -> [DetailLine] {
    let trace = scene.trace
    guard let message = trace.index.messageIndex(at: detail.row) else {
      return [.remark("no mail is under way at this packet", indent: 1)]
    }
    var page = DetailPage(width: width)
    let row = isWhole || showsEffect ? nil : detail.row
    let hasEnded = trace.messages[message].endRow.map { row ?? .max >= $0 } ?? false
    var content = trace.index.content(
      ofMessage: message, upTo: row, from: trace.source,
      bodyLimit: hasEnded ? TraceView.longestBody : arrivingLimit)
    let rules = scene.settings.rules(for: detail)
    let isAssumed = scene.settings.knownRules(for: detail) == nil
    let queueID = detail.facts.message?.queueID.flatMap { Desk.name($0.bytes) }
    var isPending = false
    let isHeld = trace.isHeld(mail: message)
    if content.decision == nil, isHeld {
      let pending = PendingChanges(ofMessage: message, in: trace)
      isPending = !pending.isEmpty
      content.modifications += pending.modifications(of: content)
    }
    // Of a long mail it takes a while.
    let result = EffectiveResult(of: content, under: rules)
    if showsEffect {
      EffectSection.add(
        result, of: content, isAssumed: isAssumed, queueID: queueID, isWhole: true, isPending: isPending,
        trace.charsets, into: &page)
      return page.lines
    }
    let hasEffect = !content.modifications.isEmpty || content.decision != nil
    let last = trace.index.finalFacts(ofMessage: message, from: trace.source).message
    if !trace.isDesk || !isHeld {
      let isAll = isWhole || isPending
      let whole =
        isAll
        ? content
        : trace.index.content(ofMessage: message, from: trace.source, bodyLimit: arrivingLimit)
      OutcomeSection(
        mail: message, content: whole, facts: last,
        result: isAll ? result : EffectiveResult(of: whole, under: rules),
        mta: scene.settings.knownRules(for: detail), patience: detail.facts.dialogue.patience, isHeld: isHeld,
        trace: trace
      ).add(into: &page)
    }
    ShadowSection(trace: trace).add(message, into: &page)
    ChainSection.add(of: message, under: scene.settings.knownRules(for: detail), trace, into: &page)
    envelope(content, isWhole ? last : detail.facts.message, into: &page)
    let body = BodySection(content, hasEnded: hasEnded, trace.charsets)
    if trace.isDesk {
      // To be judged, a mail is read from what it says to how it says it.
      digest(content, trace.charsets, into: &page)
      if hasEffect {
        EffectSection.add(
          result, of: content, isAssumed: isAssumed, queueID: queueID, isWhole: false, isPending: isPending,
          trace.charsets, into: &page)
      }
      AuthenticationSection.add(content, detail.facts, into: &page)
      body.add(isReading: true, into: &page)
      headers(content, trace.charsets, into: &page)
      body.addSource(into: &page)
    } else {
      headers(content, trace.charsets, into: &page)
      AuthenticationSection.add(content, detail.facts, into: &page)
      if hasEffect {
        EffectSection.add(
          result, of: content, isAssumed: isAssumed, queueID: queueID, isWhole: false, isPending: isPending,
          trace.charsets, into: &page)
      }
      body.add(isReading: false, into: &page)
    }
    return page.lines
  }

  /// What is read of a body while more of it comes, and the page is made anew with each packet; and for what became of the mail.
  private static let arrivingLimit = 262_144

  // MARK: envelope

  private static func envelope(
    _ content: MessageContent, _ facts: MessageFacts?, into page: inout DetailPage
  ) {
    page.heading("Envelope")
    if let sender = content.sender {
      page.row(
        "from", address(sender) + mark(content.fromMacros.sender, "mail_addr", .mail), value: sender.address)
    } else {
      page.row("from", DisplayText("not yet", style: Style(.placeholder)))
    }
    for recipient in facts?.envelopeRecipients ?? [] {
      var text = DisplayText(escaping: recipient.address.slice, style: Style(.address))
      for argument in recipient.envelope.arguments {
        text += " " + DisplayText(escaping: argument.slice, style: .dim)
      }
      text += mark(recipient.envelope.isMacro, "rcpt_addr", .rcpt)
      if recipient.isRefusedByMTA {
        text += DisplayText("  refused by the MTA", style: Style(.bad))
      } else if let verdict = recipient.verdict, recipient.isRefusedByMilter {
        text += DisplayText("  refused ", style: Style(.bad))
        text +=
          verdict.text.map { VisibleText.row($0.slice).styled(Style(.bad)) }
          ?? DisplayText(verdict.kind.word, style: Style(.bad))
      }
      page.row(
        DisplayText("to", style: Style(.name)), text, value: recipient.address.bytes,
        packet: recipient.envelope.packet)
    }
  }

  /// That it is the value of a macro, since the milter declined the command.
  private static func mark(_ isMacro: Bool, _ name: String, _ stage: Stage) -> DisplayText {
    isMacro ? DisplayText("  by {\(name)}: the milter declined \(stage.name)", style: .dim) : DisplayText()
  }

  static func address(_ envelope: Envelope) -> DisplayText {
    envelope.arguments.reduce(DisplayText(escaping: envelope.address, style: Style(.address))) {
      $0 + " " + DisplayText(escaping: $1, style: .dim)
    }
  }

  // MARK: headers

  /// What a mail program shows of it.
  private static func digest(_ content: MessageContent, _ charsets: Charsets, into page: inout DetailPage) {
    let names = ["From", "To", "Cc", "Subject", "Date"]
    let shown = names.flatMap { name in
      content.headers.filter { sameHeaderName($0.header.name, name.utf8) }
    }
    guard !shown.isEmpty else { return }
    page.heading("Mail")
    for seen in shown {
      let value = seen.header.value
      let words = EncodedWords(value, charsets)
      let text = unfolded(words.hasEncodedWords ? words.text(of: value) : value)
      page.row(
        DisplayText(escaping: seen.header.name, columns: 20, style: Style(.name)),
        DisplayText(escaping: text, columns: 2000), value: value, packet: seen.packet)
    }
  }

  private static func headers(_ content: MessageContent, _ charsets: Charsets, into page: inout DetailPage) {
    guard !content.headers.isEmpty else { return }
    page.heading("Headers")
    var seen: [[UInt8]: Int] = [:]
    for header in content.headers {
      let key = header.header.name.map(lowercased)
      seen[key, default: 0] += 1
      let name =
        DisplayText(escaping: header.header.name, columns: 60, style: Style(.name))
        + DisplayText("[\(seen[key] ?? 1)]", style: .dim)
      let lines = VisibleText.lines(
        header.header.value[...], limit: 200, columns: 4000, usual: [UInt8(ascii: "\n")])
      if lines.isEmpty {
        page.row(name, DisplayText("empty", style: Style(.placeholder)), value: [], packet: header.packet)
      }
      for (index, line) in lines.enumerated() {
        page.row(index == 0 ? name : "", line, value: header.header.value, packet: header.packet)
      }
      if let decoded = decoded(header.header.value, charsets) { page.row("", decoded, packet: header.packet) }
    }
  }

  /// What encoded words say, where there are any.
  private static func decoded(_ value: [UInt8], _ charsets: Charsets) -> DisplayText? {
    let words = EncodedWords(value, charsets)
    guard words.hasEncodedWords else { return nil }
    return DisplayText("= ", style: .dim)
      + DisplayText(escaping: words.text(of: value), columns: 2000, style: Style(.good))
  }
}
