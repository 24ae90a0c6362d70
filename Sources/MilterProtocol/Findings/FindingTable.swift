/// The registry as the page `docs/findings.md`.
package enum FindingTable {
  package static var markdown: String {
    var page = """
      # Findings

      What mitmilter remarks on, printed from the registry in `Sources/MilterProtocol/Findings/Rules`; do not edit.
      A finding never stops a packet: what is odd is passed on as it came.

      *error*: breaks the session or loses mail with at least one MTA. *warning*: works by luck, or differs between
      MTAs. *note*: worth showing. An id never changes its meaning.

      """
    for family in FindingRule.families {
      page += "\n## \(family.letter): \(family.title)\n\n"
      page += "| id | severity | finding | what comes of it | source |\n|---|---|---|---|---|\n"
      for rule in family.rules {
        page +=
          "| \(rule.id) | \(rule.severity.name) | \(rule.title) | \(rule.consequence) | \(rule.source) |\n"
        for row in FindingRule.bySender[rule.id] ?? [] {
          page +=
            "| \(row.id) | \(row.severity.name) | \(row.title), from the \(row.sender?.noun ?? "") | \(row.consequence) | \(row.source) |\n"
        }
      }
    }
    return page
  }
}
