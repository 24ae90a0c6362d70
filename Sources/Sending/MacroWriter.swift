import Dialogue
import MilterProtocol

/// The MACRO packets of a played MTA: which there are, which names are in them, and with which values.
///
/// Lists: `milter_*_macros` of Postfix, `cf/m4/cfhead.m4` of Sendmail, or what the milter asked for (protocol.md 2.8, 5.2).
/// Postfix sends a packet before every command, be it empty, before HEADER with the list of end of header and before BODY with that of
/// end of message; Sendmail where there is a list (seen with Postfix 3.7 and Sendmail 8.17). Whoever is neither sends what it
/// has to say.
package struct MacroWriter: Sendable {
  private var session: SendingSession
  private let tables: [[[UInt8]]]

  /// Before CONNECT: what the milter asked for is known then.
  package init(_ session: SendingSession, _ negotiation: Negotiation) {
    self.session = session
    tables = MacroStage.allCases.map { Self.names(at: $0, session.mta, negotiation.answered) }
  }

  /// Before STARTTLS.
  var inTheClear: MacroWriter {
    var writer = self
    writer.session.isEncrypted = false
    return writer
  }

  /// The packet that goes before a command; nil for none.
  package func packet(
    before command: Stage, of mail: SentMail?, to recipient: Envelope? = nil, hasQueueID: Bool
  ) -> Packet? {
    if command == .unknown, session.mta == .postfix {
      // `milter_unknown_command_macros` is empty (seen with Postfix 3.7).
      return Packet(encoding: Command.macro(MacroSet(command: command.rawValue, pairs: [])))
    }
    guard let stage = macroStage(of: command) else { return nil }
    let own = session.macros.added(at: stage) { list($0).map { Array(KnownMacro.bareName($0)) } }
    let names = list(stage) + own.map(Self.onTheWire)
    if names.isEmpty, session.mta != .postfix { return nil }
    let facts = Facts(
      session: session, stage: stage, isOfContent: command.isOfContent, mail: mail,
      recipient: recipient, hasQueueID: hasQueueID)
    let pairs = names.compactMap { name in
      facts.value(Array(KnownMacro.bareName(name))).map { MacroSet.Pair(name: name, value: $0) }
    }
    if pairs.isEmpty, session.mta == .generic { return nil }
    return Packet(encoding: Command.macro(MacroSet(command: command.rawValue, pairs: pairs)))
  }

  private func macroStage(of command: Stage) -> MacroStage? {
    switch command {
    case .header: session.mta == .postfix ? .eoh : nil
    case .body: session.mta == .postfix ? .bodyEOB : nil
    case .negotiation, .connect, .helo, .mail, .rcpt, .data, .eoh, .bodyEOB, .unknown:
      MacroStage(command: command.rawValue)
    }
  }

  private func list(_ stage: MacroStage) -> [[UInt8]] { tables[Int(stage.rawValue)] }

  private static func onTheWire(_ bareName: [UInt8]) -> [UInt8] {
    bareName.count == 1 ? bareName : [UInt8(ascii: "{")] + bareName + [UInt8(ascii: "}")]
  }

  // MARK: - Lists

  private static func names(at stage: MacroStage, _ mta: MTAChoice, _ answer: OptNeg?) -> [[UInt8]] {
    let asked = requested(at: stage, answer)
    switch mta {
    case .postfix:
      // An empty string is no list (seen with Postfix 3.7).
      return asked.flatMap { $0.isEmpty ? nil : $0 } ?? stage.postfixDefault.map { bytes($0) }
    case .sendmail:
      // The list for end of message counts where there is one for end of header (protocol.md 2.8; seen with Sendmail 8.17).
      if stage == .bodyEOB, let answer {
        return requested(at: .eoh, answer) == nil
          ? stage.sendmailDefault.map { bytes($0) } : requested(at: .bodyEOB, answer) ?? []
      }
      return asked ?? stage.sendmailDefault.map { bytes($0) }
    case .generic, .auto, .stalwart, .maddy: return asked ?? generic(stage).map { bytes($0) }
    }
  }

  /// The last one of that stage counts; nil where the milter gave none.
  private static func requested(at stage: MacroStage, _ answer: OptNeg?) -> [[UInt8]]? {
    answer?.symbolLists.last { $0.stage == stage.rawValue }.map { list in
      list.names.split { $0 == 0x20 || $0 == UInt8(ascii: ",") }.map { Array($0) }
    }
  }

  /// Of an MTA that is neither: what milters look for.
  private static func generic(_ stage: MacroStage) -> [String] {
    switch stage {
    case .connect: ["j", "_", "{daemon_name}", "{client_addr}", "{client_name}", "{client_port}"]
    case .helo: ["{tls_version}", "{cipher}", "{cipher_bits}"]
    case .mail: ["i", "{auth_type}", "{auth_authen}", "{mail_addr}"]
    case .rcpt: ["{rcpt_addr}"]
    case .data, .eoh: []
    case .bodyEOB: ["i"]
    }
  }
}

