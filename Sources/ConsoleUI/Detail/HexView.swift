import Cells

/// The bytes of a packet: offset, hexadecimal, characters; length, code and the selected field told apart.
enum HexView {
  /// How many bytes a line shows: a power of two that fits.
  static func bytesPerLine(width: Int) -> Int {
    // Offset and two blanks, three columns a byte and one more after eight, the characters.
    for count in [32, 16, 8] where columns(bytes: count) <= width { return count }
    return 4
  }

  static let offsetColumns = 4

  static func columns(bytes: Int) -> Int { 6 + bytes * 4 + bytes / 8 }

  static func lineCount(bytes: Int, width: Int) -> Int {
    let each = bytesPerLine(width: width)
    return (bytes + each - 1) / each
  }

  static func line(_ index: Int, of bytes: [UInt8], selected: Range<Int>?, width: Int) -> DetailLine {
    let each = bytesPerLine(width: width)
    let range = (index * each)..<min(bytes.count, (index + 1) * each)
    var text = DisplayText(offset(range.lowerBound), style: Style(.offset)) + "  "
    for at in range.lowerBound..<range.lowerBound + each {
      if at > range.lowerBound, (at - range.lowerBound) % 8 == 0 { text += " " }
      guard at < range.upperBound else {
        text += "   "
        continue
      }
      let gapIsSelected = selected.map { $0.contains(at) && $0.contains(at + 1) } ?? false
      let isLast = at + 1 == range.upperBound
      text += DisplayText(hex(bytes[at]), style: style(at, selected))
      text += DisplayText(" ", style: gapIsSelected && !isLast ? Style(.text, .match) : .text)
    }
    text += " "
    for at in range {
      let byte = bytes[at]
      let shown = (0x20..<0x7f).contains(byte) ? String(Unicode.Scalar(byte)) : "·"
      text += DisplayText(
        shown, style: (0x20..<0x7f).contains(byte) ? style(at, selected) : dimmed(at, selected))
    }
    return DetailLine(text, value: Array(bytes[range]), bytes: range)
  }

  private static func style(_ at: Int, _ selected: Range<Int>?) -> Style {
    let role: Style.Role = at < 4 ? .dim : at == 4 ? .keyword : .text
    return Style(role, selected?.contains(at) == true ? .match : [])
  }

  private static func dimmed(_ at: Int, _ selected: Range<Int>?) -> Style {
    Style(.dim, selected?.contains(at) == true ? .match : [])
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count < 2 ? "0" + digits : digits
  }

  private static func offset(_ value: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, offsetColumns - digits.count)) + digits
  }
}
