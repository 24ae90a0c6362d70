import MilterProtocol
import TestSupport

/// A capture made frame by frame: one TCP connection between an MTA and a milter, in any wrapping.
struct GeneratedCapture {
  enum Link: String, CaseIterable, Sendable {
    case ethernet, vlan, doubleVLAN, cooked1, cooked1VLAN, cooked2, null, loop, raw, rawOld, ipv4Only

    var number: UInt16 {
      switch self {
      case .ethernet, .vlan, .doubleVLAN: 1
      case .cooked1, .cooked1VLAN: 113
      case .cooked2: 276
      case .null: 0
      case .loop: 108
      case .raw: 101
      case .rawOld: 12
      case .ipv4Only: 228
      }
    }

    func header(isIPv6: Bool) -> [UInt8] {
      let type: [UInt8] = isIPv6 ? [0x86, 0xDD] : [0x08, 0x00]
      let macs = [UInt8](repeating: 2, count: 12)
      switch self {
      case .ethernet: return macs + type
      case .vlan: return macs + [0x81, 0x00, 0x00, 0x2A] + type
      case .doubleVLAN: return macs + [0x88, 0xA8, 0x00, 0x01, 0x81, 0x00, 0x00, 0x2A] + type
      case .cooked1: return [0, 0, 0, 1, 0, 6] + [UInt8](repeating: 2, count: 8) + type
      case .cooked1VLAN:
        return [0, 0, 0, 1, 0, 6] + [UInt8](repeating: 2, count: 8) + [0x81, 0, 0, 7] + type
      case .cooked2: return type + [0, 0, 0, 0, 0, 2, 0, 1, 0, 6] + [UInt8](repeating: 2, count: 8)
      // The family in the byte order of the machine that captured: 10 and up are IPv6, each system its own.
      case .null: return isIPv6 ? [30, 0, 0, 0] : [2, 0, 0, 0]
      case .loop: return isIPv6 ? [0, 0, 0, 24] : [0, 0, 0, 2]
      case .raw, .rawOld, .ipv4Only: return []
      }
    }
  }

  enum File: Sendable {
    case pcap(bigEndian: Bool, nanoseconds: Bool)
    /// `if_tsresol`: nil for none.
    case pcapng(bigEndian: Bool, resolution: UInt8?)
  }

  var link = Link.ethernet
  var file = File.pcap(bigEndian: false, nanoseconds: false)
  var isIPv6 = false
  /// Frames are cut at this length.
  var snap = 65_535
  private(set) var frames: [(seconds: UInt32, micro: UInt32, bytes: [UInt8])] = []
  private var sequences: [UInt16: [Leg: UInt32]] = [:]
  /// Which connection what follows belongs to.
  var mtaPort: UInt16 = 40_000
  private var sequence: [Leg: UInt32] {
    get { sequences[mtaPort] ?? [.mta: 1000, .milter: 0xFFFF_FFF0] }
    set { sequences[mtaPort] = newValue }
  }
  private var time: UInt32 = 0

  init(link: Link = .ethernet, file: File = .pcap(bigEndian: false, nanoseconds: false), isIPv6: Bool = false)
  {
    (self.link, self.file, self.isIPv6) = (link, file, isIPv6)
  }

  static let started: UInt32 = 1_760_000_000
  private static let syn: UInt8 = 2
  private static let fin: UInt8 = 1
  private static let rst: UInt8 = 4
  private static let ack: UInt8 = 16

  // MARK: what happens

  mutating func handshake() {
    segment(from: .mta, flags: Self.syn)
    advance(.mta, 1)
    segment(from: .milter, flags: Self.syn | Self.ack)
    advance(.milter, 1)
    segment(from: .mta, flags: Self.ack)
  }

  mutating func send(_ packet: Packet) { send(packet.bytes, from: packet.sender) }

  mutating func send(_ bytes: [UInt8], from leg: Leg) {
    segment(from: leg, flags: Self.ack | 8, bytes)
    advance(leg, bytes.count)
  }

  /// The bytes went over the wire and were not captured.
  mutating func lose(_ bytes: [UInt8], from leg: Leg) { advance(leg, bytes.count) }

  mutating func finish() {
    for leg in [Leg.mta, .milter] {
      segment(from: leg, flags: Self.fin | Self.ack)
      advance(leg, 1)
    }
    segment(from: .mta, flags: Self.ack)
  }

  mutating func wait(microseconds: UInt32) { time += microseconds }

  mutating func reset(from leg: Leg) { segment(from: leg, flags: Self.rst | Self.ack) }

  private mutating func advance(_ leg: Leg, _ count: Int) {
    sequence[leg] = (sequence[leg] ?? 0) &+ UInt32(count)
  }

