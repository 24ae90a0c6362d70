/// The sequence that puts bytes on a terminal's clipboard (xterm's OSC 52). Base64 leaves nothing in it that the
/// terminal could obey, whatever the bytes are.
enum Clipboard {
  static func sequence(copying bytes: [UInt8]) -> [UInt8] {
    Array("\u{1b}]52;c;".utf8) + base64(bytes) + Array("\u{1b}\\".utf8)
  }

  static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      var four = [UInt8](repeating: UInt8(ascii: "="), count: 4)
      for index in (0..<4).reversed() {
        if index <= group.count { four[index] = digits[bits & 63] }
        bits >>= 6
      }
      out += four
    }
    return out
  }
}
