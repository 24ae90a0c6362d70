import MilterProtocol
import TraceModel

/// The SMTP client as CONNECT names it.
package struct ClientFacts: Equatable, Sendable {
  package var hostname: Head
  /// `4`, `6`, `L` or `U`; any byte is possible.
  package var family: UInt8
  /// Host order; nil for family `U`.
  package var port: UInt16?
  /// Text of the address or path of the socket; nil for family `U`. Sendmail puts `IPv6:` in front.
  package var address: Head?

  /// What can be read; nil where the packet ends before the family byte.
  init?(_ connect: ConnectShape, of packet: Packet) {
    guard connect.hostname.upperBound + 1 < packet.bytes.count else { return nil }
    hostname = Head(packet.bytes[connect.hostname])
    family = connect.family
    guard connect.family != UInt8(ascii: "U"), connect.hostname.upperBound + 3 < packet.bytes.count else {
      return
    }
    port = connect.port
    address = connect.address.lowerBound == packet.bytes.count ? nil : Head(packet.bytes[connect.address])
  }
}
