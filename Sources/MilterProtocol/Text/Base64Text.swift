/// Base64 on one line, padded (RFC 4648 section 4).
package func base64(_ bytes: [UInt8]) -> [UInt8] {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let left = bytes.count - start
    let second = left > 1 ? bytes[start + 1] : 0
    let third = left > 2 ? bytes[start + 2] : 0
    text.append(letters[Int(bytes[start] >> 2)])
    text.append(letters[Int(bytes[start] << 4 & 0x30 | second >> 4)])
    text.append(left > 1 ? letters[Int(second << 2 & 0x3C | third >> 6)] : UInt8(ascii: "="))
    text.append(left > 2 ? letters[Int(third & 0x3F)] : UInt8(ascii: "="))
  }
  return text
}
