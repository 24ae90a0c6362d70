import MilterProtocol

/// What else in a mail server's log is taken for a milter's doing.
package enum Neighbour: String, Sendable, CaseIterable {
  case policy, contentFilter, postscreen, greylisting, list, relayAccess, unknownRecipient, tls,
    authentication, delivery, queue,
    connection

  /// By what the line says; nil where it tells nothing.
  init?(_ line: LogLine) {
    let text = ByteText.string(line.bytes.prefix(600)).lowercased()
    let program = line.program ?? ""
    if program.contains("postscreen") {
      self = .postscreen
    } else if let found = Self.signs.first(where: { signs in signs.words.contains { text.contains($0) } }) {
      self = found.neighbour
    } else if program.hasSuffix("/qmgr") || program.hasSuffix("/pickup") || program.hasSuffix("/bounce") {
      self = .queue
    } else {
      return nil
    }
  }

  private static let signs: [(words: [String], neighbour: Neighbour)] = [
    (
      ["policy service", "policyd", "check_policy_service", "private/policy", "problem talking to server"],
      .policy
    ),
    (["greylist", "postgrey"], .greylisting),
    (
      [
        "content filter", "content_filter", "amavis", "relay=127.0.0.1[127.0.0.1]:10024",
        "conversation with 127.0.0.1[127.0.0.1] timed out",
      ], .contentFilter
    ),
    (["postscreen", "pregreet", "dnsbl rank"], .postscreen),
    (["blocked using", "blocklist", "blacklist", "spamhaus", "rbl"], .list),
    (["relay access denied", "relaying denied"], .relayAccess),
    (
      [
        "user unknown", "recipient address rejected", "sender address rejected", "client host rejected",
        "helo command rejected",
      ], .unknownRecipient
    ),
    (["tls", "ssl_accept", "starttls"], .tls),
    (["sasl", "authid=", "authentication"], .authentication),
    (["status=sent", "status=deferred", "status=bounced", "stat=sent", "stat=deferred", "dsn="], .delivery),
    (["connect from", "disconnect from", "lost connection", "timeout after"], .connection),
    (["removed", "queue active", "nrcpt="], .queue),
  ]

  package var words: String {
    switch self {
    case .policy:
      "a policy service (check_policy_service in smtpd_recipient_restrictions): another program than a milter, asked by another protocol"
    case .contentFilter:
      "a content filter (content_filter, amavisd on 10024): mail goes to it by SMTP after it was queued"
    case .postscreen: "postscreen, which looks at clients before smtpd and any milter"
    case .greylisting: "greylisting (postgrey, a policy service): the client is to come again"
    case .list: "a list in DNS (reject_rbl_client, dnsbl): smtpd's own refusal"
    case .relayAccess: "smtpd's own refusal: this server does not relay for that client"
    case .unknownRecipient: "smtpd's own restrictions (smtpd_*_restrictions, local_recipient_maps)"
    case .tls: "TLS with an SMTP peer"
    case .authentication: "SMTP authentication (SASL)"
    case .delivery: "a delivery, behind all milters"
    case .queue: "the queue"
    case .connection: "an SMTP client that came or went"
    }
  }
}

/// A line that is not about a milter.
package struct Unrelated: Sendable {
  private let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes.prefix(LogLine.longest) }

  /// The line, safe to print.
  package var line: String { InertText.string(escaping: LogLine(bytes).bytes.prefix(LogLine.shown)) }

  /// Whose doing it is, where that can be told.
  package var neighbour: Neighbour? { Neighbour(LogLine(bytes)) }

  /// Whether there is nothing to say about it.
  package var isBlank: Bool { bytes.allSatisfy { $0 <= 0x20 } }
}
