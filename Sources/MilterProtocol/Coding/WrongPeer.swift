/// Someone who speaks another protocol on a milter port, told from the first bytes of a connection.
///
/// No milter connection begins like this: the first packet is OPTNEG, whose length field starts with 00 00 00.
/// Every pattern here reads as a length of more than 200 MB, so ``Framing`` calls it oversized first.
package enum WrongPeer: Hashable, Sendable, CaseIterable {
  case http, httpServer, tls, smtpClient, smtpServer, clamdClient, clamdServer, ssh, proxyProtocol,
    postfixPolicy
  case spamdClient, spamdServer, mailboxServer

  /// What it is, as a message names it.
  package var name: String {
    switch self {
    case .http: "an HTTP client"
    case .httpServer: "an HTTP server"
    case .tls: "a TLS client or server"
    case .smtpClient: "an SMTP client"
    case .smtpServer: "an SMTP or FTP server"
    case .clamdClient: "a client of clamd"
    case .clamdServer: "clamd, not clamav-milter"
    case .ssh: "SSH"
    case .proxyProtocol: "a PROXY protocol header"
    case .postfixPolicy: "a Postfix policy request"
    case .spamdClient: "a client of spamd"
    case .spamdServer: "spamd, not spamass-milter"
    case .mailboxServer: "a POP3 or IMAP server"
    }
  }

  /// Who begins with `bytes`; nil when it is none of those known, or too little has come.
  package static func recognized(in bytes: borrowing Span<UInt8>) -> WrongPeer? {
    for (start, peer) in starts where bytes.starts(with: start) { return peer }
    return nil
  }

  private static let starts: [(StaticString, WrongPeer)] = [
    ("GET ", .http), ("POST ", .http), ("HEAD ", .http), ("PUT ", .http), ("OPTIONS ", .http),
    ("CONNECT ", .http), ("PRI * HTTP", .http), ("HTTP/", .httpServer),
    ("\u{16}\u{3}", .tls), ("\u{15}\u{3}", .tls),
    ("EHLO", .smtpClient), ("ehlo", .smtpClient), ("HELO", .smtpClient), ("helo", .smtpClient),
    ("LHLO", .smtpClient), ("MAIL FROM", .smtpClient), ("QUIT\r", .smtpClient),
    ("220 ", .smtpServer), ("220-", .smtpServer), ("421 ", .smtpServer), ("421-", .smtpServer),
    ("500 ", .smtpServer), ("501 ", .smtpServer), ("502 ", .smtpServer), ("503 ", .smtpServer),
    ("521 ", .smtpServer), ("554 ", .smtpServer), ("554-", .smtpServer),
    ("zPING", .clamdClient), ("nPING", .clamdClient), ("zINSTREAM", .clamdClient),
    ("nINSTREAM", .clamdClient), ("zVERSION", .clamdClient), ("nVERSION", .clamdClient),
    ("zIDSESSION", .clamdClient), ("nIDSESSION", .clamdClient), ("PING\n", .clamdClient),
    ("PONG", .clamdServer), ("UNKNOWN COMMAND", .clamdServer), ("ClamAV ", .clamdServer),
    ("SSH-", .ssh), ("PROXY ", .proxyProtocol), ("\r\n\r\n\u{0}\r\nQUIT\n", .proxyProtocol),
    ("request=", .postfixPolicy),
    ("SPAMD/", .spamdServer), ("PING SPAMC/", .spamdClient), ("CHECK SPAMC/", .spamdClient),
    ("PROCESS SPAMC/", .spamdClient), ("SYMBOLS SPAMC/", .spamdClient), ("REPORT SPAMC/", .spamdClient),
    ("HEADERS SPAMC/", .spamdClient),
    ("+OK", .mailboxServer), ("* OK", .mailboxServer),
  ]
}

extension Span<UInt8> {
  /// Whether it begins with the ASCII characters of `text`.
  fileprivate borrowing func starts(with text: StaticString) -> Bool {
    var i = 0
    for byte in text.description.utf8 {
      guard i < count, self[i] == byte else { return false }
      i += 1
    }
    return true
  }
}
