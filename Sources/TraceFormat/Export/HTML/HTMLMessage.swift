import Mail
import MilterProtocol
import Timeline
import TraceModel

/// A mail on a page: envelope, headers, body decoded for reading, and what the MTA makes of it.
struct HTMLMessage {
  private let input: ExportInput
  private let i: Int
  private let rules: KnownMTA
  /// Nothing tells which MTA it is.
  private let isAssumed: Bool
  private let content: MessageContent
  /// What is read and shown of a body, of a part of it, and of a diff.
  private static let bodyLimit = 262_144
  private static let partBytes = 32_768
  private static let partLines = 400
  private static let partLimit = 50
  private static let headerLimit = 300
  private static let diffLines = 1000

  init(_ input: ExportInput, _ i: Int, under known: KnownMTA?) {
    self.input = input
    self.i = i
    rules = known ?? .postfix
    isAssumed = known == nil
    content = input.index.content(ofMessage: i, from: input.source, bodyLimit: Self.bodyLimit)
  }

  /// `7.1`: message 1 of connection 7.
  static func name(_ i: Int, of index: TimelineIndex) -> String {
    let entry = index.messages[i]
    return "\(index.connections[entry.connection].number).\(entry.number)"
  }

  static func colour(_ outcome: MessageEntry.Outcome) -> String {
    switch outcome {
    case .accepted: "good"
    case .rejected, .lost: "bad"
    case .tempfailed, .quarantined, .discarded, .aborted: "warning"
    case .open: "soft"
    }
  }

  var markup: Markup {
    let entry = input.index.messages[i]
    let name = Self.name(i, of: input.index)
    let decision = entry.decision.map { ", \($0.kind.name) at \($0.stage.name)" } ?? ""
    let by = entry.outcomeBy.map { " by \($0)" } ?? ""
    return """
      <h3 id="m\(name)">Mail \(name): <span class="\(Self.colour(entry.outcome))">\(entry.outcome.rawValue)</span>\(by)\(decision)</h3>
      <div class="aside">
      <details class="fold"><summary>the mail</summary><div class="card">
      \(envelope)\(headers)\(body)</div></details>
      \(changes)</div>

      """
  }

  private var envelope: Markup {
    let facts = input.index.finalFacts(ofMessage: i, from: input.source).message
    var rows: Markup = ""
    if let sender = content.sender {
      rows += "<tr><td class=\"k\">from</td><td><code>\(words(sender))</code></td></tr>\n"
    }
    if let words = content.fromMacros.words {
      rows += "<tr><td class=\"k\"></td><td><span class=\"soft\">\(words)</span></td></tr>\n"
    }
    for recipient in (facts?.envelopeRecipients ?? []).prefix(Self.headerLimit) {
      let envelope = Envelope(
        address: recipient.envelope.address.bytes, arguments: recipient.envelope.arguments.map(\.bytes))
      var refusal: Markup = ""
      if let verdict = recipient.verdict, recipient.isRefusedByMilter {
        refusal =
          " <span class=\"bad\">refused: \(wire: verdict.text?.bytes ?? Array(verdict.kind.name.utf8))</span>"
      }
      rows += "<tr><td class=\"k\">to</td><td><code>\(words(envelope))</code>\(refusal)</td></tr>\n"
    }
    return rows.isEmpty ? "" : "<h4>Envelope</h4>\n<table>\n\(rows)</table>\n"
  }

  private func words(_ envelope: Envelope) -> Markup {
    "\(wire: Array(([envelope.address] + envelope.arguments).joined(separator: [0x20])))"
  }

  private var headers: Markup {
    guard !content.headers.isEmpty else { return "" }
    var rows: Markup = ""
    for seen in content.headers.prefix(Self.headerLimit) {
      let value = seen.header.value
      let words = EncodedWords(value, input.charsets)
      let decoded: Markup =
        words.hasEncodedWords ? "<br><span class=\"good\">= \(wire: words.text(of: value))</span>" : ""
      rows += """
        <tr><td class="k"><a href="#p\(seen.packet)">\(wire: seen.header.name, limit: 60)</a></td>
        <td><code>\(lines(value))</code>\(decoded)</td></tr>

        """
    }
    return "<h4>Headers</h4>\n<table>\n\(rows)</table>\n"
  }

  private func lines(_ value: [UInt8]) -> Markup {
    let lines = value.split(separator: 0x0A, maxSplits: 200, omittingEmptySubsequences: false)
    return Markup(
      joining: lines.enumerated().map { $0.offset == 0 ? "\(wire: $0.element)" : "<br>\(wire: $0.element)" })
  }

  private var body: Markup {
    let unseen: Markup = content.unseen.map { "<p class=\"warning\">\($0.words)</p>\n" } ?? ""
    guard !content.body.isEmpty else { return unseen }
    let whole = MIMEPart(headers: content.headers.map(\.header), body: content.body)
    let parts = whole.flattened.prefix(Self.partLimit).map { part($0.part) }
    let more: Markup =
      content.bodyIsCut ? "<p class=\"soft\">The body is longer than is shown here.</p>\n" : ""
    return "<h4>Body</h4>\n\(Markup(joining: parts))\(more)\(unseen)"
  }

  private func part(_ part: MIMEPart) -> Markup {
    let file: Markup = part.fileName(input.charsets).map { ", “\(wire: $0, limit: 80)”" } ?? ""
    let encoding = part.encoding == .identity ? "" : ", \(part.encoding.rawValue)"
    let title: Markup =
      "<p class=\"soft\">\(part.type.type)\(file)\(encoding), \(counted(part.content.count, "byte"))</p>\n"
    guard part.parts.isEmpty, part.type.type.hasPrefix("text/") else { return title }
    guard let text = part.text(from: content.body, limit: Self.partBytes, input.charsets) else {
      return title + "<p class=\"soft\">in an unknown character set</p>\n"
    }
    let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    let shown = lines.prefix(Self.partLines).map { line in
      InertText.string(escaping: Array((line.last == 0x0D ? line.dropLast() : line).prefix(2000)))
    }
    let isCut = lines.count > Self.partLines || text.count >= Self.partBytes
    return "\(title)<pre>\(inert: shown.joined(separator: "\n"))\(isCut ? "\n…" : "")</pre>\n"
  }

  private var changes: Markup {
    guard !content.modifications.isEmpty else { return "" }
    let diff = DeliveredDiff(of: content, under: rules)
    let lines = diff.lines.prefix(Self.diffLines).map { line -> Markup in
      switch line.sign {
      case .kept: "<span>\(inert: line.text)</span>"
      case .added: "<ins>\(inert: line.text)</ins>"
      case .removed: "<del>\(inert: line.text)</del>"
      }
    }
    let more: Markup = diff.lines.count > Self.diffLines ? "<span>…</span>" : ""
    let remarks = diff.result.remarks.map { remark -> Markup in
      "<p>At <a href=\"#p\(remark.packet)\">packet \(remark.packet)</a>: \(remark.text).</p>\n"
    }
    let assumption = isAssumed ? " (nothing tells which MTA it is)" : ""
    return """
      <details class="fold" open><summary>\(diff.title(assumption))</summary>
      <div class="diff">\(Markup(joining: lines))\(more)</div>
      \(Markup(joining: remarks))</details>

      """
  }
}
