/// Cuts a pcap or pcapng file into the frames it holds, as its bytes come.
///
/// pcap: microsecond and nanosecond files of either byte order. pcapng: sections of either byte order, several
/// interfaces with `if_tsresol` and `if_tsoffset`, enhanced, simple and obsolete packet blocks; other blocks are passed
/// over. Sources: the pcap and pcapng Internet-Drafts of the opsawg group.
package struct CaptureFile: Sendable {
  /// One frame of the file.
  package struct Frame: Sendable, Equatable {
    /// Microseconds since 1970-01-01T00:00:00Z; nil where the block has no time (simple packet block).
    package var time: Int64?
    /// `LINKTYPE_*` of the interface it was seen on.
    package var linkType: UInt32
    /// Bytes that the frame had on the wire; more than `bytes` where a snap length cut it.
    package var originalBytes: Int
    package var bytes: [UInt8]
  }

  /// Why the file cannot be read on.
  package struct Damage: Error, Equatable, Sendable {
    /// Byte offset in the file of the record or block.
    package var offset: Int
    package var text: String
  }

  private enum Container { case unknown, pcap(PCAPHeader), pcapng }

  private struct PCAPHeader {
    var bigEndian: Bool
    var fractionPerMicrosecond: Int64
    var linkType: UInt32
  }

  private struct Interface {
    var linkType: UInt32
    var snapBytes: Int
    var ticksPerSecond: UInt64 = 1_000_000
    var offsetSeconds: Int64 = 0
  }

  private var container = Container.unknown
  private var bigEndian = false
  private var interfaces: [Interface] = []
  private var buffer: [UInt8] = []
  private var start = 0
  /// Offset in the file of `buffer[start]`: where the last whole record ends.
  package private(set) var offset = 0

  /// Largest record taken for real; beyond it the length field is damage.
  private static let largestRecord = 64 << 20
  private static let largestInterfaceCount = 10_000

  package init() {}

  /// Whether `bytes` begin like a capture: `.no` is final, `.undecided` wants four bytes.
  package static func begins(_ bytes: some Collection<UInt8>) -> Bool {
    let magic = Array(bytes.prefix(4))
    return magic == [0x0A, 0x0D, 0x0D, 0x0A] || pcapMagic(magic) != nil
  }

  package mutating func append(_ bytes: some Collection<UInt8>) {
    if start > 1 << 20 || start == buffer.count {
      buffer.removeFirst(start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// Bytes that are there and make no whole record yet.
  package var unread: Int { buffer.count - start }

  /// The next whole frame; nil where more bytes are wanted.
  package mutating func next() throws(Damage) -> Frame? {
    while true {
      switch container {
      case .unknown:
        guard try readHead() else { return nil }
      case .pcap(let header):
        return try nextPCAP(header)
      case .pcapng:
        switch try nextBlock() {
        case .wanting: return nil
        case .passedOver: continue
        case .frame(let frame): return frame
        }
      }
    }
  }

  // MARK: pcap

  private static func pcapMagic(_ magic: [UInt8]) -> (bigEndian: Bool, nanoseconds: Bool)? {
    switch magic {
    case [0xA1, 0xB2, 0xC3, 0xD4]: (true, false)
    case [0xD4, 0xC3, 0xB2, 0xA1]: (false, false)
    case [0xA1, 0xB2, 0x3C, 0x4D]: (true, true)
    case [0x4D, 0x3C, 0xB2, 0xA1]: (false, true)
    default: nil
    }
  }

  private mutating func readHead() throws(Damage) -> Bool {
    guard unread >= 4 else { return false }
    let magic = Array(buffer[start..<start + 4])
    if magic == [0x0A, 0x0D, 0x0D, 0x0A] {
      container = .pcapng
      return true
    }
    guard let pcap = Self.pcapMagic(magic) else {
      throw Damage(offset: 0, text: "expected the first bytes of a pcap or pcapng file")
    }
    guard unread >= 24 else { return false }
    bigEndian = pcap.bigEndian
    let header = PCAPHeader(
      bigEndian: pcap.bigEndian, fractionPerMicrosecond: pcap.nanoseconds ? 1000 : 1,
      linkType: u32(start + 20) & 0x0FFF_FFFF)
    consume(24)
    container = .pcap(header)
    return true
  }

  private mutating func nextPCAP(_ header: PCAPHeader) throws(Damage) -> Frame? {
    guard unread >= 16 else { return nil }
    let captured = Int(u32(start + 8))
    guard captured <= Self.largestRecord else {
      throw Damage(offset: offset, text: "expected a record, found one that claims \(captured) bytes")
    }
    guard unread >= 16 + captured else { return nil }
    let frame = Frame(
      time: Int64(u32(start)) * 1_000_000 + Int64(u32(start + 4)) / header.fractionPerMicrosecond,
      linkType: header.linkType, originalBytes: Int(u32(start + 12)),
      bytes: Array(buffer[start + 16..<start + 16 + captured]))
    consume(16 + captured)
    return frame
  }

  // MARK: pcapng

  private enum Block { case wanting, passedOver, frame(Frame) }

  private mutating func nextBlock() throws(Damage) -> Block {
    guard unread >= 12 else { return .wanting }
    let isSection = buffer[start..<start + 4].elementsEqual([0x0A, 0x0D, 0x0D, 0x0A])
    if isSection {
      switch Array(buffer[start + 8..<start + 12]) {
      case [0x1A, 0x2B, 0x3C, 0x4D]: bigEndian = true
      case [0x4D, 0x3C, 0x2B, 0x1A]: bigEndian = false
      default: throw Damage(offset: offset, text: "expected the byte-order mark of a pcapng section")
      }
    }
    let length = Int(u32(start + 4))
    guard length >= 12, length <= Self.largestRecord else {
      throw Damage(offset: offset, text: "expected a pcapng block, found one that claims \(length) bytes")
    }
    let padded = (length + 3) & ~3
    guard unread >= padded else { return .wanting }
    let body = start + 8..<start + length - 4
    var frame: Frame?
    if isSection {
      interfaces = []
    } else {
      switch u32(start) {
      case 1: addInterface(body)
      case 2: frame = obsoletePacket(body)
      case 3: frame = simplePacket(body)
      case 6: frame = enhancedPacket(body)
      default: break
      }
    }
    consume(padded)
    return frame.map(Block.frame) ?? .passedOver
  }

  private mutating func addInterface(_ body: Range<Int>) {
    guard body.count >= 8, interfaces.count < Self.largestInterfaceCount else { return }
    var interface = Interface(
      linkType: UInt32(u16(body.lowerBound)), snapBytes: Int(u32(body.lowerBound + 4)))
    var at = body.lowerBound + 8
    while at + 4 <= body.upperBound {
      let code = u16(at)
      let length = Int(u16(at + 2))
      let value = at + 4
      guard code != 0, value + length <= body.upperBound else { break }
      switch (code, length) {
      case (9, 1): interface.ticksPerSecond = Self.ticks(resolution: buffer[value])
      case (14, 8): interface.offsetSeconds = Int64(bitPattern: u64(value))
      default: break
      }
      at = value + (length + 3) & ~3
    }
    interfaces.append(interface)
  }

  /// `if_tsresol`: a negative power of 10, or of 2 where the top bit is set. What fits no clock is read as microseconds.
  private static func ticks(resolution: UInt8) -> UInt64 {
    let exponent = resolution & 0x7F
    if resolution & 0x80 != 0 { return exponent < 64 ? 1 << UInt64(exponent) : 1_000_000 }
    guard exponent <= 19 else { return 1_000_000 }
    return (0..<exponent).reduce(UInt64(1)) { ticks, _ in ticks * 10 }
  }

  private func enhancedPacket(_ body: Range<Int>) -> Frame? {
    guard body.count >= 20, let interface = interface(Int(u32(body.lowerBound))) else { return nil }
    let ticks = UInt64(u32(body.lowerBound + 4)) << 32 | UInt64(u32(body.lowerBound + 8))
    return frame(
      interface, ticks: ticks, captured: Int(u32(body.lowerBound + 12)),
      original: Int(u32(body.lowerBound + 16)), data: body.lowerBound + 20..<body.upperBound)
  }

  private func obsoletePacket(_ body: Range<Int>) -> Frame? {
    guard body.count >= 20, let interface = interface(Int(u16(body.lowerBound))) else { return nil }
    let ticks = UInt64(u32(body.lowerBound + 4)) << 32 | UInt64(u32(body.lowerBound + 8))
    return frame(
      interface, ticks: ticks, captured: Int(u32(body.lowerBound + 12)),
      original: Int(u32(body.lowerBound + 16)), data: body.lowerBound + 20..<body.upperBound)
  }

  private func simplePacket(_ body: Range<Int>) -> Frame? {
    guard body.count >= 4, let interface = interface(0) else { return nil }
    let original = Int(u32(body.lowerBound))
    let captured = interface.snapBytes > 0 ? min(original, interface.snapBytes) : original
    return frame(
      interface, ticks: nil, captured: captured, original: original,
      data: body.lowerBound + 4..<body.upperBound)
  }

  private func frame(
    _ interface: Interface, ticks: UInt64?, captured: Int, original: Int, data: Range<Int>
  ) -> Frame {
    let end = min(data.lowerBound + captured, data.upperBound)
    return Frame(
      time: ticks.map { Self.microseconds(ticks: $0, of: interface) }, linkType: interface.linkType,
      originalBytes: original, bytes: Array(buffer[data.lowerBound..<end]))
  }

  private static func microseconds(ticks: UInt64, of interface: Interface) -> Int64 {
    let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: interface.ticksPerSecond)
    let scaled = rest.multipliedFullWidth(by: 1_000_000)
    let fraction = interface.ticksPerSecond.dividingFullWidth((scaled.high, scaled.low)).quotient
    let whole = Int64(clamping: seconds).addingReportingOverflow(interface.offsetSeconds).partialValue
    let product = whole.multipliedReportingOverflow(by: 1_000_000)
    guard !product.overflow else { return 0 }
    return product.partialValue &+ Int64(clamping: fraction)
  }

  private func interface(_ number: Int) -> Interface? {
    interfaces.indices.contains(number) ? interfaces[number] : nil
  }

  // MARK: bytes

  private mutating func consume(_ count: Int) {
    start += count
    offset += count
  }

  private func u16(_ at: Int) -> UInt16 {
    bigEndian
      ? UInt16(buffer[at]) << 8 | UInt16(buffer[at + 1]) : UInt16(buffer[at + 1]) << 8 | UInt16(buffer[at])
  }

  private func u32(_ at: Int) -> UInt32 {
    bigEndian
      ? UInt32(u16(at)) << 16 | UInt32(u16(at + 2)) : UInt32(u16(at + 2)) << 16 | UInt32(u16(at))
  }

  private func u64(_ at: Int) -> UInt64 {
    bigEndian
      ? UInt64(u32(at)) << 32 | UInt64(u32(at + 4)) : UInt64(u32(at + 4)) << 32 | UInt64(u32(at))
  }
}
