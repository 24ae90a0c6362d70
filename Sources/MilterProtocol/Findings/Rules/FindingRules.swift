/// The registry: every rule there is, by family. `docs/findings.md` is printed from it.
///
/// Where a rule's fact comes from is told by function and file: libmilter is 8.18.2 (`engine.c`, `comm.c`, `smfi.c`),
/// Sendmail is 8.18.2 (`milter.c`), Postfix is 3.10 (`milter8.c`).
extension FindingRule {
  package struct Family: Sendable {
    package let letter: Character
    package let title: String
    package let rules: [FindingRule]
  }

  package static let families: [Family] = [
    Family(letter: "F", title: "Framing", rules: framing),
    Family(letter: "G", title: "Strings and fields", rules: fields),
    Family(letter: "N", title: "Negotiation", rules: negotiation),
    Family(letter: "S", title: "Sequence", rules: sequence),
    Family(letter: "R", title: "Replies", rules: replies),
    Family(letter: "T", title: "Reply text", rules: replyText),
    Family(letter: "H", title: "Header edits", rules: headerEdits),
    Family(letter: "V", title: "Envelope edits", rules: envelope),
    Family(letter: "W", title: "Timing and connection", rules: timing),
    Family(letter: "C", title: "Captures", rules: captures),
  ]

  package static let all: [FindingRule] = families.flatMap(\.rules)

  /// The rule of that id (`R02`); nil where there is none.
  package static func withID(_ id: String) -> FindingRule? { byID[id] }

  private static let byID = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })

  init(
    _ id: String, _ severity: Finding.Severity, _ title: String, _ consequence: String,
    source: String
  ) {
    self.init(id: id, severity: severity, title: title, consequence: consequence, source: source)
  }
}
