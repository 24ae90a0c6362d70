import MilterProtocol
import TraceModel

/// The few fields of a packet that expressions ask for, found in its bytes without taking all of it apart.
///
/// Lenient: a string that lacks its NUL goes to the end of the payload, as a person looking for it expects.
enum PacketStrings {
  /// The string with that index, from 0, behind so many bytes of payload; nil past the last.
  static func string(_ index: Int, of packet: Packet, behind skipped: Int = 0) -> ArraySlice<UInt8>? {
    let end = packet.payload.upperBound
    var start = packet.payload.lowerBound + skipped
    var remaining = index
    while start < end {
      let terminator = packet.bytes[start..<end].firstIndex(of: 0) ?? end
      if remaining == 0 { return packet.bytes[start..<terminator] }
      remaining -= 1
      start = terminator + 1
    }
    return nil
  }

  /// The strings from that index on.
  static func strings(from index: Int, of packet: Packet) -> [ArraySlice<UInt8>] {
    let all = packet.bytes[packet.payload].split(separator: 0, omittingEmptySubsequences: false)
    return Array(all.dropFirst(index).dropLast(packet.bytes.last == 0 ? 1 : 0))
  }

  /// u32 index in front of the name, of INSHEADER and CHGHEADER.
  static func headerIndex(of packet: Packet) -> Int64? {
    guard packet.kind == .reply(.insHeader) || packet.kind == .reply(.chgHeader), packet.payload.count >= 4
    else { return nil }
    return packet.bytes[packet.payload].prefix(4).reduce(0) { $0 << 8 | Int64($1) }
  }

  static func replyCode(of packet: Packet) -> Int64? {
    guard packet.kind == .reply(.replyCode) else { return nil }
    return string(0, of: packet).flatMap { WireReply(Array($0)).code.map(Int64.init) }
  }

  /// A REPLYCODE is read for its code; other verdicts tell it by their kind.
  static func refuses(in context: some PacketContext) -> Bool {
    switch context.kind {
    case .reply(.reject), .reply(.tempfail), .reply(.shutdown), .reply(.connFail): return true
    case .reply(.replyCode):
      guard let code = context.packet.flatMap(replyCode) else { return false }
      return (400...599).contains(code)
    case .command, .reply, .unknown, .empty: return false
    }
  }

  static func replyText(of packet: Packet) -> ArraySlice<UInt8>? {
    string(0, of: packet).map { WireReply(Array($0)).text[...] }
  }
}
