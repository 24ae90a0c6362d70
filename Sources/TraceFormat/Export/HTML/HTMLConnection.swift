import MilterProtocol
import Timeline
import TraceModel

/// A connection on a page: who it is, what was negotiated, its ladder, and its packets in runs.
struct HTMLConnection {
  private let input: ExportInput
  private let c: Int
  private let facts: SessionFacts
  private var index: TimelineIndex { input.index }
  /// Longer ladders are cut.
  private static let ladderLimit = 400
  /// Longer ones are folded at first.
  private static let longLadder = 60
  private static let macroLimit = 250

  /// Packets one after the other that belong to the same mail, or to none.
  struct Run {
    var message: Int?
    var isFirstOfMessage: Bool
    var rows: [Int] = []
  }

  init(_ input: ExportInput, _ c: Int, _ facts: SessionFacts) {
    self.input = input
    self.c = c
    self.facts = facts
  }

  /// Macros are shown with their command.
  var runs: [Run] {
    var runs: [Run] = []
    var seen = Set<Int>()
    for row in index.rows(ofConnection: c) where input.chosen.hasRow(row) && !index.isFolded(row) {
      let message = index.messageIndex(at: row)
      if runs.last.map({ $0.message != message }) ?? true {
        let isFirst = message.map { seen.insert($0).inserted } ?? false
        runs.append(Run(message: message, isFirstOfMessage: isFirst))
      }
      runs[runs.count - 1].rows.append(row)
    }
    return runs
  }

  func beginning(of run: Run) -> Markup {
    guard let i = run.message else { return "<h3>Outside mails</h3>\n" }
    guard run.isFirstOfMessage else { return "<h3>Mail \(HTMLMessage.name(i, of: index)) goes on</h3>\n" }
    return HTMLMessage(input, i, under: index.connections[c].mta).markup
  }

  var beginning: Markup {
    let number = index.connections[c].number
    return """
      <section id="c\(number)">
      <h2>Connection \(number)</h2>
      <div class="aside">
      \(ends)\(client)\(negotiation)\(macros)\(ladder)</div>

      """
  }

  private var ends: Markup {
    guard let opened = facts.opened else { return "" }
    let milter: Markup = opened.milter.map { ", milter at <code>\($0)</code>" } ?? ""
    let tap: Markup = opened.tap.map { ", tap <code>\($0)</code>" } ?? ""
    return "<p>MTA at <code>\(opened.peer)</code>\(milter)\(tap)</p>\n"
  }

  private var client: Markup {
    guard let client = facts.client else { return "" }
    let address: Markup = client.address.map { " at <code>\(wire: $0.bytes)</code>" } ?? ""
    let helo: Markup = facts.helo.map { ", HELO <code>\(wire: $0.bytes)</code>" } ?? ""
    return "<p>Client <code>\(wire: client.hostname.bytes)</code>\(address)\(helo)</p>\n"
  }

  private var negotiation: Markup {
    let rows = NegotiationMatrix(facts.negotiation).rows
    guard !rows.isEmpty else { return "" }
    guard facts.negotiation.answer(on: .mta) != nil else {
      return "<p>Not negotiated: the MTA's offer (OPTNEG) was never answered.</p>\n"
    }
    let told = rows.filter { $0.effective == true }
    let words =
      told.isEmpty ? "changes nothing and wants everything" : told.map(\.meaning).joined(separator: "; ")
    func sign(_ value: Bool?) -> String { value.map { $0 ? "yes" : "–" } ?? "?" }
    var table: Markup =
      "<tr><th>flag</th><th>offered</th><th>asked for</th><th>in force</th><th></th></tr>\n"
    for row in rows {
      let remark = row.isOurs ? "changed by us" : row.isUnoffered ? "never offered" : ""
      table += """
        <tr><td>\(row.name)<br><span class="soft">\(row.meaning)</span></td><td>\(sign(row.offered))</td>
        <td>\(sign(row.requested))</td><td>\(sign(row.effective))</td><td>\(remark)</td></tr>

        """
    }
    return """
      <p>Negotiated: the milter \(words).</p>
      <details class="fold"><summary>all flags</summary><div class="card"><table>
      \(table)</table></div></details>

      """
  }

