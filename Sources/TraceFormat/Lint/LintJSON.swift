import MilterProtocol
import TraceModel

/// A line of JSON for each finding; `docs/lint.md` explains the members.
package struct LintJSON: Sendable {
  private let findings: FindingJSON
  private let file: String?

  /// - Parameter file: named in each line; nil names none.
  package init(startedAt: Int64, file: String?) {
    findings = FindingJSON(startedAt: startedAt)
    self.file = file
  }

  /// - Parameter mta: that of the connection, where it is known.
  package func append(
    _ finding: Finding, at place: FindingTally.Place, _ time: Moment, mta: KnownMTA?, to bytes: inout [UInt8]
  ) {
    bytes.append(ascii: "{")
    findings.appendMembers(finding, of: place.connection, message: place.message, at: time, to: &bytes)
    bytes.append(key: ",\"mta\":", mta?.rawValue)
    appendConsequences(finding.rule, to: &bytes)
    bytes.append(key: ",\"source\":", finding.rule.source)
    bytes.append(key: ",\"file\":", file)
    bytes.append(ascii: "}\n")
  }

  private func appendConsequences(_ rule: FindingRule, to bytes: inout [UInt8]) {
    bytes.append(key: ",\"consequences\":{\"postfix\":", rule.consequence.text(at: .postfix))
    bytes.append(key: ",\"sendmail\":", rule.consequence.text(at: .sendmail))
    bytes.append(ascii: "}")
  }
}
