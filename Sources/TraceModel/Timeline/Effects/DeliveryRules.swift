import MilterProtocol

/// Whose rules say what becomes of verdicts and modifications (protocol.md 4.2 to 4.5).
package enum DeliveryRules: String, Hashable, Sendable, CaseIterable {
  case postfix, sendmail

  package var name: String { self == .postfix ? "Postfix" : "Sendmail" }

  /// Told from macros: Postfix names itself in `v` and sends `{daemon_addr}`, Sendmail has `{if_name}` by default.
  package init?(told facts: SessionFacts) {
    func has(_ name: String) -> Bool { facts.macros.value(name.utf8) != nil }
    if let version = facts.macros.value("v".utf8)?.value.bytes {
      self = version.starts(with: "Postfix".utf8) ? .postfix : .sendmail
    } else if has("daemon_addr") {
      self = .postfix
    } else if has("if_name") || has("if_addr") {
      self = .sendmail
    } else {
      return nil
    }
  }
}
