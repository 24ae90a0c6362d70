/// Who decided about a mail: a milter, or the MTA in its place.
extension Reading {
  func judge(_ cause: String?, _ explanation: inout Explanation) {
    let reply = value("reply") ?? ""
    explanation.follows = cause
    if let reply = value("reply") { explanation.meaning += " The reply: \(Self.shown(reply))." }
    if let envelope = value("envelope"), !envelope.isEmpty { explanation.meaning += " Envelope: \(envelope)" }
    if isPostfix, !reply.isEmpty, !Self.hasCode(reply), text.format.hasPrefix("milter-") {
      explanation.meaning += " (cleanup leaves the three digits out)."
    }
    if cause != nil {
      explanation.decided =
        isPostfix
        ? "Postfix, by milter_default_action: a milter failed before, in the same process"
        : "Sendmail, by F= of the milter that failed before, in the same process"
      explanation.check =
        isPostfix ? "postconf milter_default_action" : "grep '^X' /etc/mail/sendmail.cf for F="
      explanation.write = "mend the milter: mitmilter explain of the line before"
      return
    }
    (explanation.decided, explanation.causes) = isPostfix ? postfixDecision(reply) : sendmailDecision(reply)
    explanation.check = check
    explanation.write = remedy
  }

  private var remedy: String {
    guard isPostfix else { return "nothing, where the milter means it; else its own white list" }
    if text.format.hasPrefix("milter-hold"), let queueID {
      return "postsuper -H \(queueID) lets it go; nothing, where the milter means it"
    }
    let client = address.map { " (\($0) DISABLE)" } ?? ""
    return
      "nothing, where the milter means it; to let this client past the milter: main.cf: smtpd_milter_maps = cidr:/etc/postfix/no-milter\(client)"
  }

  /// Of the client, `name[address]`; nil where it is not one that may stand in a file to paste.
  private var address: String? {
    guard let client = value("client"), client.hasSuffix("]"), let open = client.lastIndex(of: "[") else {
      return nil
    }
    let address = client[client.index(after: open)...].dropLast()
    let isAddress =
      !address.isEmpty && address.allSatisfy { $0.isASCII && ($0.isHexDigit || ".:".contains($0)) }
    return isAddress ? String(address) : nil
  }

  private var queueID: String? { message.queue.flatMap { $0 == "NOQUEUE" ? nil : $0 } }

  private var check: String {
    let place =
      isPostfix
      ? "the warnings of the same process before it"
      : "the milter= lines of the same process (from log level 11 on)"
    return place
      + (queueID.map { "; grep \($0) in the log and in the milter's own" }
        ?? "; the milter's own log at that second")
  }

  private func postfixDecision(_ reply: String) -> (String, [String]) {
    if text.format.contains("message content rejected") {
      return (
        "the milter, with SHUTDOWN at the end of the message",
        ["the milter answered 4: it should take TEMPFAIL or a reply of its own"]
      )
    }
    if text.format.hasPrefix("milter-hold") {
      return (
        "the milter, with QUARANTINE; or Postfix, by milter_default_action = quarantine",
        ["a warning: of the same process before it means that Postfix decided"]
      )
    }
    if text.format.hasPrefix("milter-discard") { return ("the milter, with DISCARD", []) }
    if text.format.hasPrefix("milter-header") { return ("milter_header_checks in main.cf", []) }
    let known: [(String, String)] = [
      (
        "4.3.5",
        "Postfix: the milter's reply had no form that it takes, or milter_default_action has a word that it does not know"
      ),
      ("5.5.0 Service unavailable", "Postfix, by milter_default_action = reject: a milter failed"),
      ("5.7.1 Command rejected", "the milter, with REJECT"),
      ("4.7.0 Server closing connection", "the milter, with SHUTDOWN"),
    ]
    if let found = known.first(where: { reply.contains($0.0) }) { return (found.1, []) }
    if reply.contains("4.7.1 Service unavailable") {
      return (
        "the milter, with TEMPFAIL; or Postfix in its place (milter_default_action), where a milter failed",
        [
          "a warning: of the same process before it means that the milter failed; without one it said TEMPFAIL"
        ]
      )
    }
    return ("the milter, with a reply of its own (the text is the milter's)", [])
  }

  private func sendmailDecision(_ reply: String) -> (String, [String]) {
    if let name = value("name"), text.format.hasPrefix("milter=") { return ("the milter \(name)", []) }
    if text.format.contains("initialization failed") {
      return (
        "Sendmail, by F= of the milter that failed",
        ["the lines before it, of the same process, say why it failed"]
      )
    }
    if reply.contains("4.3.2") {
      return (
        "a milter, with TEMPFAIL; or Sendmail in its place (F=T), where a milter failed",
        ["an err line of the same process before it means that the milter failed"]
      )
    }
    if reply.contains("Command rejected") {
      return (
        "a milter, with REJECT, or with a reply that Sendmail could not use (a single %, a wrong code); or F=R",
        []
      )
    }
    return ("a milter; the line does not say which", [])
  }

  /// Whether the reply has its three digits, which cleanup of Postfix leaves out.
  private static func hasCode(_ reply: String) -> Bool {
    reply.prefix { $0.isASCII && $0.isNumber }.count == 3
  }

  private static func shown(_ reply: String) -> String { reply.count > 200 ? reply.prefix(200) + "…" : reply }
}
