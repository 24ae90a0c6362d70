import MilterProtocol

/// The pieces of a JSON line, appended to bytes. Everything comes out as printable ASCII.
extension [UInt8] {
  package mutating func append(ascii text: StaticString) {
    unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// `key` is the whole punctuation in front of the value; nothing at all is written for nil.
  package mutating func append(key: StaticString, _ number: Int?) {
    guard let number else { return }
    append(ascii: key)
    append(decimal: number)
  }

  package mutating func append(key: StaticString, _ text: String?) {
    guard let text else { return }
    append(ascii: key)
    append(UInt8(ascii: "\""))
    append(escaping: text)
    append(UInt8(ascii: "\""))
  }

  mutating func append(key: StaticString, bytes: [UInt8]) {
    append(ascii: key)
    append(UInt8(ascii: "\""))
    append(escaping: bytes)
    append(UInt8(ascii: "\""))
  }

  mutating func append(decimal number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(digits: UInt64(number.magnitude), atLeast: 1)
  }

  /// Microseconds as seconds with six decimals, so that no reader has to round.
  mutating func append(seconds microseconds: Int64) {
    if microseconds < 0 { append(UInt8(ascii: "-")) }
    let (whole, part) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    append(digits: whole, atLeast: 1)
    append(UInt8(ascii: "."))
    append(digits: part, atLeast: 6)
  }

  mutating func append(digits number: UInt64, atLeast width: Int) {
    var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var rest = number
    var first = digits.count
    while rest > 0 {
      first -= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
      rest = quotient
    }
    first = Swift.min(first, digits.count - width)
    for place in first..<digits.count { append(digits[place]) }
  }

  /// A string of ours as JSON text: beyond ASCII as `\uXXXX`, in two halves beyond U+FFFF.
  package mutating func append(escaping text: String) {
    for scalar in text.unicodeScalars {
      if let byte = UInt8(exactly: scalar.value) {
        if Escapes.isPlain(byte) { append(byte) } else { append(escape: byte) }
      } else {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter { append(unit: unit) }
      }
    }
  }

  private mutating func append(escape byte: UInt8) {
    append(UInt8(ascii: "\\"))
    if let letter = Escapes.letter(for: byte) { append(letter) } else { append(unitDigits: UInt16(byte)) }
  }

  private mutating func append(unit: UInt16) {
    append(UInt8(ascii: "\\"))
    append(unitDigits: unit)
  }

  private mutating func append(unitDigits unit: UInt16) {
    append(UInt8(ascii: "u"))
    for shift: UInt16 in [12, 8, 4, 0] {
      append(HexDigit.digit(UInt8(truncatingIfNeeded: unit >> shift) & 15))
    }
  }
}
