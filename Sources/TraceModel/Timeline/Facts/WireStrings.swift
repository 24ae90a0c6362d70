import MilterProtocol

/// The strings of a payload by their ranges: each ends with a NUL, the last may lack it.
///
/// Tolerant on purpose: facts are what can be read; what is wrong with a packet is a finding's business.
struct WireStrings: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  init(_ packet: Packet, from offset: Int = 0) {
    bytes = packet.bytes
    end = packet.payload.upperBound
    position = Swift.min(packet.payload.lowerBound + offset, end)
  }

  mutating func next() -> ArraySlice<UInt8>? {
    guard position < end else { return nil }
    let start = position
    let stop = bytes.span.firstNUL(in: start..<end) ?? end
    position = stop + 1
    return bytes[start..<stop]
  }

  /// Where the next string would begin, counted from the start of the frame.
  var offset: Int { Swift.min(position, end) }
}

extension Packet {
  /// A big-endian number in the payload; nil where the payload is too short.
  func payloadNumber(at offset: Int, bytes count: Int) -> UInt32? {
    let start = payload.lowerBound + offset
    guard start + count <= payload.upperBound else { return nil }
    return bytes[start..<(start + count)].reduce(0) { $0 << 8 | UInt32($1) }
  }

  var payloadBytes: Int { payload.count }
}
