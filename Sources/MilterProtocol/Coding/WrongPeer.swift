/// Someone who speaks another protocol on a milter port, told from the first bytes of a connection.
///
/// No milter connection begins like this: the first packet is OPTNEG, whose length field starts with 00 00 00.
/// Every pattern here reads as a length of more than 200 MB, so ``Framing`` calls it oversized first.
package enum WrongPeer: Hashable, Sendable, CaseIterable {
  case http, httpServer, html, tls, smtpClient, smtpServer, clamdClient, clamdServer, ssh, proxyProtocol,
    postfixPolicy, postfixPolicyServer
  case spamdClient, spamdServer, mailboxClient, mailboxServer, sieveServer, dovecotAuth
  case remoteDesktop, syslog, redis, mySQL, ldap

  /// What it is, as a message names it.
  package var name: String {
    switch self {
    case .http: "an HTTP client"
    case .httpServer: "an HTTP server"
    case .html: "a web server that answers HTML"
    case .tls: "a TLS client or server"
    case .smtpClient: "an SMTP client"
    case .smtpServer: "an SMTP or FTP server"
    case .clamdClient: "a client of clamd"
    case .clamdServer: "clamd, not clamav-milter"
    case .ssh: "SSH"
    case .proxyProtocol: "a PROXY protocol header"
    case .postfixPolicy: "a Postfix policy request"
    case .postfixPolicyServer: "a Postfix policy server"
    case .spamdClient: "a client of spamd"
    case .spamdServer: "spamd, not spamass-milter"
    case .mailboxClient: "a POP3 or IMAP client"
    case .mailboxServer: "a POP3 or IMAP server"
    case .sieveServer: "a ManageSieve server"
    case .dovecotAuth: "Dovecot's authentication service"
    case .remoteDesktop: "a remote desktop (RDP)"
    case .syslog: "syslog text"
    case .redis: "a Redis server or client"
    case .mySQL: "a MySQL server"
    case .ldap: "LDAP"
    }
  }

  /// Who it is where an SMTP client is expected; nil for one that nobody mistakes an SMTP port for.
  package var client: String? {
    switch self {
    case .http: "an HTTP client"
    case .tls: "a TLS client"
    case .ssh: "an SSH client"
    case .proxyProtocol: "a proxy with a PROXY protocol header"
    case .mailboxClient: "a POP3 or IMAP client"
    case .remoteDesktop: "a remote desktop client (RDP)"
    case .redis: "a Redis client"
    case .ldap: "an LDAP client"
    case .httpServer, .html, .smtpClient, .smtpServer, .clamdClient, .clamdServer, .postfixPolicy,
      .postfixPolicyServer, .spamdClient, .spamdServer, .mailboxServer, .sieveServer, .dovecotAuth, .syslog,
      .mySQL:
      nil
    }
  }

  /// Who begins with `bytes`; nil when it is none of those known, or too little has come.
  package static func recognized(in bytes: borrowing Span<UInt8>) -> WrongPeer? {
    for (start, peer) in starts where bytes.starts(with: start) { return peer }
    for (start, peer) in words where bytes.starts(with: start, folded: true) { return peer }
    return binary(bytes) ?? tagged(bytes)
  }

  private static let starts: [(StaticString, WrongPeer)] = [
    ("HTTP/", .httpServer),
    ("220 ", .smtpServer), ("220-", .smtpServer), ("421 ", .smtpServer), ("421-", .smtpServer),
    ("500 ", .smtpServer), ("501 ", .smtpServer), ("502 ", .smtpServer), ("503 ", .smtpServer),
    ("521 ", .smtpServer), ("530 ", .smtpServer), ("554 ", .smtpServer), ("554-", .smtpServer),
    ("zPING", .clamdClient), ("nPING", .clamdClient), ("zINSTREAM", .clamdClient),
    ("nINSTREAM", .clamdClient), ("zVERSION", .clamdClient), ("nVERSION", .clamdClient),
    ("zIDSESSION", .clamdClient), ("nIDSESSION", .clamdClient), ("zSCAN ", .clamdClient),
    ("nSCAN ", .clamdClient), ("zSTATS", .clamdClient), ("nSTATS", .clamdClient), ("PING\n", .clamdClient),
    ("PONG", .clamdServer), ("UNKNOWN COMMAND", .clamdServer), ("ClamAV ", .clamdServer),
    ("COMMAND READ TIMED OUT", .clamdServer), ("stream: ", .clamdServer),
    ("SSH-", .ssh), ("PROXY ", .proxyProtocol), ("\r\n\r\n\u{0}\r\nQUIT\n", .proxyProtocol),
    ("request=", .postfixPolicy), ("action=", .postfixPolicyServer),
    ("SPAMD/", .spamdServer), ("PING SPAMC/", .spamdClient), ("CHECK SPAMC/", .spamdClient),
    ("PROCESS SPAMC/", .spamdClient), ("SYMBOLS SPAMC/", .spamdClient), ("REPORT SPAMC/", .spamdClient),
    ("HEADERS SPAMC/", .spamdClient),
    ("-ERR unknown command", .redis), ("-NOAUTH", .redis), ("-DENIED", .redis), ("+PONG", .redis),
    ("*1\r\n$", .redis), ("*2\r\n$", .redis), ("*3\r\n$", .redis),
    ("+OK", .mailboxServer), ("-ERR", .mailboxServer), ("* OK", .mailboxServer), ("* BYE", .mailboxServer),
    ("* PREAUTH", .mailboxServer), ("\"IMPLEMENTATION\"", .sieveServer), ("VERSION\t", .dovecotAuth),
  ]

  /// In any case of their letters.
  private static let words: [(StaticString, WrongPeer)] = [
    ("GET ", .http), ("POST ", .http), ("HEAD ", .http), ("PUT ", .http), ("DELETE ", .http),
    ("OPTIONS ", .http), ("CONNECT ", .http), ("PATCH ", .http), ("TRACE ", .http), ("PRI * HTTP", .http),
    ("<!DOCTYPE", .html), ("<HTML", .html), ("<?XML", .html),
    ("EHLO", .smtpClient), ("HELO", .smtpClient), ("LHLO", .smtpClient), ("MAIL FROM", .smtpClient),
    ("RCPT TO", .smtpClient), ("STARTTLS", .smtpClient), ("XCLIENT ", .smtpClient), ("QUIT\r", .smtpClient),
    ("USER ", .mailboxClient), ("PASS ", .mailboxClient), ("APOP ", .mailboxClient),
    ("CAPA\r", .mailboxClient),
    ("STLS\r", .mailboxClient),
  ]

  private static func binary(_ bytes: borrowing Span<UInt8>) -> WrongPeer? {
    guard bytes.count >= 2 else { return nil }
    switch (bytes[0], bytes[1]) {
    // Handshake and alert; a hello in the form of SSL 2.
    case (0x16, 0x03), (0x15, 0x03): return .tls
    case (0x80..., _) where bytes.count >= 4 && bytes[2] == 1 && bytes[3] == 3: return .tls
    // TPKT with a connection request or confirmation.
    case (0x03, 0x00):
      return bytes.count < 6 || bytes[5] == 0xE0 || bytes[5] == 0xD0 ? .remoteDesktop : nil
    case (0x30, _) where bytes.count >= 4 && bytes[2] == 0x02 && bytes[3] == 0x01: return .ldap
    case (_, 0x00) where bytes.count >= 5 && bytes[2] == 0 && bytes[3] == 0 && bytes[4] == 0x0A: return .mySQL
    case (UInt8(ascii: "<"), _): return isPriority(bytes) ? .syslog : nil
    case (_, _): return nil
    }
  }

  /// `<13>`
  private static func isPriority(_ bytes: borrowing Span<UInt8>) -> Bool {
    var i = 1
    while i < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[i]) { i += 1 }
    return (2...4).contains(i) && i < bytes.count && bytes[i] == UInt8(ascii: ">")
  }

  /// An IMAP command behind its tag: `a001 LOGIN …`.
  private static func tagged(_ bytes: borrowing Span<UInt8>) -> WrongPeer? {
    var i = 0
    while i < bytes.count, i < 12, isAlphanumeric(bytes[i]) { i += 1 }
    guard i > 0, i < bytes.count, bytes[i] == 0x20 else { return nil }
    let command = bytes.extracting(i + 1..<bytes.count)
    for word: StaticString in ["LOGIN ", "CAPABILITY", "AUTHENTICATE ", "STARTTLS", "ID ("]
    where command.starts(with: word, folded: true) { return .mailboxClient }
    return nil
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}

extension Span<UInt8> {
  /// Whether it begins with the ASCII characters of `text`, which are capitals where case does not count.
  fileprivate borrowing func starts(with text: StaticString, folded: Bool = false) -> Bool {
    var i = 0
    for byte in text.description.utf8 {
      guard i < count else { return false }
      let isSmall = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self[i])
      guard (folded && isSmall ? self[i] - 32 : self[i]) == byte else { return false }
      i += 1
    }
    return true
  }
}
