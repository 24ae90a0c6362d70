/// Where the IP packet begins under a link header. Numbers: `LINKTYPE_*` of the tcpdump group.
package enum LinkLayer {
  package enum Reading: Equatable, Sendable {
    /// The IP packet begins at this offset of the frame.
    case internet(Int)
    /// ARP, another protocol, or a frame cut short.
    case other
    case unknownLink
  }

  package static func internetPacket(of frame: [UInt8], linkType: UInt32) -> Reading {
    switch linkType {
    case 1: ethernet(frame, typeAt: 12)
    case 0, 108: frame.count > 4 ? .internet(4) : .other  // BSD NULL, OpenBSD LOOP
    case 12, 14, 101, 228, 229: .internet(0)  // RAW, IPv4, IPv6
    case 113: ethernet(frame, typeAt: 14)  // Linux cooked v1
    case 276: cooked2(frame)
    default: .unknownLink
    }
  }

  /// An EtherType at `typeAt`, VLAN tags passed over, then the packet.
  private static func ethernet(_ frame: [UInt8], typeAt: Int) -> Reading {
    var at = typeAt
    while at + 2 <= frame.count {
      switch UInt16(frame[at]) << 8 | UInt16(frame[at + 1]) {
      case 0x0800, 0x86DD: return .internet(at + 2)
      case 0x8100, 0x88A8, 0x9100: at += 4
      default: return .other
      }
    }
    return .other
  }

  /// Linux cooked v2: the EtherType leads a header of 20 bytes; VLAN tags follow the header.
  private static func cooked2(_ frame: [UInt8]) -> Reading {
    guard frame.count > 20 else { return .other }
    switch UInt16(frame[0]) << 8 | UInt16(frame[1]) {
    case 0x0800, 0x86DD: return .internet(20)
    case 0x8100, 0x88A8, 0x9100: return ethernet(frame, typeAt: 22)
    default: return .other
    }
  }
}
