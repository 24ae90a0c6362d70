import MilterProtocol
import Timeline
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
    let mtas = input.versions
    var lines = "# Milter session\n\n"
    lines += "- \(input.countsInWords)\n"
    lines += "- findings: \(input.findingsInWords)\n"
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
    for tap in input.head.taps { rows.append((tap.name, "\(tap.listen), milter at \(tap.milter)")) }
    if let negotiation = input.head.negotiation { rows.append(("negotiation policy", negotiation)) }
    var blocks = [
      "## Versions and addresses\n\n| | |\n|---|---|\n"
        + rows.map { "| \($0.0) | \(MarkdownText.code($0.1, limit: 1000)) |\n" }.joined()
    ]
    if let mails = ChainReport(input: input).table { blocks.append(mails) }
    if let findings = findings { blocks.append(findings) }
    if let times = replyTimes { blocks.append(times) }
    return blocks
  }

  private var findings: String? {
    let found = input.chosenFindings
    guard !found.isEmpty else { return nil }
    var table =
      "| packet | | rule | finding | what comes of it | what to do |\n|---|---|---|---|---|---|\n"
    for one in found.prefix(Self.rowLimit) {
      let packet =
        one.finding.packet.map(String.init) ?? (one.connection > 0 ? "c\(one.connection)" : "")
      let id = one.rule?.id ?? MarkdownText.code(one.finding.rule.id)
      let text = (one.isConsequence ? "└ " : "") + MarkdownText.code(one.finding.text)
      table += "| \(packet) | \(one.finding.severity.name) | \(id) | \(text) "
      table +=
        one.finding.origin.map { "| \(MarkdownText.code($0)) | |\n" }
        ?? "| \(one.rule == nil ? "" : one.finding.consequence) | \(one.rule == nil ? "" : one.finding.cure) |\n"
    }
    if found.count > Self.rowLimit { table += "\n\(found.count - Self.rowLimit) more.\n" }
    return "## Findings\n\n" + fold(table, rows: found.count, counted(found.count, "finding"))
      + logLines(found)
  }

  /// What the logs of MTA and milter say about them, to be looked for there.
  private func logLines(_ found: [ChosenFinding]) -> String {
    var lines: [String] = []
    for one in found.prefix(Self.rowLimit) {
      let told = ListingText.lines(input.told(one).finding.logs)
      if !told.isEmpty, lines.suffix(told.count) != told[...] { lines += told }
    }
    guard !lines.isEmpty else { return "" }
    let block = MarkdownText.block(lines, language: "")
    let isLong = lines.count > Self.longTable
    return "\n"
      + (isLong ? MarkdownText.folded("what logs say about them", block) : "In the logs:\n\n" + block)
  }

  private var replyTimes: String? {
    let times = input.replyTimes.mapValues { $0.map(\.took.microseconds) }
    guard !times.isEmpty else { return nil }
    var table = "## Reply times\n\n| stage | replies | median | longest |\n|---|---|---|---|\n"
    for stage in Stage.allCases {
      guard let sorted = times[stage]?.sorted(), let longest = sorted.last else { continue }
      let middle = Moment.Span(microseconds: sorted[sorted.count / 2])
      table +=
        "| \(stage.name) | \(sorted.count) | \(TimeText.span(middle)) | "
        + "\(TimeText.span(Moment.Span(microseconds: longest))) |\n"
    }
    return table
  }

  // MARK: connections

  func blocks(ofConnection c: Int) -> [String] {
    var head = "## Connection \(index.connections[c].number)\n\n"
    let strangers = input.foreignBeginnings(ofConnection: c).map { sender, line in
      "The \(sender.noun)'s end speaks another protocol: \(MarkdownText.code(line)).\n"
    }.joined()
    guard let facts = input.facts(ofConnection: c) else { return strangers.isEmpty ? [] : [head + strangers] }
    if let opened = facts.opened {
      head += "MTA at \(MarkdownText.code(opened.peer))"
      if let milter = opened.milter { head += ", milter at \(MarkdownText.code(milter))" }
      if let tap = opened.tap { head += ", tap \(MarkdownText.code(tap))" }
      head += ".\n"
    }
    if let client = facts.client {
      head += "Client \(MarkdownText.code(client.hostname.slice))"
      if let address = client.address { head += " at \(MarkdownText.code(address.slice))" }
      head += facts.helo.map { ", HELO \(MarkdownText.code($0.slice))" } ?? ""
      head += ".\n"
    }
    var blocks = [head + strangers]
    if let negotiation = negotiation(facts) { blocks.append(negotiation) }
    let messages = messages(ofConnection: c)
    for i in messages { blocks += self.blocks(ofMessage: i, under: index.connections[c].mta) }
    let others = index.rows(ofConnection: c).filter {
      input.chosen.hasRow($0) && index.messageIndex(at: $0) == nil
    }
    if let table = conversation(others) {
      blocks.append("### Outside messages\n\n" + table)
    }
    if let macros = macros(facts) { blocks.append(macros) }
    return blocks
  }

  /// Those of which a packet was chosen, found by their packets.
  private func messages(ofConnection c: Int) -> [Int] {
    var messages: [Int] = []
    for row in index.rows(ofConnection: c) where input.chosen.hasRow(row) {
      if let i = index.messageIndex(at: row), messages.last != i { messages.append(i) }
    }
    return messages
  }

  private func negotiation(_ facts: SessionFacts) -> String? {
    let rows = NegotiationMatrix(facts.negotiation).rows
    guard !rows.isEmpty else { return nil }
    guard facts.negotiation.answer(on: .mta) != nil else {
      return "**Not negotiated**: the MTA's offer (OPTNEG) was never answered.\n"
    }
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
      let age = facts.isOfEarlierMail(macro) ? ", of an earlier mail" : ""
      table +=
        "| \(stage)\(age) | \(MarkdownText.code(macro.name.slice)) | \(MarkdownText.code(macro.value.slice)) | \(meaning) |\n"
    }
    return MarkdownText.folded("macros in force at the end, by stage", table)
  }

  // MARK: messages

  private func blocks(ofMessage i: Int, under rules: KnownMTA?) -> [String] {
    let entry = index.messages[i]
    var head =
      "### Message \(index.connections[entry.connection].number).\(entry.number): \(entry.outcome.rawValue)"
    if let by = entry.outcomeBy { head += " by \(by)" }
    if let decision = entry.decision { head += ", \(decision.kind.name) at \(decision.stage.name)" }
    var blocks = [head + "\n"]
    let content = index.content(ofMessage: i, from: input.source, bodyLimit: 0)
    if let words = content.fromMacros.words { blocks.append("Of this mail \(words).\n") }
    if let unseen = content.unseen {
      blocks.append("Not all of this mail is here: \(unseen.words).\n")
    }
    if let story = ChainReport(input: input).story(ofMessage: i, under: rules) { blocks.append(story) }
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
      marks += packet.flags.wordsInList
      let summary = PacketSummary(wire).text
      table +=
        "| \(packet.number) | \(time) | \(packet.took.map(TimeText.span) ?? "") | \(packet.sender.name) | "
        + "\(packet.stage?.name ?? "") | \(packet.kind.name) \(summary.isEmpty ? "" : MarkdownText.span(cut(summary))) | "
        + "\(marks.joined(separator: " ")) |\n"
    }
    if rows.count > Self.rowLimit { table += "\n\(counted(rows.count - Self.rowLimit, "packet")) more.\n" }
    return fold(table, rows: rows.count, "the conversation, \(counted(rows.count, "packet"))")
  }

  private func changes(ofMessage i: Int, under known: KnownMTA?) -> String? {
    let content = index.content(ofMessage: i, from: input.source, bodyLimit: 262_144)
    guard !content.modifications.isEmpty else { return nil }
    let rules = known ?? .postfix
    let diff = DeliveredDiff(of: content, under: rules)
    let lines = diff.lines.map { $0.sign.rawValue + " " + $0.text }
    let shown = lines.prefix(Self.rowLimit) + (lines.count > Self.rowLimit ? ["  …"] : [])
    var block = MarkdownText.block(Array(shown), language: "diff")
    for remark in diff.result.remarks { block += "\nPacket \(remark.packet): \(remark.text).\n" }
    let assumption = known == nil ? " (nothing tells which MTA it is)" : ""
    let words = diff.title(assumption)
    let title = words.prefix(1).uppercased() + words.dropFirst()
    return lines.count > Self.longDiff ? MarkdownText.folded(title, block) : "\(title):\n\n\(block)"
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
