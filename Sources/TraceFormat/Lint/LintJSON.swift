import MilterProtocol
import Signatures
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

  /// What became of a signature, as the keys given have it.
  package func append(
    _ story: SignatureStory, connection: Int, message: Int, to bytes: inout [UInt8]
  ) {
    let signature = story.signature
    bytes.append(ascii: "{\"signature\":{\"domain\":")
    bytes.append(key: "", InertText.string(escaping: signature.domain))
    bytes.append(key: ",\"selector\":", InertText.string(escaping: signature.selector))
    bytes.append(key: ",\"instance\":", signature.instance)
    bytes.append(ascii: "}")
    bytes.append(key: ",\"before\":", story.before?.rawValue)
    bytes.append(key: ",\"after\":", story.after?.rawValue)
    let packets = story.packets
    if !packets.isEmpty {
      bytes.append(ascii: ",\"packets\":")
      bytes.append(list: packets) { $0.append(key: "", $1) }
    }
    bytes.append(key: ",\"text\":", story.sentence.text)
    bytes.append(key: ",\"conn\":", connection)
    bytes.append(key: ",\"msg\":", message)
    bytes.append(key: ",\"file\":", file)
    bytes.append(ascii: "}\n")
  }

  private func appendConsequences(_ rule: FindingRule, to bytes: inout [UInt8]) {
    bytes.append(key: ",\"consequences\":{\"postfix\":", rule.consequence.text(at: .postfix))
    bytes.append(key: ",\"sendmail\":", rule.consequence.text(at: .sendmail))
    bytes.append(ascii: "}")
  }
}
