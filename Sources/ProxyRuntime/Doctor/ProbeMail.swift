import MilterProtocol

/// What a probe asks a milter: one mail between addresses of the documentation, which never reaches its end.
///
/// Each MTA sends macros of its own (`DEF_MILT_*_MACROS` of Postfix, `cf/m4/cfhead.m4` of Sendmail); Postfix also before
/// headers and body (seen with Postfix 3.7).
struct ProbeMail {
  let mta: MeasuredMTA

  struct Question {
    let stage: Stage
    let command: Command
    /// nil where no macro packet goes before it.
    let macros: [(name: String, value: String)]?

    /// As bytes for the wire, and packet by packet.
    var packets: [Packet] {
      let command = Packet(encoding: self.command)
      guard let macros else { return [command] }
      let pairs = macros.map { MacroSet.Pair(name: bytes($0.name), value: bytes($0.value)) }
      let set = MacroSet(command: self.command.kind.rawValue, pairs: pairs)
      return [Packet(encoding: Command.macro(set)), command]
    }
  }

  /// The client is of a net for documentation (RFC 5737), and so are all names (RFC 2606).
  private static let client = "192.0.2.25"
  private static let host = "mail.example.org"
  private static let sender = "doctor@example.org"
  private static let recipient = "postmaster@example.net"
  private static let queueID = "4DOCTOR"

  private static let headers = [
    ("From", "mitmilter doctor <doctor@example.org>"), ("To", "postmaster@example.net"),
    ("Subject", "probe of mitmilter doctor, aborted before its end"),
    ("Date", "Tue, 01 Jan 2030 00:00:00 +0000"), ("Message-ID", "<probe@example.org>"),
  ]

  private static let body = "Nobody receives this: it is aborted before its end.\r\n"

  /// Exactly what both send by default (protocol.md 2.1).
  static let offer = OptNeg(version: 6, actions: .current, protocolFlags: .current)

  var questions: [Question] {
    let isPostfix = mta == .postfix
    let id = [("i", Self.queueID)]
    let connect = Connect(
      hostname: bytes(Self.host), family: .inet(port: 40_025, address: bytes(Self.client)))
    var questions = [
      Question(stage: .connect, command: .connect(connect), macros: connecting),
      Question(stage: .helo, command: .helo(name: bytes(Self.host)), macros: []),
      Question(
        stage: .mail, command: .mail(Envelope(address: bytes("<\(Self.sender)>"))),
        macros: [("{mail_addr}", Self.sender), ("{mail_host}", "example.org"), ("{mail_mailer}", mailer)]),
      Question(
        stage: .rcpt, command: .rcpt(Envelope(address: bytes("<\(Self.recipient)>"))),
        macros: [
          ("{rcpt_addr}", Self.recipient), ("{rcpt_host}", "example.net"), ("{rcpt_mailer}", mailer),
        ]),
      Question(stage: .data, command: .data, macros: isPostfix ? id : nil),
    ]
    for (name, value) in Self.headers {
      let header = Header(name: bytes(name), value: bytes(value))
      questions.append(Question(stage: .header, command: .header(header), macros: isPostfix ? id : nil))
    }
    questions.append(Question(stage: .eoh, command: .eoh, macros: isPostfix ? id : nil))
    questions.append(
      Question(stage: .body, command: .body(bytes(Self.body)), macros: isPostfix ? id : nil))
    return questions
  }

  private var mailer: String { mta == .postfix ? "smtp" : "esmtp" }

  private var connecting: [(name: String, value: String)] {
    let common = [("j", "mx.example.net"), ("_", "\(Self.host) [\(Self.client)]")]
    return mta == .postfix
      ? common + [("{daemon_name}", "mx.example.net"), ("v", "Postfix")]
      : common + [("{daemon_name}", "MTA"), ("{if_name}", "mx.example.net")]
  }
}
