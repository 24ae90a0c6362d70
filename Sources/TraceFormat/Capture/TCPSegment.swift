import MilterProtocol

/// The TCP segment in a captured frame, found under its link and IP headers.
///
/// Checksums are never looked at: loopback captures do not fill them in.
package struct TCPSegment: Sendable {
  package struct Flags: OptionSet, Sendable {
    package var rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let fin = Flags(rawValue: 0x01)
    package static let syn = Flags(rawValue: 0x02)
    package static let rst = Flags(rawValue: 0x04)
    package static let ack = Flags(rawValue: 0x10)
  }

  package var source: Endpoint
  package var destination: Endpoint
  package var sequence: UInt32
  package var acknowledged: UInt32
  package var flags: Flags
  /// What was captured of the payload.
  package var payload: ArraySlice<UInt8>
  /// Payload bytes that the segment had on the wire and the file does not have (snap length).
  package var missingBytes: Int

  /// Why a frame is of no use.
  package enum Reading: Sendable {
    case segment(TCPSegment)
    /// Not TCP over IP, or cut before the end of the TCP header.
    case other
    /// A fragment of an IP packet; fragments are not put together.
    case fragment
    /// A link type whose headers are unknown here.
    case unknownLink(UInt32)
  }

  package static func read(_ frame: CaptureFile.Frame) -> Reading {
    switch LinkLayer.internetPacket(of: frame.bytes, linkType: frame.linkType) {
    case .unknownLink: .unknownLink(frame.linkType)
    case .other: .other
    case .internet(let start): internet(frame.bytes[start...])
    }
  }

  private static func internet(_ packet: ArraySlice<UInt8>) -> Reading {
    guard let first = packet.first else { return .other }
    switch first >> 4 {
    case 4: return version4(packet, headerBytes: Int(first & 0x0F) * 4)
    case 6: return version6(packet)
    default: return .other
    }
  }

  private static func version4(_ packet: ArraySlice<UInt8>, headerBytes: Int) -> Reading {
    let at = packet.startIndex
    guard headerBytes >= 20, packet.count >= headerBytes, packet[at + 9] == 6 else { return .other }
    let fragment = number(packet, at + 6) & 0x3FFF
    guard fragment == 0 else { return .fragment }
    let total = Int(number(packet, at + 2))
    return tcp(
      packet, at: at + headerBytes,
      // Segmentation offload leaves 0 here: then the frame says how much there is.
      end: total == 0 ? packet.endIndex : at + total,
      from: Array(packet[at + 12..<at + 16]), to: Array(packet[at + 16..<at + 20]))
  }

  private static func version6(_ packet: ArraySlice<UInt8>) -> Reading {
    let at = packet.startIndex
    guard packet.count >= 40 else { return .other }
    let length = Int(number(packet, at + 4))
    let end = length == 0 ? packet.endIndex : at + 40 + length
    var header = packet[at + 6]
    var next = at + 40
    while header != 6 {
      guard next + 8 <= packet.endIndex else { return .other }
      switch header {
      case 0, 43, 60: (header, next) = (packet[next], next + 8 + Int(packet[next + 1]) * 8)
      case 51: (header, next) = (packet[next], next + 8 + Int(packet[next + 1]) * 4)
      case 44:
        guard number(packet, next + 2) & 0xFFF9 == 0 else { return .fragment }
        (header, next) = (packet[next], next + 8)
      default: return .other
      }
    }
    return tcp(
      packet, at: next, end: end, from: Array(packet[at + 8..<at + 24]), to: Array(packet[at + 24..<at + 40]))
  }

  private static func tcp(
    _ packet: ArraySlice<UInt8>, at: Int, end: Int, from source: [UInt8], to destination: [UInt8]
  ) -> Reading {
    guard at + 20 <= packet.endIndex else { return .other }
    let data = at + Int(packet[at + 12] >> 4) * 4
    guard data >= at + 20, data <= end, data <= packet.endIndex else { return .other }
    // An Ethernet frame may be padded: the IP length, not the frame, ends the payload.
    let captured = max(data, min(end, packet.endIndex))
    return .segment(
      TCPSegment(
        source: Endpoint(address: source, port: number(packet, at)),
        destination: Endpoint(address: destination, port: number(packet, at + 2)),
        sequence: long(packet, at + 4), acknowledged: long(packet, at + 8),
        flags: Flags(rawValue: packet[at + 13]), payload: packet[data..<captured],
        missingBytes: end - captured))
  }

  private static func number(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt16 {
    UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
  }

  private static func long(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt32 {
    UInt32(number(bytes, at)) << 16 | UInt32(number(bytes, at + 2))
  }
}

/// An IP address of 4 or 16 bytes, and a port.
package struct Endpoint: Hashable, Sendable {
  package var address: [UInt8]
  package var port: UInt16

  package init(address: [UInt8], port: UInt16) {
    self.address = address
    self.port = port
  }

  /// The form of addresses in this program: `inet:8891@127.0.0.1`, `inet6:8891@::1`.
  package var text: String {
    address.count == 4 ? "inet:\(port)@\(addressText)" : "inet6:\(port)@\(addressText)"
  }

  /// Dotted quad; for IPv6 the shortest form of RFC 5952.
  package var addressText: String { IPAddress(bytes: address)?.text ?? "" }
}
