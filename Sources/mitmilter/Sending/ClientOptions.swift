import ArgumentParser
import MilterProtocol
import Sending

/// Which MTA it is that sends, and for which SMTP client.
struct ClientOptions: ParsableArguments {
  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "Speak as this MTA does: postfix (where nothing is said), sendmail or generic.", valueName: "kind"))
  var kind: Kind?

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    init?(argument: String) { self.init(rawValue: argument.lowercased()) }

    case postfix, sendmail, generic

    var mta: MTAChoice {
      switch self {
      case .postfix: .postfix
      case .sendmail: .sendmail
      case .generic: .generic
      }
    }
  }

  @Option(
    help: ArgumentHelp(
      "Address of the client: 192.0.2.7, [2001:db8::7]:2525, unknown.", valueName: "address"))
  var client: String?

  @Option(help: ArgumentHelp("Name of the client; '' where it is not known.", valueName: "name"))
  var clientName: String?

  @Option(help: ArgumentHelp("What the client says in EHLO; '' for nothing.", valueName: "name"))
  var helo: String?

  @Option(help: ArgumentHelp("The client has logged in as this user.", valueName: "user"))
  var auth: String?

  @Flag(help: "The client uses STARTTLS.")
  var tls = false

  @Option(
    help: ArgumentHelp(
      "The client says this behind its EHLO, and the MTA does not know it: XFOO bar; can be given again.",
      valueName: "command"))
  var unknown: [String] = []

  @Option(
    help: ArgumentHelp(
      "Give a macro this value, at the stage where it is sent: i=4ABC, rcpt:{rcpt_mailer}=local; can be given again.",
      valueName: "name=value"))
  var macro: [String] = []

  @Option(help: ArgumentHelp("Leave a macro out; can be given again.", valueName: "name"))
  var dropMacro: [String] = []

  @Option(help: ArgumentHelp("The version to offer: 2, 3, 4 or 6.", valueName: "version"))
  var protocolVersion: UInt32 = 6

  @Option(
    help: ArgumentHelp("What milters may do to mails: ADDHDRS+CHGHDRS, all, none, 0x1f.", valueName: "flags"))
  var actions: String?

  @Option(
    help: ArgumentHelp(
      "What milters may ask of the dialogue: NOBODY+SKIP, all, none, 0x7f.", valueName: "flags"))
  var steps: String?

  @Option(
    help: ArgumentHelp(
      "How long to wait for a reply to a command and to the content of a mail: 30s or 30s,300s. Default: as the MTA.",
      valueName: "duration"))
  var timeout: String?

  @Option(
    help: ArgumentHelp(
      "End the session behind this stage: connect, helo, mail, … bodyeob.", valueName: "stage"))
  var quitAfter: String?

  /// Options that were given, and end a session early.
  var namesOfMails: [String] { quitAfter == nil ? [] : ["--quit-after"] }

  private var mta: MTAChoice { (kind ?? .postfix).mta }

  func patience() throws -> MTAPatience {
    try SteeringOptions.patience(mta, timeout, of: "--timeout").told
  }

  func session() throws -> SendingSession {
    var session = SendingSession(as: mta, offer: try offer())
    if let client { session.client = try Self.client(client) }
    if let clientName { session.client.name = clientName.isEmpty ? nil : Array(clientName.utf8) }
    session.helo = helo.map { Array($0.utf8) } ?? session.client.name ?? Array("mail.example.org".utf8)
    if helo?.isEmpty ?? false { session.helo = nil }
    session.user = auth.map { Array($0.utf8) }
    session.isEncrypted = tls
    if unknown.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw Failure(
        "--unknown: expected what the client says, there is nothing", hint: "--unknown 'XFOO bar'")
    }
    session.unknown = unknown.map { Array($0.utf8) }
    for text in macro { try set(text, &session) }
    for name in dropMacro { session.macros.drop(Array(name.utf8)) }
    session.lastStage = try quitAfter.map(Self.stage)
    return session
  }

  private func offer() throws -> OptNeg {
    guard (2...6).contains(protocolVersion) else {
      throw Failure(
        "--protocol-version: expected 2 to 6, there is '\(protocolVersion)'",
        hint: "6 is what every MTA speaks since 2007; 2, 3 and 4 are older, 5 was skipped")
    }
    var offer = SendingSession.offer(version: protocolVersion)
    if let actions { offer.actions = try Self.flags(actions, all: offer.actions, of: "--actions") }
    if let steps { offer.protocolFlags = try Self.flags(steps, all: offer.protocolFlags, of: "--steps") }
    return offer
  }

  private static func flags<Flags: NamedFlags>(_ text: String, all: Flags, of option: String) throws -> Flags
  {
    do throws(FlagNames.Unknown) { return try FlagNames.read(text, all: all) } catch {
      throw Failure(
        "\(option): flag '\(error.word)' is not known", hint: Flags.table.map(\.name).joined(separator: " "))
    }
  }

  /// An address, with a port or without; its name is not known then.
  static func client(_ text: String, of option: String = "--client") throws -> SendingSession.Client {
    var client = SendingSession.Client()
    client.name = nil
    if text == "unknown" {
      client.address = nil
      return client
    }
    var address = text[...]
    if let end = text.lastIndex(of: ":"),
      text.hasPrefix("[") ? text[..<end].hasSuffix("]") : text.filter({ $0 == ":" }).count == 1
    {
      guard let port = UInt16(text[text.index(after: end)...]) else { throw unreadable(text, of: option) }
      client.port = port
      address = text[..<end]
    }
    if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
    guard let ip = IPAddress(Array(address.utf8)[...]) else { throw unreadable(text, of: option) }
    client.address = ip
    return client
  }

  private static func unreadable(_ text: String, of option: String) -> Failure {
    Failure(
      "\(option): expected an IP address, there is '\(text)'",
      hint:
        "192.0.2.7, 192.0.2.7:2525, 2001:db8::7, [2001:db8::7]:2525, or unknown; --client-name gives its name"
    )
  }

  private func set(_ text: String, _ session: inout SendingSession) throws {
    guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
      throw Failure(
        "--macro: expected NAME=VALUE, there is '\(text)'",
        hint: "'{auth_authen}=alice', or at one stage 'mail:i=4ABC'")
    }
    var name = text[..<sign]
    var stage: MacroStage?
    if let colon = name.firstIndex(of: ":") {
      let word = String(name[..<colon]).lowercased()
      guard let number = OptNeg.SymbolList.stages.first(where: { $0.name == word })?.number else {
        throw Failure(
          "--macro: '\(word)' is no stage at which macros are sent",
          hint: OptNeg.SymbolList.stages.map(\.name).joined(separator: ", "))
      }
      stage = MacroStage(rawValue: number)
      name = name[name.index(after: colon)...]
    }
    session.macros.set(Array(name.utf8), to: Array(text[text.index(after: sign)...].utf8), at: stage)
  }

  private static func stage(_ text: String) throws -> Stage {
    let stages = Stage.allCases.filter { $0 != .negotiation && $0 != .unknown }
    guard let stage = stages.first(where: { $0.name == text.uppercased() }) else {
      throw Failure(
        "--quit-after: '\(text)' is no stage",
        hint: stages.map { $0.name.lowercased() }.joined(separator: ", "))
    }
    return stage
  }
}
