/// One framed unit on the wire as it came: length, code, payload.
///
/// The bytes are never changed in place. A packet that nobody edited is forwarded as these bytes; what they
/// mean is asked for through ``Dissection`` (ranges into `bytes`, nothing copied) or ``PacketValue`` (owned values,
/// made to be edited and encoded).
public struct Packet: Equatable, Sendable {
  /// The whole frame: 4 bytes of big-endian length, the code, the payload. At least 4 bytes long.
  public let bytes: [UInt8]
  /// The peer that it came from, or for a packet of ours the peer in whose place we speak.
  public let sender: Leg

  /// - Parameter frame: a complete frame; fewer than 4 bytes are our own bug.
  public init(frame: [UInt8], from sender: Leg) {
    precondition(frame.count >= Limits.lengthBytes, "a frame is shorter than its length field")
    bytes = frame
    self.sender = sender
  }

  /// Frames `payload` behind its length and code.
  public init(code: UInt8, payload: some Collection<UInt8> = EmptyCollection(), from sender: Leg) {
    let length = UInt32(truncatingIfNeeded: payload.count + 1)
    var frame: [UInt8] = []
    frame.reserveCapacity(Limits.headerBytes + payload.count)
    for shift: UInt32 in [24, 16, 8, 0] { frame.append(UInt8(truncatingIfNeeded: length >> shift)) }
    frame.append(code)
    frame.append(contentsOf: payload)
    self.init(frame: frame, from: sender)
  }

  /// The letter that says what the packet is; nil where the length field is 0.
  public var code: UInt8? { bytes.count > Limits.lengthBytes ? bytes[Limits.lengthBytes] : nil }

  /// Where the payload lies in `bytes`; empty for packets without one.
  public var payload: Range<Int> { min(Limits.headerBytes, bytes.count)..<bytes.count }

  public var kind: PacketKind { PacketKind(code: code, from: sender) }
}
