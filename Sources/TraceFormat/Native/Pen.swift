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
    // Two at a time: a division is dear.
    while offset > 1 {
      offset &-= 2
      let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
      let source = unsafe Self.pairs.utf8Start + Int(truncatingIfNeeded: pair &* 2)
      let both = unsafe UnsafeRawPointer(source).loadUnaligned(as: UInt16.self)
      unsafe place.storeBytes(of: both, toByteOffset: offset, as: UInt16.self)
      rest = quotient
    }
    if offset == 1 {
      let digit = UInt8(truncatingIfNeeded: rest % 10)
      unsafe place.storeBytes(of: UInt8(ascii: "0") &+ digit, as: UInt8.self)
    }
    unsafe place += digits
  }

  /// 00 to 99.
  private static let pairs: StaticString = """
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
    5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
    """

  /// Bytes of the wire, ``Escapes/longest`` bytes at most for each; a block behind them is overwritten.
  @inline(__always)
  mutating func write(escaping bytes: UnsafeRawBufferPointer) {
    unsafe place += Escapes.write(bytes, to: place)
  }
}
