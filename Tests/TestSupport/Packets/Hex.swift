/// Bytes from hexadecimal digits: blanks are skipped, `61*5` is the byte 61 five times, `#` starts a comment to
/// the end of the line.
///
///     hex("0000000d 48 636c69656e742e7465737400")
package func hex(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  for line in text.split(separator: "\n") {
    for word in line.prefix(while: { $0 != "#" }).split(whereSeparator: \.isWhitespace) {
      let parts = word.split(separator: "*", omittingEmptySubsequences: false)
      bytes += hexDigits(parts[0])
      guard parts.count == 2 else { continue }
      guard let times = Int(parts[1]), times > 0, let byte = bytes.last else {
        preconditionFailure("no number of times in: \(word)")
      }
      bytes += repeatElement(byte, count: times - 1)
    }
  }
  return bytes
}

/// The bytes of `word`, which is hexadecimal digits only.
private func hexDigits(_ word: Substring) -> [UInt8] {
  let digits = word.map { character in
    guard let digit = character.hexDigitValue.map(UInt8.init) else {
      preconditionFailure("'\(character)' is no hexadecimal digit in: \(word)")
    }
    return digit
  }
  precondition(digits.count % 2 == 0, "an odd number of hexadecimal digits in: \(word)")
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
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
