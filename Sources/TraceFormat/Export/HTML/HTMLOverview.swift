import Mail
import MilterProtocol
import Timeline
import TraceModel

/// The beginning of a page: what this is, what was found, how long replies took, which mails there are.
struct HTMLOverview {
  private let input: ExportInput
  private let clock: WallClock
  private static let rowLimit = 500

  init(_ input: ExportInput) {
    self.input = input
    clock = WallClock(startedAt: input.head.startedAt)
  }

  var markup: Markup { summary + bar + "<main>\n" + aside(findings + messages + times + versions) }

  private func aside(_ markup: Markup) -> Markup { "<div class=\"aside\">\n\(markup)</div>\n" }

  private var summary: Markup {
    let mtas = input.versions
    let mta: Markup = mtas.isEmpty ? "" : "; MTA \(mtas.joined(separator: ", "))"
    let privacy: Markup =
      input.isRedacted
      ? """
      <p class="soft">Addresses, names and text are pseudonyms of the same shape; lengths, order and times are real.</p>
      """
      : "<p class=\"card alarm\">Not redacted: this holds mail as it was.</p>"
    return """
      <header>
      <h1>Milter session</h1>
      <p>\(input.countsInWords)</p>
      <p>Findings: \(input.findingsInWords)</p>
      <p class="soft">Recorded from \(clock.rfc3339(0)) by mitmilter \(input.head.program)\(mta)</p>
      \(privacy)
      </header>

      """
  }

  private var bar: Markup {
    """
    <div class="bar" role="search">
    <input type="search" id="q" placeholder="search packets" aria-label="search packets" autocomplete="off">
    <span id="hits" class="soft" role="status"></span>
    <button type="button" id="open">unfold all</button> <button type="button" id="close">fold all</button>
    <span class="soft keys"><kbd>/</kbd> search <kbd>j</kbd> <kbd>k</kbd> move <kbd>o</kbd> <kbd>c</kbd> unfold, fold all</span>
    </div>

    """
  }

  private var versions: Markup {
    let head = input.head
    var rows: Markup =
      "<tr><td class=\"k\">command</td><td><code>\(head.command.joined(separator: " "))</code></td></tr>\n"
    for (name, value) in [
      ("listening on", head.places.listen), ("milter at", head.places.milter),
      ("negotiation policy", head.negotiation),
    ] {
      if let value { rows += "<tr><td class=\"k\">\(name)</td><td><code>\(value)</code></td></tr>\n" }
    }
    return "<h2>Versions and addresses</h2>\n<div class=\"card\"><table>\n\(rows)</table></div>\n"
  }

  private var findings: Markup {
    let found = input.chosenFindings
    guard !found.isEmpty else { return "" }
    var list: Markup = ""
    for one in found.prefix(Self.rowLimit).lazy.map(input.told) {
      let finding = one.finding
      list += """
        <div class="card\(one.isConsequence ? " under" : "")"><p><b class="\(finding.severity.name)">\(finding.severity.name) \(one.rule?.id ?? finding.rule.id)</b>
        at \(place(one)): \(finding.text)</p>
        \(advice(one))</div>

        """
    }
    let more: Markup = found.count > Self.rowLimit ? "<p>\(found.count - Self.rowLimit) more</p>\n" : ""
    return "<h2 id=\"findings\">Findings</h2>\n\(list)\(more)"
  }

  /// What comes of it and what to do, or what it follows from.
  private func advice(_ one: ChosenFinding) -> Markup {
    if let origin = one.finding.origin { return "<p class=\"soft\">\(origin)</p>" }
    guard one.rule != nil else { return "" }
    return Self.advice(one.finding)
  }

  /// What comes of a finding of a rule that is known, and what to do.
  static func advice(_ finding: Finding) -> Markup {
    let cure: Markup = finding.cure.isEmpty ? "" : "\n<p>→ \(finding.cure)</p>"
    return "<p class=\"soft\">\(finding.consequence)</p>\(cure)\(logs(finding.logs))"
  }

  /// The lines of logs as they stand there.
  static func logs(_ logs: [ExpectedLog]) -> Markup {
    Markup(
      joining: logs.map { log -> Markup in
        let lines = log.lines.map { line -> Markup in
          let condition: Markup = line.condition.map { " <span class=\"soft\">\($0)</span>" } ?? ""
          return "<br>\n<code>\(line.line)</code>\(condition)"
        }
        return "\n<p class=\"soft\">\(log.heading):\(Markup(joining: lines))</p>"
      })
  }

  private func place(_ one: ChosenFinding) -> Markup {
    if let packet = one.finding.packet { return "<a href=\"#p\(packet)\">packet \(packet)</a>" }
    return one.connection > 0
      ? "<a href=\"#c\(one.connection)\">connection \(one.connection)</a>" : "the capture"
  }

  private var times: Markup {
    let times = input.replyTimes
    guard !times.isEmpty else { return "" }
    let plot = ReplyTimePlot(times)
    return """
      <h2 id="times">Reply times</h2>
      <div class="plots">
      <figure>\(plot.byStage)<figcaption>Each reply by stage; the tick is the median.</figcaption></figure>
      <figure>\(plot.overTime)<figcaption>Each reply by the time at which it came.</figcaption></figure>
      </div>

      """
  }

  private var messages: Markup {
    guard !input.messages.isEmpty else { return "" }
    var rows: Markup = "<tr><th>mail</th><th>from</th><th>subject</th><th>outcome</th></tr>\n"
    for i in input.messages.prefix(Self.rowLimit) {
      let entry = input.index.messages[i]
      let facts = input.index.finalFacts(ofMessage: i, from: input.source).message
      let name = HTMLMessage.name(i, of: input.index)
      rows += """
        <tr><td class="k"><a href="#m\(name)">\(name)</a></td>
        <td><code>\(wire: facts?.envelopeSender?.address.bytes ?? [], limit: 120)</code></td>
        <td>\(subject(facts))</td>
        <td><span class="\(HTMLMessage.colour(entry.outcome))">\(entry.outcome.rawValue)</span>\(by(entry))</td></tr>

        """
    }
    let more = input.messages.count - Self.rowLimit
    return "<h2 id=\"mails\">Mails</h2>\n<div class=\"card\"><table>\n\(rows)</table></div>\n"
      + (more > 0 ? "<p>\(more) more</p>\n" : "")
  }

  private func subject(_ facts: MessageFacts?) -> Markup {
    guard let value = facts?.subject?.value.bytes else { return "" }
    return "\(wire: EncodedWords(value, input.charsets).text(of: value), limit: 200)"
  }

  private func by(_ entry: MessageEntry) -> Markup { entry.outcomeBy.map { " by \("\($0)")" } ?? "" }
}
