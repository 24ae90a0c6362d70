/// Bytes from hexadecimal digits: blanks are skipped, `#` starts a comment to the end of the line.
///
///     hex("0000000d 48 636c69656e742e7465737400")
package func hex(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var high: UInt8?
  for line in text.split(separator: "\n") {
    for character in line.prefix(while: { $0 != "#" }) where !character.isWhitespace {
      guard let digit = character.hexDigitValue.map(UInt8.init) else {
        preconditionFailure("'\(character)' is no hexadecimal digit in: \(line)")
      }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
  }
  precondition(high == nil, "an odd number of hexadecimal digits in: \(text)")
  return bytes
}

/// Lower-case hexadecimal digits, a blank after the length field and after the code: `00000001 63`.
package func hexText(_ frame: some Sequence<UInt8>) -> String {
  var text = ""
  for (i, byte) in frame.enumerated() {
    if i == 4 || i == 5 { text += " " }
    text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
  }
  return text
}

/// The UTF-8 bytes of a text, as tests write strings of the wire.
package func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
