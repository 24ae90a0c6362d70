/// Bytes as a Lua string: printable ASCII as it is, the rest as three decimal digits.
enum LuaText {
  static func quoted(_ bytes: [UInt8]) -> String {
    var text = "\""
    for byte in bytes {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || !(0x20...0x7E).contains(byte) {
        text += "\\" + String(repeating: "0", count: byte < 10 ? 2 : byte < 100 ? 1 : 0) + String(byte)
      } else {
        text.unicodeScalars.append(UnicodeScalar(byte))
      }
    }
    return text + "\""
  }
}
