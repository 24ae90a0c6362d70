import Dialogue
import MilterProtocol

/// The packets of the mail in progress, kept once for every rule that compares with it.
///
/// Taking one is all that a mail costs on the way of its packets: what they say is read when there is something to compare,
/// which for most mails is never. Packets are kept as they came, nothing of them is copied.
struct MailInHand: Sendable {
  /// Beyond this a message is not looked at any further. Of its body only what a new mail may be compared with is kept.
  static let limitBytes = 1024 * 1024
  static let bodyBytes = 128 * 1024

  /// Its packets but for those of the body.
  private(set) var kept: [Kept]
  private(set) var body: [Packet] = []
  private var size = 0
  private var bodySize = 0
  /// Not all of its envelope and headers is kept.
  private(set) var isCut = false
  /// Not all of its body is kept.
  private(set) var isBodyCut = false

  struct Kept: Sendable {
    let packet: Packet
    let shape: PacketShape
    let number: Int
    /// It is not malformed.
    let isWhole: Bool
    /// A recipient that the milter refused.
    fileprivate(set) var isRefused = false
  }

  /// - Parameter room: an array whose room is used again.
  init(in room: [Kept] = []) {
    kept = room
    kept.removeAll(keepingCapacity: true)
  }

  /// There is more of it than macros, which may be those of the next one.
  var hasCommands: Bool { kept.contains { $0.packet.kind != .command(.macro) } }

  /// Those of its headers that are kept.
  var headerNames: [ArraySlice<UInt8>] {
    kept.compactMap { if case .header(let name, _) = $0.shape { $0.packet.bytes[name] } else { nil } }
  }

  /// Bytes in all that is kept.
  var bytes: Int { size + bodySize }

  mutating func keep(_ scene: borrowing Remarks.Scene) {
    guard size + scene.packet.bytes.count <= Self.limitBytes else { return isCut = true }
    size += scene.packet.bytes.count
    kept.append(
      Kept(packet: scene.packet, shape: scene.shape, number: scene.number, isWhole: scene.isWhole))
  }

  /// A piece of its body came.
  ///
  /// - Parameter isWanted: something may be compared with it.
  mutating func keep(body packet: Packet, isWanted: Bool) {
    guard isWanted, bodySize + packet.bytes.count <= Self.bodyBytes else { return isBodyCut = true }
    bodySize += packet.bytes.count
    body.append(packet)
  }

  /// It is over: its packets, which it gives away.
  mutating func end() -> [Kept] {
    defer { self = MailInHand() }
    return kept
  }

  /// The milter refused the recipient that this packet named.
  mutating func refused(recipient number: Int) {
    guard let place = kept.lastIndex(where: { $0.number == number }) else { return }
    kept[place].isRefused = true
  }
}
