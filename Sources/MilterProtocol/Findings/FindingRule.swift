/// One row of the table of findings: a stable id, its weight, a title, and where the fact comes from.
///
/// There is one of each, and findings refer to it.
package final class FindingRule: Equatable, Hashable, Sendable {
  /// `F01`, `R02`, …: never reused; the family letters are those of `docs/findings.md`.
  package let id: String
  package let severity: Finding.Severity
  /// The finding in a few words, as a list shows it.
  package let title: String
  package let consequence: Consequence
  /// What to do about it, for whoever mends the sender.
  package let remedy: Cure
  /// Function and file of the MTA or libmilter, or "seen with …".
  package let source: String
  /// Whose packets it is about where what comes of it depends on that; nil for the row that counts where no other does.
  package let sender: Leg?

  package init(
    id: String, severity: Finding.Severity, title: String, consequence: Consequence, cure: Cure = "",
    source: String, sender: Leg? = nil
  ) {
    self.id = id
    self.severity = severity
    self.title = title
    self.consequence = consequence
    self.remedy = cure
    self.source = source
    self.sender = sender
  }

  /// The remedy as it is where nothing is said of the MTA.
  package var cure: String { remedy.text(at: nil) }

  /// The row for packets of that sender, and where there are several the one of that weight.
  package func from(_ sender: Leg, _ severity: Finding.Severity? = nil) -> FindingRule {
    Self.bySender[id]?.first { $0.sender == sender && (severity == nil || $0.severity == severity) } ?? self
  }

  package static func == (a: FindingRule, b: FindingRule) -> Bool { a.id == b.id }
  package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
