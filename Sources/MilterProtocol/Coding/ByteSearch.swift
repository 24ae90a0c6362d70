import CBlocks

// What strings are looked through for: sixteen bytes a step, because they make up most packets. The last step takes up to
// fifteen bytes once more that were looked at already.
extension Span<UInt8> {
  /// Where the first NUL in `range` is; nil where there is none.
  @inline(__always)
  package borrowing func firstNUL(in range: Range<Int>) -> Int? {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a search outside the packet")
    var i = range.lowerBound
    while i &+ 16 <= range.upperBound {
      let places = block_places(block(at: i), 0)
      if places != 0 { return i &+ places.trailingZeroBitCount }
      i &+= 16
    }
    if i == range.upperBound { return nil }
    if range.count >= 16 {
      i = range.upperBound &- 16
      let places = block_places(block(at: i), 0)
      return places == 0 ? nil : i &+ places.trailingZeroBitCount
    }
    while i < range.upperBound {
      if self[i] == 0 { return i }
      i &+= 1
    }
    return nil
  }

  /// Whether CR or LF is in `range`.
  package borrowing func hasLineEnd(in range: Range<Int>) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a search outside the packet")
    var i = range.lowerBound
    guard range.count >= 16 else {
      while i < range.upperBound {
        if self[i] == 0x0A || self[i] == 0x0D { return true }
        i &+= 1
      }
      return false
    }
    let last = range.upperBound &- 16
    while i < last {
      if block_line_ends(block(at: i)) != 0 { return true }
      i &+= 16
    }
    return block_line_ends(block(at: last)) != 0
  }

  /// Where the last LF in `range` is; nil where there is none.
  package borrowing func lastLineFeed(in range: Range<Int>) -> Int? {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a search outside the packet")
    var end = range.upperBound
    while end &- 16 >= range.lowerBound {
      let places = block_places(block(at: end &- 16), 0x0A)
      if places != 0 { return end &- 16 &+ (31 &- places.leadingZeroBitCount) }
      end &-= 16
    }
    while end > range.lowerBound {
      end &-= 1
      if self[end] == 0x0A { return end }
    }
    return nil
  }

  /// Sixteen bytes from `place` on, all of them in bounds.
  @inline(__always)
  private borrowing func block(at place: Int) -> block_bytes {
    // Any sixteen bytes make a block, and the callers' preconditions bound the load.
    unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: block_bytes.self)
  }
}
