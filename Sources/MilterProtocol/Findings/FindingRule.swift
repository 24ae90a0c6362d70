/// One row of the table of findings: a stable id, its weight, a title, and where the fact comes from.
package struct FindingRule: Hashable, Sendable {
  /// `F01`, `R02`, …: never reused; the family letters are those of `docs/findings.md`.
  package let id: String
  package let severity: Finding.Severity
  /// The finding in a few words, as a list shows it.
  package let title: String
  /// What comes of it, by MTA where they differ.
  package let consequence: String
  /// Function and file of the MTA or libmilter, or "seen with …".
  package let source: String

  package init(
    id: String, severity: Finding.Severity, title: String, consequence: String, source: String
  ) {
    self.id = id
    self.severity = severity
    self.title = title
    self.consequence = consequence
    self.source = source
  }

  package static func == (a: FindingRule, b: FindingRule) -> Bool { a.id == b.id }
  package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
