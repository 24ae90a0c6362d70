extension Span<UInt8> {
  /// Where the first NUL in `range` is; nil where there is none. Eight bytes a step: strings make up most packets.
  @inline(__always)
  package borrowing func firstNUL(in range: Range<Int>) -> Int? {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a search outside the packet")
    var i = range.lowerBound
    let bytes = unsafe self.bytes
    while i &+ 8 <= range.upperBound {
      // Any eight bytes make a `UInt64`, and the loop's condition with the precondition bounds the load.
      let word = UInt64(
        littleEndian: unsafe bytes.unsafeLoadUnaligned(
          fromUncheckedByteOffset: i, as: UInt64.self))
      // The lowest bit set marks the first byte that is 0 (its borrow can only reach bytes above it).
      let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
      if zeros != 0 { return i &+ zeros.trailingZeroBitCount &>> 3 }
      i &+= 8
    }
    while i < range.upperBound {
      if self[i] == 0 { return i }
      i &+= 1
    }
    return nil
  }

  /// Whether CR or LF is in `range`; eight bytes a step, as above.
  package borrowing func hasLineEnd(in range: Range<Int>) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a search outside the packet")
    var i = range.lowerBound
    let bytes = unsafe self.bytes
    while i &+ 8 <= range.upperBound {
      let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: i, as: UInt64.self)
      if Self.hasNUL(word ^ 0x0A0A_0A0A_0A0A_0A0A) || Self.hasNUL(word ^ 0x0D0D_0D0D_0D0D_0D0D) {
        return true
      }
      i &+= 8
    }
    while i < range.upperBound {
      if self[i] == 0x0A || self[i] == 0x0D { return true }
      i &+= 1
    }
    return false
  }

  @inline(__always)
  private static func hasNUL(_ word: UInt64) -> Bool {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0
  }
}