/// What there is to know for the values of macros at one place of a session.
private struct Facts {
  let session: SendingSession
  let stage: MacroStage
  let isOfContent: Bool
  let mail: SentMail?
  let recipient: Envelope?
  let hasQueueID: Bool

  private var isPostfix: Bool { session.mta == .postfix }
  private var isSendmail: Bool { session.mta == .sendmail }

  /// nil where the MTA has none.
  func value(_ name: [UInt8]) -> [UInt8]? {
    if session.macros.drops(name) { return nil }
    if let own = session.macros.value(name, at: stage) { return own }
    return ofMTA(name) ?? ofClient(name) ?? (isPostfix && isOfContent ? nil : ofSession(name)) ?? ofMail(name)
  }

  private func ofMTA(_ name: [UInt8]) -> [UInt8]? {
    switch String(decoding: name, as: UTF8.self) {
    case "j": session.host
    case "daemon_name": isPostfix ? value(bytes("j")) : bytes("MTA")
    case "daemon_addr": ownAddress
    case "daemon_port": bytes("25")
    case "if_name": isPostfix ? nil : value(bytes("j"))
    // Left out on the loopback interface (seen with Sendmail 8.17).
    case "if_addr": isPostfix || session.isLocalClient ? nil : ownAddress
    case "v": isPostfix ? bytes("Postfix 3.7.11") : isSendmail ? bytes("8.17.1.9") : bytes("mitmilter")
    default: nil
    }
  }

  /// Where the client has reached the MTA.
  private var ownAddress: [UInt8] {
    guard let address = session.client.address else { return bytes("192.0.2.1") }
    if session.isLocalClient { return bytes(address.text) }
    return bytes(address.isIPv4 ? "192.0.2.1" : "2001:db8::1")
  }

  private func ofClient(_ name: [UInt8]) -> [UInt8]? {
    let client = session.client
    return switch String(decoding: name, as: UTF8.self) {
    case "_": (client.name.map { $0 + [0x20] } ?? (isPostfix ? bytes("unknown ") : [])) + bracketed
    case "client_addr": client.address.map { bytes($0.isIPv4 ? $0.text : "IPv6:\($0.text)") }
    case "client_port": bytes(String(client.port))
    case "client_name", "client_ptr": client.name ?? (isPostfix ? bytes("unknown") : bracketed)
    default: nil
    }
  }

  private var bracketed: [UInt8] { session.clientInBrackets }

  private func ofSession(_ name: [UInt8]) -> [UInt8]? {
    switch String(decoding: name, as: UTF8.self) {
    case "client_resolve": bytes(session.client.name == nil ? "FAIL" : "OK")
    case "client_connections": bytes("1")
    // HELO comes once before STARTTLS.
    case "tls_version": session.isEncrypted ? bytes("TLSv1.3") : nil
    case "cipher": session.isEncrypted ? bytes("TLS_AES_256_GCM_SHA384") : nil
    case "cipher_bits": session.isEncrypted ? bytes("256") : nil
    case "auth_type": session.user == nil ? nil : bytes("PLAIN")
    case "auth_authen": session.user
    case "mail_addr": mail.map { Array($0.sender.bareAddress) }
    case "mail_host": mail.map { host(of: $0.sender) }
    case "mail_mailer": mail.map { mailer(of: $0.sender) }
    case "rcpt_addr": recipient.map { Array($0.bareAddress) }
    case "rcpt_host": recipient.map { host(of: $0) }
    case "rcpt_mailer": recipient.map { mailer(of: $0) }
    default: nil
    }
  }

  /// As mail that goes on to the domain's own host; how an MTA is set up is not known.
  private func host(of envelope: Envelope) -> [UInt8] {
    let domain = Array(envelope.domain)
    return isSendmail && !domain.isEmpty ? domain + [UInt8(ascii: ".")] : domain
  }

  private func mailer(of envelope: Envelope) -> [UInt8] {
    if isSendmail { return bytes(envelope.bareAddress.isEmpty ? "local" : "esmtp") }
    return bytes("smtp")
  }

  private func ofMail(_ name: [UInt8]) -> [UInt8]? {
    guard let mail else { return nil }
    return switch String(decoding: name, as: UTF8.self) {
    case "i": hasQueueID ? mail.queueID : nil
    case "msg_id": isPostfix ? nil : mail.messageID
    case "nrcpts": isPostfix || stage == .mail ? nil : bytes(String(mail.recipients.count))
    default: nil
    }
  }
}

extension SendingSession {
  /// `[192.0.2.25]`; Sendmail marks an IPv6 address and writes it out (seen with 8.17).
  var clientInBrackets: [UInt8] {
    guard let address = client.address else { return [] }
    if address.isIPv4 || mta != .sendmail { return bytes("[\(address.text)]") }
    return bytes("[IPv6:\(address.written)]")
  }
}

extension IPAddress {
  /// The groups of IPv6 in full, without leading zeros, as Sendmail writes it (`anynet_ntop`; seen with 8.17).
  var written: String {
    isIPv4
      ? text
      : [high, low].flatMap { half in
        [48, 32, 16, 0].map { String(UInt16(truncatingIfNeeded: half >> UInt64($0)), radix: 16) }
      }.joined(separator: ":")
  }
}
