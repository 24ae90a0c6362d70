import MilterProtocol

/// The SMTP client as CONNECT names it.
package struct ClientFacts: Hashable, Sendable {
  package var hostname: Head
  /// `4`, `6`, `L` or `U`; any byte is possible.
  package var family: UInt8
  /// Host order; nil for family `U`.
  package var port: UInt16?
  /// Text of the address or path of the socket; nil for family `U`. Sendmail puts `IPv6:` in front.
  package var address: Head?

  /// What can be read; nil where the packet ends before the family byte.
  init?(reading packet: Packet) {
    var strings = WireStrings(packet)
    guard let hostname = strings.next(), strings.offset < packet.bytes.count else { return nil }
    self.hostname = Head(hostname)
    let familyAt = strings.offset
    family = packet.bytes[familyAt]
    let payloadOffset = familyAt - packet.payload.lowerBound
    guard family != UInt8(ascii: "U"), let port = packet.payloadNumber(at: payloadOffset + 1, bytes: 2)
    else { return }
    self.port = UInt16(port)
    var rest = WireStrings(packet, from: payloadOffset + 3)
    address = rest.next().map { Head($0) }
  }
}
