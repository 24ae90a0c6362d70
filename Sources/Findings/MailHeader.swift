import MilterProtocol
import Signatures

/// A header of the mail in progress, and what the milter did with it: the packets that say so, nothing copied.
struct MailHeader: Sendable {
  private(set) var packet: Packet
  private(set) var name: Range<Int>
  private(set) var value: Range<Int>
  /// The packet that brought it, and by which it is known when others come before it.
  let number: Int
  /// The latest modification that added it, changed it or took it away.
  private(set) var edit: Edit?
  private(set) var isDeleted = false

  struct Edit: Sendable {
    let number: Int
    let kind: PacketKind
  }

  init(packet: Packet, name: Range<Int>, value: Range<Int>, number: Int) {
    (self.packet, self.name, self.value, self.number) = (packet, name, value, number)
  }

  /// The headers of a mail as they came.
  static func all(of mail: MailInHand) -> [MailHeader] {
    mail.kept.compactMap { kept in
      guard case .header(let name, let value) = kept.shape, kept.isWhole else { return nil }
      return MailHeader(packet: kept.packet, name: name, value: value, number: kept.number)
    }
  }

  init(addedBy scene: borrowing Remarks.Scene, name: Range<Int>, value: Range<Int>) {
    self.init(packet: scene.packet, name: name, value: value, number: scene.number)
    edit = Edit(number: scene.number, kind: scene.packet.kind)
  }

  var nameBytes: ArraySlice<UInt8> { packet.bytes[name] }
  var valueBytes: ArraySlice<UInt8> { packet.bytes[value] }
  /// As it is signed; the blank behind the colon, which most MTAs keep to themselves, left out.
  var field: HeaderField { HeaderField(name: nameBytes, text: valueBytes) }

  mutating func replace(by scene: borrowing Remarks.Scene, name: Range<Int>, value: Range<Int>) {
    (packet, self.name, self.value, isDeleted) = (scene.packet, name, value, false)
    edit = Edit(number: scene.number, kind: scene.packet.kind)
  }

  mutating func delete(by scene: borrowing Remarks.Scene) {
    isDeleted = true
    edit = Edit(number: scene.number, kind: scene.packet.kind)
  }
}
