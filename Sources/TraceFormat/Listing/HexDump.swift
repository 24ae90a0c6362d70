import MilterProtocol

/// Bytes as hexadecimal and, where they are printable ASCII, as text, sixteen a line.
package enum HexDump {
  private static let perLine = 16

  package static func lines(_ bytes: [UInt8]) -> [String] {
    stride(from: 0, to: bytes.count, by: perLine).map { start in
      line(bytes[start..<min(start + perLine, bytes.count)], at: start)
    }
  }

  private static func line(_ bytes: ArraySlice<UInt8>, at offset: Int) -> String {
    var line: [UInt8] = []
    // Six digits: the longest packet that is kept has a megabyte.
    for shift in [20, 16, 12, 8, 4, 0] {
      line.append(HexDigit.digit(UInt8(truncatingIfNeeded: offset >> shift) & 15))
    }
    for place in 0..<perLine {
      line.append(contentsOf: place % 8 == 0 ? [0x20, 0x20] : [0x20])
      if place < bytes.count {
        let byte = bytes[bytes.startIndex + place]
        line.append(HexDigit.digit(byte >> 4))
        line.append(HexDigit.digit(byte & 15))
      } else {
        line.append(contentsOf: [0x20, 0x20])
      }
    }
    line.append(contentsOf: [0x20, 0x20])
    for byte in bytes { line.append((0x20...0x7E).contains(byte) ? byte : UInt8(ascii: ".")) }
    return String(decoding: line, as: UTF8.self)
  }
}
