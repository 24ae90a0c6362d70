import MilterProtocol

/// Content on its way into a mail; lines end with CRLF.
extension Base64 {
  /// Lines of 76 characters (RFC 2045 section 6.8), the last one without a line end.
  static func encoded(_ bytes: [UInt8]) -> [UInt8] {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count / 57 * 78 + 80)
    var column = 0
    for start in stride(from: 0, to: bytes.count, by: 3) {
      if column == 76 {
        text += [0x0D, 0x0A]
        column = 0
      }
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place > group.count ? UInt8(ascii: "=") : letters[bits >> (18 - 6 * place) & 63])
      }
      column += 4
    }
    return text
  }
}

extension QuotedPrintable {
  /// Lines of at most 76 characters (RFC 2045 section 6.7).
  ///
  /// - Parameter isText: line ends are line ends; otherwise they are bytes like all others.
  static func encoded(_ bytes: [UInt8], isText: Bool) -> [UInt8] {
    guard isText else { return line(bytes[...]) }
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      line($0.last == 0x0D ? $0.dropLast() : $0)
    }
    return Array(lines.joined(separator: [0x0D, 0x0A]))
  }

  private static func line(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    var column = 0
    for (index, byte) in zip(bytes.indices, bytes) {
      let isLast = index == bytes.endIndex - 1
      let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
      // A dash at the start of a line could make it a boundary.
      let isPlain =
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
        && !(byte == UInt8(ascii: "-") && column == 0)
        || isBlank && !isLast
      var piece = isPlain ? [byte] : escape(byte)
      if column + piece.count > (isLast ? 76 : 75) {
        text += [UInt8(ascii: "="), 0x0D, 0x0A]
        column = 0
        if byte == UInt8(ascii: "-") { piece = escape(byte) }
      }
      text += piece
      column += piece.count
    }
    return text
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    [
      UInt8(ascii: "="), HexDigit.digit(byte >> 4, capital: true), HexDigit.digit(byte & 15, capital: true),
    ]
  }
}
