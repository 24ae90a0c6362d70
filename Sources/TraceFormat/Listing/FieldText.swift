import MilterProtocol

/// A field of a packet in lines: label, value, note; long or broken values over several lines.
enum FieldText {
  private static let labelWidth = 16
  private static let longest = 100

  static func lines(_ field: PacketField) -> [String] {
    let label = ListingText.left(field.label, labelWidth) + "  "
    let note = field.note.map { "  (\($0))" } ?? ""
    switch field.value {
    case .number(let number): return [label + String(number) + note]
    case .letter(let letter): return [label + InertText.string(escaping: [letter]) + note]
    case .flags(let raw, let names):
      return [
        label + "0x" + String(raw, radix: 16) + (names.isEmpty ? "" : "  " + names.joined(separator: " "))
          + note
      ]
    case .wire(let bytes):
      let pieces = pieces(bytes)
      guard pieces.count > 1 else {
        return [ListingText.trimmed(label + InertText.string(escaping: bytes) + note)]
      }
      return [ListingText.trimmed(label + note)] + pieces.map { "  " + InertText.string(escaping: $0) }
    }
  }

  /// The value cut behind its line feeds, and where a line would be too long to read.
  private static func pieces(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = bytes.startIndex
    while start < bytes.endIndex {
      var end = min(start + longest, bytes.endIndex)
      if let feed = bytes[start..<end].firstIndex(of: UInt8(ascii: "\n")) {
        end = feed + 1
      } else {
        // Not within a character of UTF-8.
        while end < bytes.endIndex, end > start + longest - 4, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      }
      pieces.append(bytes[start..<end])
      start = end
    }
    return pieces
  }
}
