import MilterProtocol

/// A TCP connection that never was: frames that carry given bytes from one end to the other, with correct numbers and
/// checksums, so that whatever reads captures puts the bytes together again.
struct MadeUpStream {
  /// Of the ends, the one that connected.
  enum End { case client, server }

  let client: Endpoint
  let server: Endpoint
  /// Next sequence numbers.
  private var clientNext: UInt32 = 0
  private var serverNext: UInt32 = 0

  /// Of IPv4 the total length has 16 bits, headers take 40 of it.
  private static let segmentBytes = 65_000

  private static let fin: UInt8 = 0x01
  private static let syn: UInt8 = 0x02
  private static let reset: UInt8 = 0x04
  private static let push: UInt8 = 0x08
  private static let acknowledge: UInt8 = 0x10

  /// Two addresses of one family; where they differ, IPv4 is mapped into IPv6.
  init(client: Endpoint, server: Endpoint) {
    let isMixed = client.address.count != server.address.count
    self.client = isMixed ? client.mapped : client
    self.server = isMixed ? server.mapped : server
  }

  mutating func handshake() -> [[UInt8]] {
    let first = frame(from: .client, Self.syn, [])
    clientNext &+= 1
    let second = frame(from: .server, Self.syn | Self.acknowledge, [])
    serverNext &+= 1
    return [first, second, frame(from: .client, Self.acknowledge, [])]
  }

  /// One frame, or several where the bytes are too many for one.
  mutating func data(_ bytes: [UInt8], from end: End) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: Self.segmentBytes).map { start in
      let piece = bytes[start..<min(start + Self.segmentBytes, bytes.count)]
      let frame = frame(from: end, Self.push | Self.acknowledge, piece)
      advance(end, by: UInt32(truncatingIfNeeded: piece.count))
      return frame
    }
  }

  mutating func close(from end: End, isReset: Bool) -> [UInt8] {
    let frame = frame(from: end, (isReset ? Self.reset : Self.fin) | Self.acknowledge, [])
    if !isReset { advance(end, by: 1) }
    return frame
  }

  private mutating func advance(_ end: End, by count: UInt32) {
    switch end {
    case .client: clientNext &+= count
    case .server: serverNext &+= count
    }
  }

  private func frame(from end: End, _ flags: UInt8, _ payload: ArraySlice<UInt8>) -> [UInt8] {
    let isClient = end == .client
    let (source, target) = isClient ? (client, server) : (server, client)
    var segment: [UInt8] = []
    segment.append(big16: source.port)
    segment.append(big16: target.port)
    segment.append(big32: isClient ? clientNext : serverNext)
    segment.append(big32: flags & Self.acknowledge == 0 ? 0 : isClient ? serverNext : clientNext)
    // Five words of header, the flags, a window that never closes, no checksum yet, no urgent data.
    segment += [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]
    segment += payload
    var pseudo = source.address + target.address
    pseudo.append(big32: UInt32(truncatingIfNeeded: segment.count))
    pseudo += [0, 0, 0, 6]
    let sum = Self.checksum(pseudo, segment)
    segment[16] = UInt8(truncatingIfNeeded: sum >> 8)
    segment[17] = UInt8(truncatingIfNeeded: sum)
    return header(source, target, segment.count) + segment
  }

  private func header(_ source: Endpoint, _ target: Endpoint, _ length: Int) -> [UInt8] {
    var header: [UInt8] = []
    if source.address.count == 4 {
      header += [0x45, 0]
      header.append(big16: UInt16(truncatingIfNeeded: length + 20))
      // Don't fragment; 64 hops; TCP.
      header += [0, 0, 0x40, 0, 64, 6, 0, 0]
      header += source.address + target.address
      let sum = Self.checksum(header, [])
      header[10] = UInt8(truncatingIfNeeded: sum >> 8)
      header[11] = UInt8(truncatingIfNeeded: sum)
    } else {
      header += [0x60, 0, 0, 0]
      header.append(big16: UInt16(truncatingIfNeeded: length))
      header += [6, 64]
      header += source.address + target.address
    }
    return header
  }

  /// RFC 1071 over both, the first of even length.
  private static func checksum(_ first: [UInt8], _ second: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for bytes in [first, second] {
      for (place, byte) in bytes.enumerated() { sum &+= UInt32(byte) << (place & 1 == 0 ? 8 : 0) }
      while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    }
    return ~UInt16(truncatingIfNeeded: sum)
  }
}

extension Endpoint {
  /// What an address of this program says (`inet:8891@127.0.0.1`, `inet6:8891@::1`); nil for a unix socket or a name.
  init?(address text: String) {
    guard let colon = text.firstIndex(of: ":"), let at = text.firstIndex(of: "@"), colon < at,
      ["inet", "inet6"].contains(text[..<colon]),
      let port = UInt16(text[text.index(after: colon)..<at]),
      let address = IPAddress(Array(text[text.index(after: at)...].utf8)[...])
    else { return nil }
    self.init(address: address.bytes, port: port)
  }

  /// The address as IPv6.
  fileprivate var mapped: Endpoint {
    guard address.count == 4 else { return self }
    return Endpoint(address: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + address, port: port)
  }
}

extension [UInt8] {
  fileprivate mutating func append(big16 number: UInt16) {
    for shift: UInt16 in [8, 0] { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  fileprivate mutating func append(big32 number: UInt32) {
    for shift: UInt32 in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }
}
