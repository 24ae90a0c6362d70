import MilterProtocol

/// The registry as the page `docs/findings.md`.
package enum FindingPage {
  package static var markdown: String {
    var page = """
      # Findings

      What mitmilter remarks on, printed from the registry in `Sources/MilterProtocol/Findings/Rules` and the table of log lines in
      `Sources/LogLines/Expecting`; do not edit.
      A finding never stops a packet: what is odd is passed on as it came.

      *error*: breaks the session or loses mail with at least one MTA. *warning*: works by luck, or differs between
      MTAs. *note*: worth showing. An id never changes its meaning.

      What goes wrong once may be seen several times: a reply too many puts every later one out of step, a milter that closes
      leaves commands unanswered. The first finding is the cause, and those that follow from it refer to it.

      *In the log* has what Postfix (3.7.11 was seen) and Sendmail (8.17.1.9) write about it; braces stand for what differs, and a dash
      for nothing. In front Postfix has `warning: `, Sendmail a queue id. Where that ends the milter's part, more follows:

      - Postfix: `NOQUEUE: milter-reject: MAIL from …: 451 4.7.1 Service unavailable - try again later` with
        milter_default_action = tempfail, and the like at each later command. Before it, at OPTNEG, `read error in initial handshake`.
      - Sendmail: `Milter (NAME): to error state`, then with F=T `Milter: from=…, reject=451 4.3.2 Please try again later` and the like;
        at OPTNEG `init failed to open` and `Milter: initialization failed, temp failing commands`. Without F= mail passes unfiltered.

      *At Postfix* and *at Sendmail* say what that MTA does, where the two were seen to differ; what others do ([mtas](mtas.md)) is not known. A source is a
      function and file of libmilter, Postfix or Sendmail, or what it was seen with. The Internet-Draft *draft-adams-milter-protocol-00* (26 October 2026), the
      first description of the wire, is not cited by section: of its text only the front page could be had.

      A finding shows them filled in: on its page on the screen, in `show -v`, `lint --json` and exports.
      `mitmilter explain` goes the other way, from the line to the finding.

      """
    for family in FindingRule.families {
      page += "\n## \(family.letter): \(family.title)\n\n"
      page +=
        "| id | severity | finding | looked for | usual cause | what comes of it | at Postfix | at Sendmail | in the log | what to do | source |\n|---|---|---|---|---|---|---|---|---|---|---|\n"
      for rule in family.rules {
        page += row(rule, rule.title)
        for one in FindingRule.bySender[rule.id] ?? [] {
          page += row(one, "\(one.title), from the \(one.sender?.noun ?? "")")
        }
      }
    }
    return page
  }

  private static func row(_ rule: FindingRule, _ title: String) -> String {
    let cells = [
      rule.id, rule.severity.name, title, rule.diagnosis?.lookedFor ?? "", rule.diagnosis?.cause ?? "",
      rule.consequence.common, rule.consequence.own(.postfix), rule.consequence.own(.sendmail), logs(rule),
      rule.cure, rule.source,
    ]
    return "| " + cells.joined(separator: " | ") + " |\n"
  }

  /// Who writes what, and when.
  private static func logs(_ rule: FindingRule) -> String {
    let texts = LogForecast.texts(of: rule)
    let told = Speaker.allCases.compactMap { speaker -> String? in
      let own = texts.filter { $0.speaker == speaker }.map {
        "`\($0.format)`" + ($0.when.map { " (\($0))" } ?? "")
      }
      return own.isEmpty
        ? nil : "\(speaker.shortName): \(own.joined(separator: ", "))"
    }
    return told.isEmpty ? "–" : told.joined(separator: "; ")
  }
}
