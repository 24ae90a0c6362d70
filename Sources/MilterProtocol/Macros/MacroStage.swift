/// A stage at which an MTA sends macros, with its number in symbol lists and the setting that lists its macros.
package enum MacroStage: UInt32, Sendable, Equatable, CaseIterable {
  // The raw value is `SMFIM_*` (libmilter `mfapi.h`): end of message comes before end of header.
  case connect = 0
  case helo = 1
  case mail = 2
  case rcpt = 3
  case data = 4
  case bodyEOB = 5
  case eoh = 6

  /// The stage that a MACRO packet with that letter fills; nil for letters that libmilter drops.
  package init?(command: UInt8) {
    switch CommandKind(rawValue: command) {
    case .connect: self = .connect
    case .helo: self = .helo
    case .mail: self = .mail
    case .rcpt: self = .rcpt
    case .data: self = .data
    case .eoh: self = .eoh
    case .bodyEOB: self = .bodyEOB
    case .optNeg, .macro, .header, .body, .unknown, .abort, .quit, .quitNC, nil: return nil
    }
  }

  package var stage: Stage {
    switch self {
    case .connect: .connect
    case .helo: .helo
    case .mail: .mail
    case .rcpt: .rcpt
    case .data: .data
    case .eoh: .eoh
    case .bodyEOB: .bodyEOB
    }
  }

  /// Order in which the stages of a session come: what is later shadows what is earlier.
  package var order: Int {
    switch self {
    case .connect: 0
    case .helo: 1
    case .mail: 2
    case .rcpt: 3
    case .data: 4
    case .eoh: 5
    case .bodyEOB: 6
    }
  }

  /// The parameter in `main.cf`.
  package var postfixParameter: String {
    switch self {
    case .connect: "milter_connect_macros"
    case .helo: "milter_helo_macros"
    case .mail: "milter_mail_macros"
    case .rcpt: "milter_rcpt_macros"
    case .data: "milter_data_macros"
    case .eoh: "milter_end_of_header_macros"
    case .bodyEOB: "milter_end_of_data_macros"
    }
  }

  /// The option in `sendmail.cf`.
  package var sendmailOption: String { "Milter.macros.\(sendmailStage)" }

  /// The name in `sendmail.mc`: `define(`confMILTER_MACROS_ENVFROM', …)`.
  package var sendmailConfiguration: String { "confMILTER_MACROS_\(sendmailStage.uppercased())" }

  private var sendmailStage: String {
    switch self {
    case .connect: "connect"
    case .helo: "helo"
    case .mail: "envfrom"
    case .rcpt: "envrcpt"
    case .data: "data"
    case .eoh: "eoh"
    case .bodyEOB: "eom"
    }
  }

  /// Postfix's default value of the parameter (3.7 to 3.12).
  package var postfixDefault: [String] {
    switch self {
    case .connect: ["j", "{daemon_name}", "{daemon_addr}", "v", "_"]
    case .helo: ["{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}", "{cert_issuer}"]
    case .mail:
      [
        "i", "{auth_type}", "{auth_authen}", "{auth_author}", "{mail_addr}", "{mail_host}", "{mail_mailer}",
      ]
    case .rcpt: ["i", "{rcpt_addr}", "{rcpt_host}", "{rcpt_mailer}"]
    case .data, .eoh, .bodyEOB: ["i"]
    }
  }

  /// Sendmail's default by its m4 configuration (`cf/m4/cfhead.m4`); the program itself has none.
  package var sendmailDefault: [String] {
    switch self {
    case .connect: ["j", "_", "{daemon_name}", "{if_name}", "{if_addr}"]
    case .helo: ["{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}", "{cert_issuer}"]
    case .mail:
      [
        "i", "{auth_type}", "{auth_authen}", "{auth_ssf}", "{auth_author}", "{mail_mailer}", "{mail_host}",
        "{mail_addr}",
      ]
    case .rcpt: ["{rcpt_mailer}", "{rcpt_host}", "{rcpt_addr}"]
    case .data, .eoh: []
    case .bodyEOB: ["{msg_id}"]
    }
  }
}
