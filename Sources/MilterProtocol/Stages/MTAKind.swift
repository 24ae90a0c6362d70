/// Which MTA this is, told from its macros; the two differ in what they take from a milter.
package enum MTAKind: UInt8, Sendable, Hashable, CaseIterable {
  case unknown, postfix, sendmail

  package var name: String {
    switch self {
    case .unknown: "unknown"
    case .postfix: "Postfix"
    case .sendmail: "Sendmail"
    }
  }

  /// Told from one MACRO packet; `unknown` where it says nothing.
  ///
  /// Postfix sends macros for HEADER, BODY and UNKNOWN; by default it has `{daemon_addr}` at CONNECT, and a `v` that
  /// begins with its name. Sendmail by default has `{if_name}` there, and `{msg_id}` at end of message, which Postfix
  /// does not know (`milter8_event` in milter8.c, `cf/m4/cfhead.m4`). An empty set for HELO comes from both: Sendmail
  /// sends one where its list has no value (`milter_send_macros` in milter.c; seen with 8.17).
  ///
  /// - Parameter isRequested: the milter gave a list of its own for CONNECT: then Sendmail sends `{daemon_addr}`, too.
  static func told(
    from packet: Packet, command: UInt8, strings: Range<Int>, isRequested: Bool
  ) -> MTAKind {
    switch CommandKind(rawValue: command) {
    case .header, .body, .unknown: return .postfix
    case .connect, .bodyEOB: break
    case .helo, .optNeg, .macro, .mail, .rcpt, .data, .eoh, .abort, .quit, .quitNC, nil:
      return .unknown
    }
    var hasDaemonAddress = false
    var list = StringList(strings, of: packet)
    while let name = list.next(), let value = list.next() {
      let name = packet.bytes[name]
      if name.elementsEqual("{daemon_addr}".utf8) { hasDaemonAddress = true }
      if name.elementsEqual("v".utf8), packet.bytes[value].starts(with: "Postfix".utf8) { return .postfix }
      if name.elementsEqual("v".utf8), packet.bytes[value].starts(with: "8.".utf8) { return .sendmail }
      if name.elementsEqual("{if_name}".utf8) || name.elementsEqual("{if_addr}".utf8) { return .sendmail }
      if name.elementsEqual("{msg_id}".utf8) { return .sendmail }
    }
    return hasDaemonAddress && !isRequested ? .postfix : .unknown
  }
}
