import MilterProtocol

/// What can be compared of packets where one of them is redacted: the words that redaction keeps, and of all others their shape.
///
/// Which words are kept depends on where they stand, and nobody knows that but the ``Redactor``: so it is asked, with keys of our own.
/// A word that none of them changes is kept; that a word of one letter becomes itself every time happens once in half a million.
package final class PacketShapes {
  private var redactors: [Redactor]

  package init(language: OperatorLanguage) {
    redactors = (1...4).map { Redactor(key: RedactionKey(UInt64($0), ~UInt64($0)), language: language) }
  }

  /// As many bytes, in the same fields.
  package func shape(of packet: Packet) -> Packet {
    var isKept = [Bool](repeating: true, count: packet.bytes.count)
    for place in redactors.indices {
      let other = redactors[place].packet(packet).bytes
      guard other.count == packet.bytes.count else { return packet }
      for i in isKept.indices where other[i] != packet.bytes[i] { isKept[i] = false }
    }
    var bytes = packet.bytes
    var start = packet.payload.lowerBound
    while start < bytes.count {
      guard Self.mark(packet.bytes[start]) != nil else {
        start += 1
        continue
      }
      let end = packet.bytes[start...].firstIndex { Self.mark($0) == nil } ?? bytes.count
      if isKept[start..<end].contains(false) {
        for i in start..<end { bytes[i] = Self.mark(bytes[i]) ?? bytes[i] }
      }
      start = end
    }
    return Packet(frame: bytes, from: packet.sender)
  }

  /// What stands for a letter or digit of that kind; nil for what is neither.
  private static func mark(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x61...0x7A: UInt8(ascii: "a")
    case 0x41...0x5A: UInt8(ascii: "A")
    case 0x30...0x39: UInt8(ascii: "0")
    case 0x80...0xFF: UInt8(ascii: "a")
    default: nil
    }
  }
}