  private var macros: Markup {
    let all = facts.macros.all
    guard !all.isEmpty else { return "" }
    var table: Markup = "<tr><th>stage</th><th>macro</th><th>value</th></tr>\n"
    for macro in all.prefix(Self.macroLimit) {
      table += """
        <tr><td>\(CommandKind(rawValue: macro.letter)?.name ?? "?")\(facts.isOfEarlierMail(macro) ? ", of an earlier mail" : "")</td>
        <td><code>\(wire: macro.name.bytes)</code><br><span class="soft">\(KnownMacro.named(macro.name.bytes)?.meaning ?? "")</span></td>
        <td><code>\(wire: macro.value.bytes)</code></td></tr>

        """
    }
    return """
      <details class="fold"><summary>macros in force at the end</summary><div class="card"><table>
      \(table)</table></div></details>

      """
  }

  // MARK: ladder

  private var ladder: Markup {
    let records = index.recordNumbers(ofConnection: c, in: index.connections[c].rows)
    // Two records and more make a step; what is beyond the limit is not read.
    var ladder = Ladder()
    for number in records where ladder.steps.count <= Self.ladderLimit * 2 {
      if let record = input.source.record(at: number) { ladder.append(record) }
    }
    let steps = ladder.steps.filter { isShown($0) }
    guard !steps.isEmpty else { return "" }
    let list = Markup(joining: steps.prefix(Self.ladderLimit).map { step($0) })
    let more: Markup =
      steps.count > Self.ladderLimit ? "<p class=\"soft\">and so on: only the beginning is drawn</p>\n" : ""
    let open: Markup = steps.count > Self.longLadder ? "" : " open"
    return """
      <details class="fold"\(open)><summary>ladder</summary>
      <div class="ladder"><div class="rails"><span>MTA</span><span>mitmilter</span><span>milter</span></div>
      <ol>
      \(list)</ol></div>
      \(more)</details>

      """
  }

  private func isShown(_ step: Ladder.Step) -> Bool {
    switch step.what {
    case .packet(.command(.macro), _), .released(.command(.macro), _): return false
    case .opened, .packet, .released, .edited, .injected, .bytes, .closed: break
    }
    guard let row = step.packet.flatMap({ index.row(number: $0) }) else { return input.chosen.isEverything }
    return input.chosen.hasRow(row)
  }

  private func step(_ step: Ladder.Step) -> Markup {
    let isRightwards = step.from == .mta || step.to == .milter
    var classes = isRightwards ? "to" : "fro"
    if step.from != .milter, step.to != .milter { classes += " left" }
    if step.from != .mta, step.to != .mta { classes += " right" }
    classes += step.from == .mta ? " mta" : step.from == .milter ? " milter" : " soft"
    let words: Markup = "<i>\(label(step))</i>"
    guard let packet = step.packet else { return "<li><span class=\"\(classes)\">\(words)</span></li>\n" }
    return "<li><a href=\"#p\(packet)\" class=\"\(classes)\">\(words)</a></li>\n"
  }

  private func label(_ step: Ladder.Step) -> Markup {
    let words: Markup
    switch step.what {
    case .opened: words = "connects"
    case .packet(let kind, _), .released(let kind, _): words = "\(kind.name)"
    case .edited(let kind, _): words = "\(kind.name) edited"
    case .injected(let kind, _): words = "\(kind.name) ours"
    case .bytes(let count): words = "\(counted(count, "byte"))"
    case .closed(let how): words = "ends: \(self.words(how))"
    }
    guard !step.isLost else { return "\(words), did not arrive" }
    return step.took.map { "\(words) <span class=\"took\">\(TimeText.span($0))</span>" } ?? words
  }

  private func words(_ how: Closed.Ending) -> String {
    switch how {
    case .peer: "closed"
    case .error(let name): "failed, \(name)"
    case .unreachable(let why): "not reached, \(why)"
    case .ours(let why): why.text
    }
  }
}
