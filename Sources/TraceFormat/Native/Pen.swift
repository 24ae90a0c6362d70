/// Writes the pieces of a line one behind the other where there is room for all of them: nothing is asked of the buffer
/// for each piece, which is most of what a short record costs otherwise.
///
/// Whoever makes one has made room first.
@unsafe struct Pen {
  /// Where the next byte goes.
  private(set) var place: UnsafeMutableRawPointer

  init(at place: UnsafeMutableRawPointer) { unsafe self.place = place }

  @inline(__always)
  mutating func write(_ text: StaticString) {
    unsafe place.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    unsafe place += text.utf8CodeUnitCount
  }

  /// In decimal, with leading zeros up to `width` digits. At most 20 bytes.
  @inline(__always)
  mutating func write(_ number: UInt64, atLeast width: Int = 1) {
    var digits = 1
    var limit: UInt64 = 10
    while digits < 19, number >= limit {
      digits &+= 1
      limit &*= 10
    }
    if digits == 19, number >= limit { digits = 20 }
    digits = max(digits, width)
    var rest = number
    var offset = digits
    while offset > 0 {
      offset &-= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      unsafe place.storeBytes(
        of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit), toByteOffset: offset, as: UInt8.self)
      rest = quotient
    }
    unsafe place += digits
  }

  /// Bytes of the wire, ``Escapes/longest`` bytes at most for each; a block behind them is overwritten.
  @inline(__always)
  mutating func write(escaping bytes: UnsafeRawBufferPointer) {
    unsafe place += Escapes.write(bytes, to: place)
  }
}
