import MilterProtocol

/// What was seen on a connection that one of the two MTAs alone does (protocol.md 3.3, 3.4, 5.2, 5.3).
///
/// Postfix names itself in `v`, sends macros for HEADER, BODY and UNKNOWN, and has `{daemon_addr}` unasked. Sendmail has
/// macros that Postfix does not know (`{if_name}`, `{msg_id}`), tags IPv6 addresses in CONNECT, and has a queue id at MAIL
/// already for mail that came by SMTP. An empty set for HELO comes from both: Sendmail sends one where its list has no
/// value (`milter8_event` in milter8.c, `milter_send_macros` in milter.c, `cf/m4/cfhead.m4`; seen with 3.7 and 8.17).
package struct MTASigns: OptionSet, Equatable, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

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

  /// The surest sign counts; nil where nobody knows.
  package var mta: KnownMTA? {
    if contains(.postfixByName) { return .postfix }
    if contains(.sendmailByName) { return .sendmail }
    if contains(.sendmailMacro) { return .sendmail }
    if contains(.postfixMacro) || contains(.daemonAddress) { return .postfix }
    return isSuperset(of: [.queueIDAtMail, .networkClient]) ? .sendmail : nil
  }

  /// No later macros say otherwise: they need not be read any more.
  private var isSettled: Bool {
    !isDisjoint(with: [.postfixByName, .sendmailByName, .postfixMacro, .sendmailMacro, .wholeMessage])
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
    } else if name.elementsEqual("i".utf8) {
      if command == .mail { insert(.queueIDAtMail) }
    } else if name.elementsEqual("daemon_addr".utf8) {
      if !isRequested { insert(.daemonAddress) }
    } else if let known = KnownMacro.named(name) {
      if known.postfix == .never, known.sendmail != .never { insert(.sendmailMacro) }
      if known.sendmail == .never, known.postfix != .never { insert(.postfixMacro) }
    }
  }

  /// What CONNECT says of the client; `port` is in host order, 0 for none.
  package mutating func note(client family: UInt8, port: UInt16, address: ArraySlice<UInt8>) {
    if port > 0 { insert(.networkClient) }
    if family == UInt8(ascii: "6"), address.starts(with: "IPv6:".utf8) { insert(.sendmailByName) }
  }
}
