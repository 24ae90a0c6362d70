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
    Family(letter: "M", title: "Mail as the MTA gives it", rules: mails),
    Family(letter: "D", title: "Signatures", rules: signatures),
    Family(letter: "L", title: "State that leaks", rules: leaks),
    Family(letter: "X", title: "Shadows", rules: shadows),
  ]

  package static let all: [FindingRule] = families.flatMap(\.rules)

  /// The rule of that id (`R02`); nil where there is none.
  package static func withID(_ id: String) -> FindingRule? { byID[id] }

  private static let byID = Dictionary(all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })

  /// What comes of the same finding by sender: rows beside those of the families, whose words are for both.
  package static let bySenders: [FindingRule] = [
    lengthZero.fromTheMilter(
      .byMTA(
        postfix: "gives the milter up",
        sendmail: "drops its client with the milter")),
    unknownCode.fromTheMilter(.each("gives the milter up")),
    needlessPayload.fromTheMilter(
      .byMTA(
        postfix: "gives the milter up (followed by data bytes)",
        sendmail: "ignores it")),
    wrongDirection.fromTheMilter(.each("gives the milter up")),
    unterminated.fromTheMilter(
      .byMTA(
        postfix: "gives the milter up",
        sendmail: "ignores the request")),
    tooFewStrings.fromTheMilter(
      .byMTA(
        postfix: "gives the milter up",
        sendmail: "ignores the request")),
    truncated.fromTheMilter(
      .byMTA(
        postfix: "gives the milter up",
        sendmail: "ignores the request")),
    lengthZero.fromTheMTA(.error, "libmilter takes the next byte for a command and loses its place"),
    unknownCode.fromTheMTA(.error, "libmilter closes the connection"),
    needlessPayload.fromTheMTA(.note, "libmilter ignores it"),
    wrongDirection.fromTheMTA(.error, "libmilter closes the connection"),
    unterminated.fromTheMTA(.error, "libmilter closes the connection; HELO it never answers"),
    unterminated.fromTheMTA(
      .warning, "libmilter goes on: it takes the line of UNKNOWN all the same, and the last macro is lost"),
    tooFewStrings.fromTheMTA(.error, "libmilter closes the connection"),
    tooFewStrings.fromTheMTA(
      .warning, "libmilter goes on, and the last macro has no value; filters that count in pairs fall over it"
    ),
    surplusBytes.fromTheMTA(.warning, "libmilter ignores them"),
    surplusBytes.fromTheMTA(.error, "libmilter closes the connection"),
    truncated.fromTheMTA(.error, "libmilter closes the connection"),
    headerNameEmpty.fromTheMTA(.error, "libmilter closes the connection"),
    headerCR.fromTheMTA(
      .warning, "MTAs fold with LF and a blank; filters keep the CR, and signatures over the header fail"),
    headerFold.fromTheMTA(
      .warning,
      "MTAs fold with LF and a blank; filters take the rest for another header, or leave this one out"),
  ]

  package static let bySender = Dictionary(grouping: bySenders, by: \.id)

  private func fromTheMilter(_ consequence: Consequence) -> FindingRule {
    FindingRule(
      id: id, severity: severity, title: title, consequence: consequence, cure: remedy, source: source,
      sender: .milter)
  }

  private func fromTheMTA(_ severity: Finding.Severity, _ consequence: Consequence) -> FindingRule {
    FindingRule(
      id: id, severity: severity, title: title, consequence: consequence, cure: remedy,
      source: "seen with libmilter 8.17; " + source, sender: .mta)
  }

  convenience init(
    _ id: String, _ severity: Finding.Severity, _ title: String, _ consequence: Consequence,
    cure: Cure = "",
    source: String
  ) {
    self.init(
      id: id, severity: severity, title: title, consequence: consequence, cure: cure, source: source)
  }
}
