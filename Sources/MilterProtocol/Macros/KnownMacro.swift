/// A macro that Postfix or Sendmail provides: what it means, and where each sends it by default.
///
/// Sources: `mail_params.h` (`DEF_MILT_*_MACROS`) and `milter_macro_lookup` of Postfix, `cf/m4/cfhead.m4` and
/// `milter.c` of Sendmail, and what Postfix 3.7 and Sendmail 8.17 were seen to send.
package struct KnownMacro: Equatable, Sendable {
  /// Without braces.
  package let name: String
  package let meaning: String
  package let postfix: Provision
  package let sendmail: Provision

  package enum Provision: Equatable, Sendable {
    case never
    /// Only when asked for.
    case onRequest
    /// Sent by default at these stages.
    case byDefault([Stage])
  }

  /// Whether the MTA can have a value for it, asked or unasked.
  package func isHad(by mta: KnownMTA) -> Bool {
    if let profile = mta.profile { return profile.sends(name) }
    return (mta == .postfix ? postfix : sendmail) != .never
  }

  /// The name as it travels: braces unless it is one character.
  package var wireName: String { name.utf8.count == 1 ? name : "{\(name)}" }

  /// The macro of that name, with or without one pair of braces.
  package static func named(_ name: some Collection<UInt8>) -> KnownMacro? {
    byName[String(decoding: bareName(name), as: UTF8.self)]
  }

  /// The name without one pair of braces: `i` and `{i}` are the same macro.
  @inlinable
  package static func bareName<Name: Collection<UInt8>>(_ name: Name) -> Name.SubSequence {
    guard name.count > 2, name.first == UInt8(ascii: "{") else { return name[...] }
    let inner = name.dropFirst()
    let last = inner.index(inner.startIndex, offsetBy: inner.count - 1)
    return inner[last] == UInt8(ascii: "}") ? inner[..<last] : name[...]
  }

  private static let byName = Dictionary(table.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

  private init(
    _ name: String, postfix: Provision = .never, sendmail: Provision = .never, _ meaning: String
  ) {
    self.name = name
    self.meaning = meaning
    self.postfix = postfix
    self.sendmail = sendmail
  }

  package static let table: [KnownMacro] = [
    KnownMacro(
      "j", postfix: .byDefault([.connect]), sendmail: .byDefault([.connect]), "host name of the MTA"),
    KnownMacro(
      "_", postfix: .byDefault([.connect]), sendmail: .byDefault([.connect]),
      "client as name and address; Sendmail adds ident data"),
    KnownMacro(
      "v", postfix: .byDefault([.connect]), sendmail: .onRequest, "name and version of the MTA"),
    KnownMacro(
      "daemon_name", postfix: .byDefault([.connect]), sendmail: .byDefault([.connect]),
      "Postfix: milter_macro_daemon_name, its host name by default; Sendmail: MTA, MSA, … of DaemonPortOptions"
    ),
    KnownMacro(
      "daemon_addr", postfix: .byDefault([.connect]), sendmail: .onRequest,
      "address that the client reached"),
    KnownMacro("daemon_port", postfix: .onRequest, sendmail: .onRequest, "port that the client reached"),
    KnownMacro(
      "if_name", sendmail: .byDefault([.connect]), "host name of the interface that the client reached"),
    KnownMacro(
      "if_addr", sendmail: .byDefault([.connect]),
      "address of the interface that the client reached; absent on loopback"),
    KnownMacro(
      "client_addr", postfix: .onRequest, sendmail: .onRequest, "client address; IPv6 with the tag IPv6:"),
    KnownMacro("client_name", postfix: .onRequest, sendmail: .onRequest, "verified client name"),
    KnownMacro("client_ptr", postfix: .onRequest, sendmail: .onRequest, "client name as its PTR record says"),
    KnownMacro("client_port", postfix: .onRequest, sendmail: .onRequest, "client port"),
    KnownMacro(
      "client_resolve", postfix: .onRequest, sendmail: .onRequest,
      "whether the client name was verified: OK, FORGED, TEMP, FAIL"),
    KnownMacro(
      "client_connections", postfix: .onRequest, sendmail: .onRequest, "open connections of this client"),
    KnownMacro(
      "tls_version", postfix: .byDefault([.helo]), sendmail: .byDefault([.helo]), "TLS version"),
    KnownMacro("cipher", postfix: .byDefault([.helo]), sendmail: .byDefault([.helo]), "TLS cipher"),
    KnownMacro(
      "cipher_bits", postfix: .byDefault([.helo]), sendmail: .byDefault([.helo]), "bits of the TLS cipher"),
    KnownMacro(
      "cert_subject", postfix: .byDefault([.helo]), sendmail: .byDefault([.helo]),
      "subject of the client certificate; Postfix: its CN, if trusted"),
    KnownMacro(
      "cert_issuer", postfix: .byDefault([.helo]), sendmail: .byDefault([.helo]),
      "issuer of the client certificate; Postfix: its CN, if trusted"),
    KnownMacro(
      "tls_sni", postfix: .onRequest, "server name that the client asked for; Postfix 3.12 and later"),
    KnownMacro(
      "i", postfix: .byDefault([.mail, .rcpt, .data, .eoh, .bodyEOB]), sendmail: .byDefault([.mail]),
      "queue id; Postfix has none yet at MAIL and the first RCPT of SMTP mail"),
    KnownMacro(
      "auth_type", postfix: .byDefault([.mail]), sendmail: .byDefault([.mail]), "SASL mechanism"),
    KnownMacro(
      "auth_authen", postfix: .byDefault([.mail]), sendmail: .byDefault([.mail]), "SASL user name"),
    KnownMacro("auth_ssf", sendmail: .byDefault([.mail]), "SASL security strength in bits"),
    KnownMacro(
      "auth_author", postfix: .byDefault([.mail]), sendmail: .byDefault([.mail]),
      "AUTH= argument of MAIL"),
    KnownMacro(
      "mail_mailer", postfix: .byDefault([.mail]), sendmail: .byDefault([.mail]),
      "transport or mailer of the sender address"),
    KnownMacro(
      "mail_host", postfix: .byDefault([.mail]), sendmail: .byDefault([.mail]),
      "next hop of the sender address; Sendmail writes a dot at its end"),
    KnownMacro(
      "mail_addr", postfix: .byDefault([.mail]), sendmail: .byDefault([.mail]),
      "sender address after rewriting"),
    KnownMacro(
      "rcpt_mailer", postfix: .byDefault([.rcpt]), sendmail: .byDefault([.rcpt]),
      "transport or mailer of the recipient; error: the MTA refused it"),
    KnownMacro(
      "rcpt_host", postfix: .byDefault([.rcpt]), sendmail: .byDefault([.rcpt]),
      "next hop of the recipient; of a refused one its enhanced status"),
    KnownMacro(
      "rcpt_addr", postfix: .byDefault([.rcpt]), sendmail: .byDefault([.rcpt]),
      "recipient address after rewriting; of a refused one the text"),
    KnownMacro("msg_id", sendmail: .byDefault([.bodyEOB]), "value of the Message-Id header"),
    KnownMacro("msg_size", sendmail: .onRequest, "size of the message"),
    KnownMacro("nrcpts", sendmail: .onRequest, "number of recipients"),
    KnownMacro("envid", sendmail: .onRequest, "ENVID= argument of MAIL"),
    KnownMacro("verify", sendmail: .onRequest, "result of the check of the client certificate"),
    KnownMacro("server_name", sendmail: .onRequest, "host name of the server of an outgoing connection"),
    KnownMacro("server_addr", sendmail: .onRequest, "address of the server of an outgoing connection"),
    KnownMacro("quarantine", sendmail: .onRequest, "why the message is held"),
    KnownMacro("load_avg", sendmail: .onRequest, "load average of the machine"),
    KnownMacro("s", sendmail: .onRequest, "client's HELO name"),
    KnownMacro("r", sendmail: .onRequest, "protocol of the client: SMTP, ESMTP"),
    KnownMacro("f", sendmail: .onRequest, "sender address"),
  ]
}
