/// Reads bytes of unknown origin as what a screen may show of them, one piece at a time and no further than asked.
///
/// UTF-8 is taken strictly (RFC 3629): an overlong form, a surrogate, a value past U+10FFFF or a cut sequence
/// gives one `.byte` for each of its bytes, so nothing is skipped and no decoder further on can see more in it
/// than we did.
package struct WireText {
  package enum Piece: Equatable {
    /// A visible character, with the combining mark that follows it, if one does.
    case shown(Unicode.Scalar, mark: Unicode.Scalar?, isWide: Bool)
    /// A control character in ASCII, or a byte that is no UTF-8.
    case byte(UInt8)
    /// A scalar beyond ASCII that is invisible, formatting, unassigned, private, or a mark without a base.
    case hidden(Unicode.Scalar)
  }

  private let bytes: ArraySlice<UInt8>
  private var index: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  package mutating func next() -> Piece? {
    guard index < bytes.endIndex else { return nil }
    let byte = bytes[index]
    if byte < 0x80 {
      index += 1
      guard (0x20..<0x7f).contains(byte) else { return .byte(byte) }
      return .shown(Unicode.Scalar(byte), mark: takeMark(), isWide: false)
    }
    guard let (scalar, length) = scalar(at: index) else {
      index += 1
      return .byte(byte)
    }
    index += length
    switch CellWidth.of(scalar) {
    case .narrow: return .shown(scalar, mark: takeMark(), isWide: false)
    case .wide: return .shown(scalar, mark: takeMark(), isWide: true)
    case .mark, .hidden: return .hidden(scalar)
    }
  }

  private mutating func takeMark() -> Unicode.Scalar? {
    guard index < bytes.endIndex, bytes[index] >= 0x80,
      let (scalar, length) = scalar(at: index), CellWidth.of(scalar) == .mark
    else { return nil }
    index += length
    return scalar
  }

  /// The scalar of the multi-byte sequence at `start`, and its length; nil where there is no valid one.
  private func scalar(at start: Int) -> (Unicode.Scalar, length: Int)? {
    let lead = bytes[start]
    let length: Int
    let smallest: UInt32
    switch lead {
    case 0xc2...0xdf: (length, smallest) = (2, 0x80)
    case 0xe0...0xef: (length, smallest) = (3, 0x800)
    case 0xf0...0xf4: (length, smallest) = (4, 0x10000)
    default: return nil
    }
    guard bytes.endIndex - start >= length else { return nil }
    var value = UInt32(lead) & (0xff >> UInt32(length + 1))
    for offset in 1..<length {
      let byte = bytes[start + offset]
      guard byte & 0xc0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3f)
    }
    // Surrogates and values past U+10FFFF have no `Unicode.Scalar`.
    guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }
}

extension WireText.Piece {
  /// What stands on the screen or in a line of text for something that may not: `\r`, `\x1b`, `\u{202e}`;
  /// nil for what is shown as it is.
  package var escape: String? {
    switch self {
    case .shown: nil
    case .byte(0x0a): "\\n"
    case .byte(0x0d): "\\r"
    case .byte(0x09): "\\t"
    case .byte(let byte): "\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
    case .hidden(let scalar): "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }
}
