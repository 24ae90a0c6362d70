import MilterProtocol

/// What was seen on a connection that one MTA alone does (protocol.md 3.3, 3.4, 5.2, 5.3).
///
/// Postfix names itself in `v`, sends macros for HEADER, BODY and UNKNOWN, and has `{daemon_addr}` unasked. Sendmail has
/// macros that Postfix does not know (`{if_name}`, `{msg_id}`), tags IPv6 addresses in CONNECT, and has a queue id at MAIL
/// already for mail that came by SMTP. An empty set for HELO comes from both: Sendmail sends one where its list has no
/// value (`milter8_event` in milter8.c, `milter_send_macros` in milter.c, `cf/m4/cfhead.m4`; seen with 3.7 and 8.17).
///
/// Stalwart and maddy name themselves in `{daemon_name}`, and offer what nobody else does (`MilterClient::connect` in client.rs,
/// `Configure` in milter.go; not measured). What offers version 2 and shows no sign of another is a generic client.
package struct MTASigns: OptionSet, Equatable, Sendable {
  package var rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  private static let postfixByName = MTASigns(rawValue: 1 << 0)
  private static let sendmailByName = MTASigns(rawValue: 1 << 1)
  /// A macro that only one of them has.
  private static let postfixMacro = MTASigns(rawValue: 1 << 2)
  private static let sendmailMacro = MTASigns(rawValue: 1 << 3)
  private static let daemonAddress = MTASigns(rawValue: 1 << 4)
  private static let queueIDAtMail = MTASigns(rawValue: 1 << 5)
  private static let networkClient = MTASigns(rawValue: 1 << 6)
  /// Macros for all stages of a message were seen.
  private static let wholeMessage = MTASigns(rawValue: 1 << 7)
  private static let stalwartByName = MTASigns(rawValue: 1 << 8)
  private static let maddyByName = MTASigns(rawValue: 1 << 9)
  private static let stalwartOffer = MTASigns(rawValue: 1 << 10)
  private static let maddyOffer = MTASigns(rawValue: 1 << 11)
  private static let oldOffer = MTASigns(rawValue: 1 << 12)

  /// The surest sign counts; nil where nobody knows.
  package var mta: KnownMTA? {
    if contains(.postfixByName) { return .postfix }
    if contains(.sendmailByName) { return .sendmail }
    if contains(.stalwartByName) { return .stalwart }
    if contains(.maddyByName) { return .maddy }
    if contains(.sendmailMacro) { return .sendmail }
    if contains(.postfixMacro) || contains(.daemonAddress) { return .postfix }
    if contains(.stalwartOffer) { return .stalwart }
    if contains(.maddyOffer) { return .maddy }
    if isSuperset(of: [.queueIDAtMail, .networkClient]) { return .sendmail }
    return contains(.oldOffer) ? .generic : nil
  }

  /// No later macros say otherwise: they need not be read any more.
  private var isSettled: Bool {
    !isDisjoint(with: [
      .postfixByName, .sendmailByName, .stalwartByName, .maddyByName, .postfixMacro, .sendmailMacro,
      .wholeMessage,
    ])
  }

  /// - Parameters:
  ///   - packet: a MACRO packet; one that is broken tells what can be read of it.
  ///   - isRequested: the milter gave a list of its own for CONNECT: then Sendmail sends `{daemon_addr}`, too.
  package mutating func note(macros packet: Packet, isRequested: Bool) {
    guard !isSettled, let letter = packet.bytes[packet.payload].first else { return }
    let command = CommandKind(rawValue: letter)
    if command == .bodyEOB { insert(.wholeMessage) }
    if command == .header || command == .body || command == .unknown { insert(.postfixByName) }
    var strings = StringList((packet.payload.lowerBound + 1)..<packet.payload.upperBound, of: packet)
    while let name = strings.next(), let value = strings.next() {
      note(KnownMacro.bareName(packet.bytes[name]), packet.bytes[value], command, isRequested: isRequested)
    }
  }

  private mutating func note(
    _ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, _ command: CommandKind?, isRequested: Bool
  ) {
    if name.elementsEqual("v".utf8) {
      if value.starts(with: "Postfix".utf8) { insert(.postfixByName) }
      if value.starts(with: "8.".utf8) { insert(.sendmailByName) }
      if value.starts(with: "Stalwart".utf8) { insert(.stalwartByName) }
    } else if name.elementsEqual("daemon_name".utf8), value.starts(with: "Stalwart".utf8) {
      insert(.stalwartByName)
    } else if name.elementsEqual("daemon_name".utf8), value.elementsEqual("maddy".utf8) {
      insert(.maddyByName)
    } else if name.elementsEqual("i".utf8) {
      if command == .mail { insert(.queueIDAtMail) }
    } else if name.elementsEqual("daemon_addr".utf8) {
      if !isRequested { insert(.daemonAddress) }
    } else if let known = KnownMacro.named(name) {
      if known.postfix == .never, known.sendmail != .never { insert(.sendmailMacro) }
      if known.sendmail == .never, known.postfix != .never { insert(.postfixMacro) }
    }
  }

  /// What the MTA offers in OPTNEG.
  package mutating func note(offer: OptNeg) {
    switch (offer.version, offer.actions.rawValue, offer.protocolFlags.rawValue) {
    case (6, 0xFF, 0x42): insert(.stalwartOffer)
    case (6, 0x21, 0): insert(.maddyOffer)
    case (1...2, _, _): insert(.oldOffer)
    case (_, _, _): break
    }
  }

  /// What CONNECT says of the client; `port` is in host order, 0 for none.
  package mutating func note(client family: UInt8, port: UInt16, address: ArraySlice<UInt8>) {
    if port > 0 { insert(.networkClient) }
    if family == UInt8(ascii: "6"), address.starts(with: "IPv6:".utf8) { insert(.sendmailByName) }
  }
}
