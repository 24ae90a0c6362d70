/// The string of a REPLYCODE as it came, whatever its oddities, taken apart as far as needed to show and change it.
package struct WireReply {
  private let lines: [ArraySlice<UInt8>]

  /// - Parameter wire: without its NUL.
  package init(_ wire: [UInt8]) {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    for (index, byte) in wire.enumerated() where byte == 0x0A {
      lines.append(wire[start..<(index > start && wire[index - 1] == 0x0D ? index - 1 : index)])
      start = index + 1
    }
    lines.append(wire[start...])
    self.lines = lines
  }

  /// The number in the first three bytes; nil where they are not digits.
  package var code: Int? {
    guard let digits = lines.first?.prefix(3), digits.count == 3 else { return nil }
    return digits.reduce(0 as Int?) { sum, byte in
      (0x30...0x39).contains(byte) ? sum.map { $0 * 10 + Int(byte) - 0x30 } : nil
    }
  }

  /// What follows code and separator, line by line, joined by LF; an enhanced status is part of it.
  package var text: [UInt8] { Array(lines.map { $0.dropFirst(4) }.joined(separator: [0x0A])) }

  /// Other digits on every line, the rest as it came.
  func with(code: [UInt8]) -> [UInt8] {
    Array(lines.map { code + $0.dropFirst(3) }.joined(separator: [0x0D, 0x0A]))
  }

  /// Another text, of as many lines as it has LFs and one, behind the code of the first line.
  func with(text: [UInt8]) -> [UInt8] {
    let code = Array((lines.first ?? []).prefix(3))
    let texts = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    return Array(
      texts.enumerated().map { index, line in
        code + [UInt8(ascii: index == texts.count - 1 ? " " : "-")]
          + (line.last == 0x0D ? line.dropLast() : line)
      }.joined(separator: [0x0D, 0x0A]))
  }
}
