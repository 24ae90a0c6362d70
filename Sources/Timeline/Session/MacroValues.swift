import MilterProtocol
import TraceModel

/// Whether an MTA has a value for a macro at a packet, told by what else is there.
///
/// Sources: `milter_macro_lookup` and `cleanup_milter_eval` of Postfix, `srvrsmtp.c` and `milter.c` of Sendmail, and what
/// Postfix 3.7 and Sendmail 8.17 were seen to send (protocol.md 5.2, 5.3).
struct MacroValues {
  private let facts: SessionFacts
  private let rules: KnownMTA

  init(_ facts: SessionFacts, _ rules: KnownMTA) { (self.facts, self.rules) = (facts, rules) }

  /// Macros that have values together, or none of them has.
  private static let together: [[String]] = [
    ["auth_type", "auth_authen"], ["tls_version", "cipher", "cipher_bits"], ["cert_subject", "cert_issuer"],
    ["mail_host", "mail_mailer"], ["rcpt_host", "rcpt_mailer"],
  ]

  func has(_ name: [UInt8], at stage: MacroStage) -> Bool {
    let bare = String(decoding: KnownMacro.bareName(name), as: UTF8.self)
    if isAlwaysHad(bare, at: stage) { return true }
    let others = Self.together.first { $0.contains(bare) }?.filter { $0 != bare } ?? []
    return others.contains { facts.currentMacro($0.utf8) != nil }
  }

  private func isAlwaysHad(_ name: String, at stage: MacroStage) -> Bool {
    switch (stage, name) {
    case (.connect, "j"), (.connect, "_"), (.connect, "daemon_name"), (.mail, "mail_addr"),
      (.rcpt, "rcpt_addr"):
      true
    case (.connect, "v"), (.connect, "daemon_addr"): rules == .postfix
    case (.mail, "i"): rules == .sendmail
    case (.data, "i"), (.eoh, "i"), (.bodyEOB, "i"): rules == .postfix
    // Mail of Postfix's own clients is not routed when the milter sees it.
    case (.mail, "mail_host"), (.mail, "mail_mailer"), (.rcpt, "rcpt_host"), (.rcpt, "rcpt_mailer"):
      rules == .sendmail || facts.client?.port ?? 0 > 0
    case (.bodyEOB, "msg_id"): facts.message?.headers.contains { $0.isNamed("Message-Id".utf8) } ?? false
    case (_, _): false
    }
  }
}
