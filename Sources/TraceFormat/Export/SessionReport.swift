import MilterProtocol
import TraceModel

/// The parts of a report, each a block of Markdown that stands by itself.
struct SessionReport {
  private let input: ExportInput
  private let clock: WallClock
  private var index: TimelineIndex { input.index }
  /// Longer ones are folded.
  private static let longTable = 25
  private static let longDiff = 30
  private static let rowLimit = 250

  init(_ input: ExportInput) {
    self.input = input
    clock = WallClock(startedAt: input.head.startedAt)
  }

  // MARK: the whole

  /// Three lines, and what became of private words.
  var summary: String {
    let findings = chosenFindings
    let weights = [Finding.Severity.error, .warning, .note].map { weight in
      counted(findings.count { $0.severity == weight }, weight.name)
    }
    var outcomes: [String] = []
    for outcome in MessageEntry.Outcome.allCases {
      let count = input.messages.count { index.messages[$0].outcome == outcome }
      if count > 0 { outcomes.append("\(count) \(outcome.rawValue)") }
    }
    let mtas = Set(input.connections.compactMap { version(of: $0) }).sorted()
    let packets = input.chosen.count ?? index.count
    var lines = "# Milter session\n\n"
    lines +=
      "- \(counted(packets, "packet")) in \(counted(input.connections.count, "connection")), "
      + "\(counted(input.messages.count, "message"))\(outcomes.isEmpty ? "" : ": " + outcomes.joined(separator: ", "))\n"
    lines += "- findings: \(weights.joined(separator: ", "))\n"
    lines +=
      "- recorded from \(clock.rfc3339(0)) by mitmilter \(MarkdownText.code(input.head.program))"
      + (mtas.isEmpty ? "" : "; MTA " + mtas.map { MarkdownText.code($0) }.joined(separator: ", ")) + "\n\n"
    lines +=
      input.isRedacted
      ? "Addresses, names and text are pseudonyms of the same shape; lengths, order and times are real.\n"
      : "**Not redacted**: this holds mail as it was.\n"
    return lines
  }

  var overview: [String] {
    var rows: [(String, String)] = [("command", input.head.command.joined(separator: " "))]
    if let listen = input.head.listen { rows.append(("listening on", listen)) }
    if let milter = input.head.milter { rows.append(("milter at", milter)) }
    if let negotiation = input.head.negotiation { rows.append(("negotiation policy", negotiation)) }
    var blocks = [
      "## Versions and addresses\n\n| | |\n|---|---|\n"
        + rows.map { "| \($0.0) | \(MarkdownText.code($0.1, limit: 1000)) |\n" }.joined()
    ]
    if let findings = findings { blocks.append(findings) }
    if let times = replyTimes { blocks.append(times) }
    return blocks
  }

  private func version(of c: Int) -> String? {
    facts(ofConnection: c)?.macros.value("v".utf8).map { String(decoding: $0.value.bytes, as: UTF8.self) }
  }

  /// At its end, but for QUIT, which makes the macros void.
  private func facts(ofConnection c: Int) -> SessionFacts? {
    let rows = index.rows(ofConnection: c)
    let last = rows.last { ![.command(.quit), .command(.quitNC)].contains(index[$0].kind) } ?? rows.last
    return last.map { index.facts(at: $0, from: input.source) }
  }

  private var chosenFindings: [FindingEntry] {
    index.findings.filter { $0.row.map(input.chosen.hasRow) ?? input.chosen.hasConnection($0.connection) }
  }

  private var findings: String? {
    let found = chosenFindings
    guard !found.isEmpty else { return nil }
    var table = "| packet | | rule | finding | what comes of it |\n|---|---|---|---|---|\n"
    for entry in found.prefix(Self.rowLimit) {
      var said = ""
      if case .found(let finding)? = input.source.record(at: entry.record)?.event { said = finding.text }
      let packet =
        entry.row.map { String(index.number(at: $0)) } ?? "c\(index.connections[entry.connection].number)"
      // A rule that this program does not know comes from the trace: its words are a stranger's.
      let rule = FindingRule.withID(entry.rule.id)
      let id = rule?.id ?? MarkdownText.code(entry.rule.id)
      table +=
        "| \(packet) | \(entry.severity.name) | \(id) | \(MarkdownText.code(said)) | \(rule?.consequence ?? "") |\n"
    }
    if found.count > Self.rowLimit { table += "\n\(found.count - Self.rowLimit) more.\n" }
    return "## Findings\n\n" + fold(table, rows: found.count, counted(found.count, "finding"))
  }