  // MARK: frames

  private mutating func segment(from leg: Leg, flags: UInt8, _ payload: [UInt8] = []) {
    let (mta, milter) = (big(UInt32(mtaPort)).suffix(2), big(8891).suffix(2))
    let ports: [UInt8] = Array(leg == .mta ? mta + milter : milter + mta)
    let other: Leg = leg == .mta ? .milter : .mta
    let tcp =
      ports + big(sequence[leg] ?? 0) + big(flags & Self.ack == 0 ? 0 : sequence[other] ?? 0)
      + [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0] + payload
    let bytes = link.header(isIPv6: isIPv6) + internet(tcp, from: leg) + tcp
    frames.append((Self.started + time / 1_000_000, time % 1_000_000, bytes))
    time += 1500
  }

  private func internet(_ tcp: [UInt8], from leg: Leg) -> [UInt8] {
    let (from, to): (UInt8, UInt8) = leg == .mta ? (1, 2) : (2, 1)
    if isIPv6 {
      let address = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11)
      return [0x60, 0, 0, 0] + big(UInt32(tcp.count)).suffix(2) + [6, 64] + address + [from] + address + [to]
    }
    return [0x45, 0] + big(UInt32(tcp.count + 20)).suffix(2) + [
      0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, from, 192, 0, 2, to,
    ]
  }

  private func big(_ number: UInt32) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  // MARK: files

  var bytes: [UInt8] {
    switch file {
    case .pcap(let isBig, let isNano): pcap(isBig, isNano)
    case .pcapng(let isBig, let resolution): pcapng(isBig, resolution)
    }
  }

  private func pcap(_ isBig: Bool, _ isNano: Bool) -> [UInt8] {
    func u32(_ number: UInt32) -> [UInt8] { isBig ? big(number) : big(number).reversed() }
    func u16(_ number: UInt16) -> [UInt8] {
      Array(isBig ? big(UInt32(number)).suffix(2) : big(UInt32(number)).suffix(2).reversed())
    }
    var file = u32(isNano ? 0xA1B2_3C4D : 0xA1B2_C3D4) + u16(2) + u16(4) + u32(0) + u32(0) + u32(UInt32(snap))
    file += u32(UInt32(link.number))
    for frame in frames {
      let cut = frame.bytes.prefix(snap)
      file += u32(frame.seconds) + u32(isNano ? frame.micro * 1000 : frame.micro)
      file += u32(UInt32(cut.count)) + u32(UInt32(frame.bytes.count)) + cut
    }
    return file
  }

  private func pcapng(_ isBig: Bool, _ resolution: UInt8?) -> [UInt8] {
    func u32(_ number: UInt32) -> [UInt8] { isBig ? big(number) : big(number).reversed() }
    func u16(_ number: UInt16) -> [UInt8] {
      Array(isBig ? big(UInt32(number)).suffix(2) : big(UInt32(number)).suffix(2).reversed())
    }
    func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
      let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
      let length = u32(UInt32(padded.count + 12))
      return u32(type) + length + padded + length
    }
    var file = block(0x0A0D_0D0A, u32(0x1A2B_3C4D) + u16(1) + u16(0) + u32(.max) + u32(.max))
    var interface = u16(link.number) + u16(0) + u32(UInt32(snap))
    if let resolution { interface += u16(9) + u16(1) + [resolution, 0, 0, 0] + u16(0) + u16(0) }
    file += block(1, interface)
    for frame in frames {
      let ticks = Self.ticks(frame.seconds, frame.micro, resolution ?? 6)
      let cut = Array(frame.bytes.prefix(snap))
      file += block(
        6,
        u32(0) + u32(UInt32(truncatingIfNeeded: ticks >> 32)) + u32(UInt32(truncatingIfNeeded: ticks))
          + u32(UInt32(cut.count)) + u32(UInt32(frame.bytes.count)) + cut)
    }
    return file
  }

  /// A negative power of ten, or of two where the top bit is set; what is finer than the clock is lost, as on the wire.
  private static func ticks(_ seconds: UInt32, _ micro: UInt32, _ resolution: UInt8) -> UInt64 {
    let total = UInt64(seconds) * 1_000_000 + UInt64(micro)
    guard resolution & 0x80 == 0 else {
      return (UInt64(seconds) << UInt64(resolution & 0x7F)) | (UInt64(micro) << UInt64(resolution & 0x7F))
        / 1_000_000
    }
    var ticks = total
    for _ in 6..<max(6, resolution) { ticks *= 10 }
    for _ in min(6, resolution)..<6 { ticks /= 10 }
    return ticks
  }
}
