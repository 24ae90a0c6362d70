/// The registry as the page `docs/findings.md`.
package enum FindingTable {
  package static var markdown: String {
    var page = """
      # Findings

      What mitmilter remarks on, printed from the registry in `Sources/MilterProtocol/Findings/Rules`; do not edit.
      A finding never stops a packet: what is odd is passed on as it came.

      *error*: breaks the session or loses mail with at least one MTA. *warning*: works by luck, or differs between
      MTAs. *note*: worth showing. An id never changes its meaning.

      What goes wrong once may be seen several times: a reply too many puts every later one out of step, a milter that closes
      leaves commands unanswered. The first finding is the cause, and those that follow from it refer to it.

      """
    for family in FindingRule.families {
      page += "\n## \(family.letter): \(family.title)\n\n"
      page +=
        "| id | severity | finding | what comes of it | what to do | source |\n|---|---|---|---|---|---|\n"
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
    let cells = [rule.id, rule.severity.name, title, rule.consequence.text, rule.cure, rule.source]
    return "| " + cells.joined(separator: " | ") + " |\n"
  }
}
