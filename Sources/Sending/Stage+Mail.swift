import MilterProtocol

extension Stage {
  /// From MAIL to the end of the mail.
  package var isOfMail: Bool {
    switch self {
    case .negotiation, .connect, .helo, .unknown: false
    case .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB: true
    }
  }
}