  private var replyTimes: String? {
    var times: [Stage: [Int64]] = [:]
    for row in 0..<index.count where input.chosen.hasRow(row) {
      let packet = index[row]
      if let took = packet.took, let stage = packet.stage {
        times[stage, default: []].append(took.microseconds)
      }
    }
    guard !times.isEmpty else { return nil }
    var table = "## Reply times\n\n| stage | replies | median | longest |\n|---|---|---|---|\n"
    for stage in Stage.allCases {
      guard let sorted = times[stage]?.sorted(), let longest = sorted.last else { continue }
      let middle = Moment.Span(microseconds: sorted[sorted.count / 2])
      table +=
        "| \(stage.name) | \(sorted.count) | \(ListingText.duration(middle)) | "
        + "\(ListingText.duration(Moment.Span(microseconds: longest))) |\n"
    }
    return table
  }

  // MARK: connections

  func blocks(ofConnection c: Int) -> [String] {
    guard let facts = facts(ofConnection: c) else { return [] }
    let number = index.connections[c].number
    var head = "## Connection \(number)\n\n"
    if let opened = facts.opened {
      head += "MTA at \(MarkdownText.code(opened.peer))"
      if let milter = opened.milter { head += ", milter at \(MarkdownText.code(milter))" }
      head += ".\n"
    }
    if let client = facts.client {
      head += "Client \(MarkdownText.code(client.hostname.slice))"
      if let address = client.address { head += " at \(MarkdownText.code(address.slice))" }
      head += facts.helo.map { ", HELO \(MarkdownText.code($0.slice))" } ?? ""
      head += ".\n"
    }
    var blocks = [head]
    if let negotiation = negotiation(facts) { blocks.append(negotiation) }
    let messages = input.messages.filter { index.messages[$0].connection == c }
    for i in messages { blocks += self.blocks(ofMessage: i, under: DeliveryRules(told: facts) ?? .postfix) }
    let others = index.rows(ofConnection: c).filter {
      input.chosen.hasRow($0) && index.messageIndex(at: $0) == nil
    }
    if let table = conversation(others) {
      blocks.append("### Outside messages\n\n" + table)
    }
    if let macros = macros(facts) { blocks.append(macros) }
    return blocks
  }

  private func negotiation(_ facts: SessionFacts) -> String? {
    let rows = NegotiationMatrix(facts.negotiation).rows
    guard !rows.isEmpty else { return nil }
    func sign(_ value: Bool?) -> String { value.map { $0 ? "yes" : "–" } ?? "?" }
    let told = rows.filter { $0.effective == true }
    var words = "**Negotiated**: "
    words +=
      told.isEmpty
      ? "the milter changes nothing and wants everything"
      : "the milter " + told.map { "\($0.meaning) (\($0.name))" }.joined(separator: "; ")
    words += ".\n\n"
    var table = "| flag | offered | asked for | in force | |\n|---|---|---|---|---|\n"
    for row in rows {
      let remark = row.isOurs ? "changed by us" : row.isUnoffered ? "never offered" : ""
      table +=
        "| \(row.name) | \(sign(row.offered)) | \(sign(row.requested)) | \(sign(row.effective)) | \(remark) |\n"
    }
    return words + MarkdownText.folded("all flags", table)
  }

  private func macros(_ facts: SessionFacts) -> String? {
    let all = facts.macros.all
    guard !all.isEmpty else { return nil }
    var table = "| stage | macro | value | meaning |\n|---|---|---|---|\n"
    for macro in all.prefix(Self.rowLimit) {
      let stage = CommandKind(rawValue: macro.letter)?.name ?? "?"
      let meaning = KnownMacro.named(macro.name.bytes)?.meaning ?? ""
      table +=
        "| \(stage) | \(MarkdownText.code(macro.name.slice)) | \(MarkdownText.code(macro.value.slice)) | \(meaning) |\n"
    }
    return MarkdownText.folded("macros in force at the end, by stage", table)
  }

  // MARK: messages

  private func blocks(ofMessage i: Int, under rules: DeliveryRules) -> [String] {
    let entry = index.messages[i]
    var head =
      "### Message \(index.connections[entry.connection].number).\(entry.number): \(entry.outcome.rawValue)"
    if let decision = entry.decision {
      head += " by \(decision.by), \(decision.kind.name) at \(decision.stage.name)"
    }
    var blocks = [head + "\n"]
    if let changes = changes(ofMessage: i, under: rules) { blocks.append(changes) }
    let rows = index.rows(ofMessage: i).filter(input.chosen.hasRow)
    if let table = conversation(rows) { blocks.append(table) }
    return blocks
  }

