import Cells
import Delivery
import Mail
import MilterProtocol
import Timeline
import TraceModel

/// What the MTA will do with the mail: a diff of envelope, headers and body, each line with the packet behind it.
enum EffectSection {
  /// - Parameters:
  ///   - result: what `content` comes to.
  ///   - isAssumed: whether nothing tells that the MTA is the one whose rules are taken.
  ///   - queueID: as a command may have it; nil where none is known.
  ///   - isWhole: with the lines that stay as they are.
  ///   - isPending: it waits here, with changes that were asked for and not sent yet.
  static func add(
    _ result: EffectiveResult, of content: MessageContent, isAssumed: Bool, queueID: String?, isWhole: Bool,
    isPending: Bool, _ charsets: Charsets, into page: inout DetailPage
  ) {
    let rules = result.rules
    let mta = isAssumed ? "an unknown MTA" : rules.name
    page.heading(isPending ? "Result at \(mta), with your changes" : "Result at \(mta)")
    if isAssumed { page.add(.remark(assumption(result, content, rules), indent: 2)) }
    if let profile = rules.profile {
      page.add(.remark(profile.source, indent: 2))
      page.paragraph(
        DisplayText("not known: " + profile.unknown.joined(separator: "; "), style: .dim), indent: 2)
    }
    if !isPending {
      let refusal = content.decision.flatMap { $0.text }.map {
        DisplayText("  ") + VisibleText.row($0.slice)
      }
      page.paragraph(fate(result) + (refusal ?? ""), indent: 2, packet: content.decision?.packet)
    }
    if let quarantine = result.quarantine {
      page.paragraph(
        DisplayText("quarantined: ", style: Style(.warn)) + DisplayText(escaping: quarantine.reason)
          + DisplayText(rules.releaseCommand(queueID ?? "QUEUEID").map { "  until \($0)" } ?? "", style: .dim),
        indent: 2,
        value: quarantine.reason, packet: quarantine.packet)
    }
    for remark in result.remarks {
      page.paragraph(
        DisplayText("note ", style: Style(.findingNote)) + DisplayText(remark.text), indent: 2,
        packet: remark.packet)
    }
    if !isWhole, result.isUnchanged {
      return page.paragraph(DisplayText("nothing is changed", style: .dim), indent: 2)
    }
    envelope(result, isWhole, into: &page)
    headers(result, isWhole, into: &page)
    BodyChangesSection(result, of: content, isWhole: isWhole, charsets).add(into: &page)
    page.add(.remark("set mta shows the rules of another MTA", indent: 2))
  }

  /// What stands in for the rules of an MTA that nothing tells.
  private static func assumption(
    _ result: EffectiveResult, _ content: MessageContent, _ rules: KnownMTA
  ) -> String {
    let others = KnownMTA.measured.filter { $0 != rules }
    let differing = others.filter { !EffectiveResult(of: content, under: $0).endsLike(result) }
    let verb = differing.isEmpty ? "come" : "do not come"
    return "nothing tells which MTA it is: the rules of \(rules.name) are assumed; "
      + "\(others[0].name)'s \(verb) to the same"
  }

  private static func fate(_ result: EffectiveResult) -> DisplayText {
    switch result.fate {
    case .pending: DisplayText("not decided yet", style: .dim)
    case .aborted: DisplayText("nothing: the mail was taken back before a verdict", style: .dim)
    case .lost:
      DisplayText(
        "the connection ended without a verdict: if the client stays, "
          + "\(result.rules.failureSetting) decides", style: Style(.warn))
    case .delivered: DisplayText("delivered", style: Style(.good))
    case .held: DisplayText("taken, and held in the queue", style: Style(.warn))
    case .discarded: DisplayText("taken, and thrown away", style: Style(.warn))
    case .rejected: DisplayText("rejected", style: Style(.bad))
    case .tempfailed: DisplayText("refused for now; the client tries again", style: Style(.warn))
    case .failed(let why): DisplayText("refused for now: " + why, style: Style(.bad))
    }
  }

  // MARK: lines of the diff

  private static func envelope(
    _ result: EffectiveResult, _ isWhole: Bool, into page: inout DetailPage
  ) {
    let senders = result.sender.map { [("from ", $0)] } ?? []
    for (label, line) in senders + result.recipients.map({ ("to ", $0) }) {
      let text = DisplayText(label, style: .dim) + DisplayText(escaping: line.envelope.address)
      let before = line.before.map { DisplayText(label, style: .dim) + DisplayText(escaping: $0.address) }
      add([text], before: before.map { [$0] }, line.change, isWhole, into: &page)
    }
  }

  private static func headers(_ result: EffectiveResult, _ isWhole: Bool, into page: inout DetailPage) {
    for header in result.headers {
      if header.isOwnReceived {
        if isWhole { page.add(.remark("  Received: the MTA's own", indent: 2)) }
        continue
      }
      let before = header.before.map { self.text($0.name, $0.text) }
      var text = self.text(header.name, header.text)
      if header.isPlacedRoughly { text[text.count - 1] += DisplayText("  about here", style: .dim) }
      add(text, before: before, header.change, isWhole, into: &page)
    }
    if isWhole, !result.addedByMTA.isEmpty {
      let names = result.addedByMTA.joined(separator: ", ")
      page.add(.remark("  \(names): \(result.rules.name) adds what is missing", indent: 2))
    }
  }

  /// A line for each that the header is folded into.
  private static func text(_ name: [UInt8], _ value: [UInt8]) -> [DisplayText] {
    // One blank behind the colon is what everybody expects, and no more to look at than that.
    let usual = value.first == UInt8(ascii: " ") && value.dropFirst().first != UInt8(ascii: " ")
    let head = DisplayText(escaping: name) + (usual ? ": " : ":")
    let lines = VisibleText.lines(
      usual ? value.dropFirst() : value[...], limit: 200, columns: 4000, usual: [UInt8(ascii: "\n")])
    return [head + (lines.first ?? "")] + lines.dropFirst()
  }

  private static func add(
    _ text: [DisplayText], before: [DisplayText]?, _ change: EffectiveResult.Change, _ isWhole: Bool,
    into page: inout DetailPage
  ) {
    switch change {
    case .kept: if isWhole { DiffLine.add("  ", text, .text, nil, into: &page) }
    case .added(let packet): DiffLine.add("+ ", text, .added, packet, into: &page)
    case .removed(let packet): DiffLine.add("- ", text, .removed, packet, into: &page)
    case .changed(let packet):
      if let before { DiffLine.add("- ", before, .removed, packet, into: &page) }
      DiffLine.add("+ ", text, .added, packet, into: &page)
    }
  }
}
