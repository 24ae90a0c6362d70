/// Text from the wire as a string that is safe to print to a terminal, a pipe or a log.
package enum InertText {
  /// The bytes with everything that a terminal could obey, or an eye could miss, as an escape. A backslash of
  /// the text's own is doubled (unlike on the screen, where a style tells them apart), so no two inputs print
  /// alike; `quote` is escaped too if given, for text shown between quotes.
  package static func string(
    escaping bytes: ArraySlice<UInt8>, quote: Unicode.Scalar? = nil
  ) -> String {
    if quote == nil, isInert(bytes) {
      return String(decoding: bytes, as: UTF8.self)
    }
    var text = ""
    text.reserveCapacity(bytes.count)
    var reader = WireText(bytes)
    while let piece = reader.next() {
      switch piece {
      case .shown(let base, let mark, _):
        if base == "\\" || base == quote { text.unicodeScalars.append("\\") }
        text.unicodeScalars.append(base)
        if let mark { text.unicodeScalars.append(mark) }
      case .byte, .hidden:
        text += piece.escape ?? ""
      }
    }
    return text
  }

  /// Whether the bytes are printed as they are.
  package static func isInert(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { (0x20..<0x7f).contains($0) && $0 != UInt8(ascii: "\\") }
  }

  package static func string(escaping bytes: [UInt8], quote: Unicode.Scalar? = nil) -> String {
    string(escaping: bytes[...], quote: quote)
  }
}