  private func conversation(_ rows: [Int]) -> String? {
    let rows = rows.filter { !index.isFolded($0) }
    guard !rows.isEmpty else { return nil }
    var table = "| # | time | took | from | stage | packet | |\n|---|---|---|---|---|---|---|\n"
    for row in rows.prefix(Self.rowLimit) {
      let packet = index[row]
      guard let wire = index.packet(at: row, from: input.source) else { continue }
      let seconds = clock.seconds(packet.time.microseconds)
      let time =
        "\(WallClock.timeOfDay(seconds)).\(WallClock.padded(clock.fraction(packet.time.microseconds) / 1000, 3))"
      var marks = index.findings(about: row, from: input.source).map { MarkdownText.code($0.rule.id) }
      for (flag, word) in [
        (PacketFlags.edited, "edited"), (.injected, "ours"), (.dropped, "dropped"),
        (.answered, "answered by us"),
      ] where packet.flags.contains(flag) { marks.append(word) }
      let summary = PacketSummary(wire).text
      table +=
        "| \(packet.number) | \(time) | \(packet.took.map(ListingText.duration) ?? "") | \(packet.sender.name) | "
        + "\(packet.stage?.name ?? "") | \(packet.kind.name) \(summary.isEmpty ? "" : MarkdownText.span(cut(summary))) | "
        + "\(marks.joined(separator: " ")) |\n"
    }
    if rows.count > Self.rowLimit { table += "\n\(counted(rows.count - Self.rowLimit, "packet")) more.\n" }
    return fold(table, rows: rows.count, "the conversation, \(counted(rows.count, "packet"))")
  }

  private func changes(ofMessage i: Int, under rules: DeliveryRules) -> String? {
    let content = index.content(ofMessage: i, from: input.source, bodyLimit: 262_144)
    guard !content.modifications.isEmpty else { return nil }
    let result = EffectiveResult(of: content, under: rules)
    var lines: [String] = []
    func add(_ sign: String, _ bytes: [UInt8]) {
      lines.append(sign + " " + cut(InertText.string(escaping: bytes)))
    }
    if let sender = result.sender {
      addLine("MAIL FROM", sender.envelope, sender.change, sender.before, &lines)
    }
    for recipient in result.recipients {
      addLine("RCPT TO", recipient.envelope, recipient.change, recipient.before, &lines)
    }
    for header in result.headers where !header.isOwnReceived {
      switch header.change {
      case .kept: add(" ", header.line)
      case .added: add("+", header.line)
      case .removed: add("-", header.line)
      case .changed:
        if let before = header.before { add("-", before.name + [0x3A] + before.text) }
        add("+", header.line)
      }
    }
    if !result.bodyPackets.isEmpty {
      lines.append("")
      for line in BodyDiff(from: result.bodyBefore, to: result.body).lines {
        switch line {
        case .kept(let range): add(" ", result.body[range].filter { $0 != 0x0A })
        case .removed(let range): add("-", result.bodyBefore[range].filter { $0 != 0x0A })
        case .added(let range): add("+", result.body[range].filter { $0 != 0x0A })
        }
      }
    }
    if let quarantine = result.quarantine { add("+ quarantine:", quarantine.reason) }
    let shown = lines.prefix(Self.rowLimit) + (lines.count > Self.rowLimit ? ["  …"] : [])
    var block = MarkdownText.block(Array(shown), language: "diff")
    for remark in result.remarks { block += "\nPacket \(remark.packet): \(remark.text).\n" }
    let title = "Before and after, as \(rules.name) delivers it"
    return lines.count > Self.longDiff ? MarkdownText.folded(title, block) : "\(title):\n\n\(block)"
  }

  private func addLine(
    _ name: String, _ envelope: Envelope, _ change: EffectiveResult.Change, _ before: Envelope?,
    _ lines: inout [String]
  ) {
    func line(_ sign: String, _ envelope: Envelope) {
      let words = [envelope.address] + envelope.arguments
      lines.append(
        "\(sign) \(name): " + cut(words.map { InertText.string(escaping: $0) }.joined(separator: " ")))
    }
    switch change {
    case .kept: line(" ", envelope)
    case .added: line("+", envelope)
    case .removed: line("-", envelope)
    case .changed:
      if let before { line("-", before) }
      line("+", envelope)
    }
  }

  // MARK: words

  private func cut(_ inert: String) -> String {
    let scalars = inert.unicodeScalars
    return scalars.count <= 300 ? inert : String(String.UnicodeScalarView(scalars.prefix(300))) + "…"
  }

  private func fold(_ table: String, rows: Int, _ summary: String) -> String {
    rows > Self.longTable ? MarkdownText.folded(summary, table) : table
  }
}
