import MilterProtocol

/// What is known of a dialogue where a line is written about it: all that stands in such lines.
package struct LogOccasion: Sendable {
  /// Where the MTA finds its milter, as main.cf has it; nil where that is not known.
  package var socket: String?
  package var client = Client()
  package var envelope = Envelope()
  /// Of the command that a reply answers, or that goes unanswered.
  package var stage: Stage?
  /// Bytes of that command's payload.
  package var commandBytes: Int?
  /// What it is about; nil where it is about the connection.
  package var packet: Packet?
  package var offer: OptNeg?
  /// How the wait for the milter ended, where it ended without a reply.
  package var silence: Silence?
  /// What came where a packet was expected, where it was none: its first bytes.
  package var foreign: [UInt8]?
  /// The header that a CHGHEADER is about.
  package var oldHeader = OldHeader.unknown
  /// Whether the recipient that a modification removes is one; nil where that is not known.
  package var isRecipient: Bool?
  /// Whether a part of a new body came before.
  package var isBodyBegun = false
  /// Whether it replaces the body without that right, for which Sendmail puts the mail off.
  package var lacksBodyRight = false

  package enum OldHeader: Sendable {
    case unknown, missing
    /// Its value as the MTA keeps it: with the blank behind the colon.
    case value([UInt8])
  }

  package enum Silence: Sendable { case closed, silent }

  package struct Client: Sendable {
    package var host: [UInt8]?
    package var address: [UInt8]?
    package var helo: [UInt8]?

    package init() {}
  }

  package struct Envelope: Sendable {
    package var queue: [UInt8]?
    /// As they travel, with their angle brackets.
    package var sender: [UInt8]?
    package var recipient: [UInt8]?

    package init() {}
  }

  package init() {}
}

extension LogOccasion {
  /// As an MTA writes what a stranger sent: what does not print is a question mark.
  static func printable(_ bytes: some Collection<UInt8>) -> String {
    let text = String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    return String(text.map { $0 == "\u{FFFD}" ? "?" : $0 })
  }

  /// As Sendmail writes it (`str2prt` in util.c).
  static func escaped(_ bytes: some Collection<UInt8>) -> String {
    bytes.reduce(into: "") { text, byte in
      switch byte {
      case UInt8(ascii: "\r"): text += "\\r"
      case UInt8(ascii: "\n"): text += "\\n"
      case UInt8(ascii: "\t"): text += "\\t"
      case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let octal = String(byte, radix: 8)
        text += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
      }
    }
  }

  static func bare(_ address: [UInt8]) -> String {
    guard address.first == UInt8(ascii: "<"), address.last == UInt8(ascii: ">"), address.count > 1 else {
      return printable(address)
    }
    return printable(address.dropFirst().dropLast())
  }

  var isOfContent: Bool { stage?.isOfContent ?? false }

  /// The reply's letter, of which nobody else's bytes come into a line.
  var letter: String { packet?.code.map { Self.printable([$0]) } ?? "CODE" }

  // MARK: Postfix

  /// Who writes it: cleanup asks the milter about content, smtpd about all else.
  var postfixProgram: String { isOfContent ? "postfix/cleanup" : "postfix/smtpd" }

  /// `NOQUEUE` before the first recipient was taken.
  var postfixQueue: String {
    if let queue = envelope.queue { return Self.printable(queue) }
    return isOfContent || stage == .data ? "QUEUE" : "NOQUEUE"
  }

  /// `name[address]`, with `unknown` for a name that is none.
  var postfixClient: String {
    guard let host = client.host else { return "CLIENT" }
    let name = host.first == UInt8(ascii: "[") ? "unknown" : Self.printable(host)
    return "\(name)[\(client.address.map(Self.printable) ?? "unknown")]"
  }

  /// As Postfix calls the stage in a verdict. The client said EHLO, as nearly all do: HELO looks the same to a milter.
  var postfixStage: String {
    switch stage {
    case nil: "STAGE"
    case .negotiation: "CONNECT"
    case .helo: "EHLO"
    case .header, .eoh, .body, .bodyEOB: "END-OF-MESSAGE"
    case .some(let stage): stage.name
    }
  }

  /// What stands behind a verdict: `from=<a@b> to=<c@d> proto=ESMTP helo=<e>`, as far as the session has come.
  var postfixEnvelope: String {
    var words: [String] = []
    let isGreeting = stage == .negotiation || stage == .connect || stage == .helo
    if !isGreeting, let sender = envelope.sender { words.append("from=<\(Self.bare(sender))>") }
    if !isGreeting, stage != .mail, let recipient = envelope.recipient {
      words.append("to=<\(Self.bare(recipient))>")
    }
    words.append(isGreeting ? "proto=SMTP" : "proto=ESMTP")
    if stage != .connect, stage != .negotiation, let helo = client.helo {
      words.append("helo=<\(Self.printable(helo))>")
    }
    return words.joined(separator: " ")
  }

  // MARK: Sendmail

  /// The name of the stage in `where=` and `action=` (`milter_send_command` in milter.c).
  var sendmailStage: String {
    switch stage {
    case nil: "STAGE"
    case .negotiation: "negotiate"
    case .bodyEOB: "eom"
    case .some(let stage): stage.name.lowercased()
    }
  }

  var sendmailQueue: String { envelope.queue.map(Self.escaped) ?? "QUEUE" }
}
