/// Where a milter is, as an MTA's line names it: `inet:localhost:8891`, `unix:/run/m.sock`, `inet:8891@localhost`, or a name alone.
struct MilterSocket: Equatable, Sendable {
  /// As the line has it.
  let name: String
  let host: String?
  let port: Int?
  let path: String?

  init(_ name: String) {
    self.name = name
    let (scheme, rest) = Self.split(name)
    if ["unix", "local"].contains(scheme) || name.hasPrefix("/") {
      (host, port, path) = (nil, nil, Self.typed(scheme.isEmpty ? name : rest) ?? "PATH")
      return
    }
    path = nil
    if let at = rest.firstIndex(of: "@") {
      host = Self.typed(String(rest[rest.index(after: at)...]))
      port = Int(rest[..<at])
    } else if let colon = rest.lastIndex(of: ":") {
      host = Self.typed(String(rest[..<colon]))
      port = Int(rest[rest.index(after: colon)...])
    } else {
      (host, port) = (nil, Int(rest))
    }
  }

  /// What may stand in a command that somebody will type: lines of a log hold what strangers wrote.
  static func typed(_ word: String) -> String? {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "["), UInt8(ascii: "]"):
        true
      default: false
      }
    }
    return isPlain && !word.isEmpty && !word.hasPrefix("-") ? word : nil
  }

  private static func split(_ name: String) -> (scheme: String, rest: String) {
    for scheme in ["inet6", "inet", "unix", "local"] where name.hasPrefix(scheme + ":") {
      return (scheme, String(name.dropFirst(scheme.count + 1)))
    }
    return ("", name)
  }

  /// What usually listens on that port, and is no milter; nil for a port that nobody is known for.
  var stranger: KnownPort? { port.flatMap(KnownPort.at) }

  /// A command that shows who listens there; of a milter that the line has only the name of, where to look that up.
  var whoListens: String {
    if let path { return "ss -lxp | grep \(path)" }
    if let port { return "ss -ltnp 'sport = :\(port)'" }
    return
      "grep '^X' /etc/mail/sendmail.cf for the address of \(Self.typed(name) ?? "the milter"), then ss -lntp or ss -lxp"
  }

  /// The line for main.cf with another port, or with this one.
  func mainCF(port other: Int? = nil) -> String {
    if let path { return "main.cf: smtpd_milters = unix:\(path)" }
    guard let port = other ?? port else { return "main.cf: smtpd_milters = inet:127.0.0.1:PORT" }
    return "main.cf: smtpd_milters = inet:\(host ?? "127.0.0.1"):\(port)"
  }

  /// The line for sendmail.mc with another port, or with this one.
  func sendmailMC(port other: Int? = nil) -> String {
    let address =
      path.map { "unix:\($0)" } ?? "inet:\((other ?? port).map(String.init) ?? "PORT")@\(host ?? "127.0.0.1")"
    return "sendmail.mc: INPUT_MAIL_FILTER(`NAME', `S=\(address), F=T')dnl"
  }
}

/// A port that a service has by default which mail servers have beside them, and which is taken for a milter's.
struct KnownPort: Equatable, Sendable {
  let number: Int
  /// Whose it is by default.
  let service: String
  /// What is spoken there.
  let speaks: String
  /// The port, by default, of the milter that belongs to it; nil where there is none.
  let milter: Int?
  /// What that milter is.
  let milterName: String?

  private init(
    _ number: Int, _ service: String, _ speaks: String, milter: Int? = nil, _ milterName: String? = nil
  ) {
    (self.number, self.service, self.speaks) = (number, service, speaks)
    (self.milter, self.milterName) = (milter, milterName)
  }

  static func at(_ number: Int) -> KnownPort? { table.first { $0.number == number } }

  private static let table = [
    KnownPort(11333, "rspamd's normal worker", "HTTP", milter: 11332, "its proxy worker"),
    KnownPort(11334, "rspamd's controller, its web page", "HTTP", milter: 11332, "its proxy worker"),
    KnownPort(783, "spamd of SpamAssassin", "spamc's protocol", "spamass-milter, on a socket of its own"),
    KnownPort(3310, "clamd", "clamd's protocol", "clamav-milter, on a socket of its own"),
    KnownPort(10023, "postgrey", "Postfix's policy protocol (check_policy_service)"),
    KnownPort(10024, "amavisd", "SMTP (content_filter)", "amavisd-milter, on a socket of its own"),
    KnownPort(10025, "the way back from a content filter into Postfix", "SMTP"),
    KnownPort(10026, "amavisd", "SMTP (content_filter)"),
    KnownPort(12340, "Dovecot's quota policy", "Postfix's policy protocol (check_policy_service)"),
    KnownPort(12345, "Dovecot's authentication", "SASL of Dovecot"),
    KnownPort(24, "LMTP", "LMTP"),
    KnownPort(25, "an SMTP server", "SMTP"),
    KnownPort(465, "an SMTP server", "TLS"),
    KnownPort(587, "an SMTP server for submission", "SMTP"),
    KnownPort(6379, "Redis", "Redis' protocol"),
    KnownPort(80, "a web server", "HTTP"),
    KnownPort(443, "a web server", "TLS"),
    KnownPort(8080, "a web server", "HTTP"),
    KnownPort(11335, "rspamd's fuzzy storage", "a protocol of its own", milter: 11332, "its proxy worker"),
  ]
}

extension KnownPort {
  private init(_ number: Int, _ service: String, _ speaks: String, _ milterName: String) {
    self.init(number, service, speaks, milter: nil, milterName)
  }
}
