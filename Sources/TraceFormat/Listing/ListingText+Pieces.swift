import MilterProtocol
import TraceModel

/// Columns, words and colours.
extension ListingText {
  static let numberWidth = 6

  enum Colour {
    case quiet, badge, refusal, consent, change
    case severity(Finding.Severity)

    /// Parameters of SGR: the eight colours that every terminal has, and bold.
    var parameters: String {
      switch self {
      case .quiet: "2"
      case .badge: "1;35"
      case .refusal: "31"
      case .consent: "32"
      case .change: "36"
      case .severity(.note): "34"
      case .severity(.warning): "1;33"
      case .severity(.error): "1;31"
      }
    }
  }

  func quiet(_ text: String) -> String { coloured(text, .quiet) }

  func coloured(_ text: String, _ colour: Colour?) -> String {
    guard options.hasColours, let colour, !text.isEmpty else { return text }
    return "\u{1B}[\(colour.parameters)m\(text)\u{1B}[0m"
  }

  func stageColour(_ packet: ListedPacket) -> Colour? {
    guard case .reply(let kind) = packet.packet.kind else { return nil }
    switch kind {
    case .reject, .tempfail, .discard, .replyCode, .shutdown, .connFail, .quarantine: return .refusal
    case .accept, .continue, .skip: return .consent
    case .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt, .chgFrom, .replBody:
      return .change
    case .optNeg, .progress, .setSymList: return nil
    }
  }

  /// `✖ R02`, and what follows from another finding under a branch: `└ ● R18`.
  static func mark(_ finding: Finding) -> String {
    (finding.cause == nil ? "" : "└ ") + finding.severity.sign + " " + inert(finding.rule.id)
  }

  /// Behind a finding's text: what it follows from.
  static func origin(_ finding: Finding) -> String { finding.origin.map { ", " + inert($0) } ?? "" }

  /// Under a finding: what comes of it and what to do; of what follows from another, that has it.
  static func advice(_ finding: Finding) -> [String] {
    guard finding.cause == nil, FindingRule.withID(finding.rule.id) != nil else { return [] }
    return ["  " + finding.consequence] + (finding.cure.isEmpty ? [] : ["  → " + finding.cure])
      + lines(finding.logs).map { "  " + $0 }
  }

  /// What logs say: who, and under it the lines as they stand there.
  package static func lines(_ logs: [ExpectedLog]) -> [String] {
    logs.flatMap { log in
      ["≡ \(log.heading):"]
        + log.lines.map { line in "    " + inert(line.line) + (line.condition.map { "  (\($0))" } ?? "") }
    }
  }

  static func words(_ cause: Cause) -> String {
    switch cause {
    case .operator: "operator"
    case .timeout: "timeout"
    case .rule(let rule): "rule " + inert(rule)
    case .policy(let policy): "policy " + inert(policy.text)
    }
  }

  /// Strings of ours may quote the wire or a stranger's trace.
  package static func inert(_ text: String) -> String { InertText.string(escaping: Array(text.utf8)) }

  static func left(_ text: String, _ width: Int) -> String {
    let count = text.unicodeScalars.count
    return count >= width ? text : text + String(repeating: " ", count: width - count)
  }

  static func right(_ text: String, _ width: Int) -> String {
    let count = text.unicodeScalars.count
    return count >= width ? text : String(repeating: " ", count: width - count) + text
  }

  static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
