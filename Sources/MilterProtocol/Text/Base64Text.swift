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

/// The bytes of base64; nil where it is none. Padding may be missing; blanks may not be in it.
package func base64Decoded(_ text: [UInt8]) -> [UInt8]? {
  var text = text[...]
  while text.last == UInt8(ascii: "=") { text.removeLast() }
  var (bytes, bits, held) = ([UInt8](), UInt32(0), 0)
  bytes.reserveCapacity(text.count / 4 * 3 + 3)
  for letter in text {
    guard let value = sextet(letter) else { return nil }
    (bits, held) = (bits << 6 | UInt32(value), held + 6)
    guard held >= 8 else { continue }
    held -= 8
    bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
  }
  return bytes
}

/// The six bits that a letter of base64 stands for.
package func sextet(_ letter: UInt8) -> UInt8? {
  switch letter {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
  case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
  case UInt8(ascii: "+"): 62
  case UInt8(ascii: "/"): 63
  default: nil
  }
}
