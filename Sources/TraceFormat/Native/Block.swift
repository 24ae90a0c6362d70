/// Sixteen bytes looked at in one step.
struct Block {
  static let bytes = 16
  private let lanes: SIMD16<UInt8>

  /// - Parameter start: sixteen readable bytes, aligned anyhow.
  @inline(__always) @unsafe
  init(at start: UnsafeRawPointer) {
    unsafe lanes = start.loadUnaligned(as: SIMD16<UInt8>.self)
  }

  @inline(__always) @unsafe
  func store(to target: UnsafeMutableRawPointer) {
    unsafe target.storeBytes(of: lanes, as: SIMD16<UInt8>.self)
  }

  /// How many bytes from the first one on need no escape, see ``Escapes/isPlain(_:)``.
  @inline(__always) var plainPrefix: Int {
    let quote = SIMD16<UInt8>(repeating: UInt8(ascii: "\""))
    let backslash = SIMD16<UInt8>(repeating: UInt8(ascii: "\\"))
    let outside = (lanes &- SIMD16(repeating: 0x20)) .> SIMD16(repeating: 0x5E)
    return Self.first(outside .| (lanes .== quote) .| (lanes .== backslash))
  }

  /// How many bytes from the first one on neither end a JSON string nor begin an escape in one.
  @inline(__always) var stringPrefix: Int {
    let quote = SIMD16<UInt8>(repeating: UInt8(ascii: "\""))
    let backslash = SIMD16<UInt8>(repeating: UInt8(ascii: "\\"))
    return Self.first((lanes .== quote) .| (lanes .== backslash))
  }

  /// Where `byte` first stands; 16 for nowhere.
  @inline(__always)
  func first(_ byte: UInt8) -> Int { Self.first(lanes .== SIMD16(repeating: byte)) }

  /// The first lane that is true; 16 for none.
  @inline(__always)
  private static func first(_ mask: SIMDMask<SIMD16<Int8>>) -> Int {
    // A true lane is all ones, so the lowest set bit tells its place; x86-64 and arm64 are both little-endian.
    let words = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    if words[0] != 0 { return words[0].trailingZeroBitCount >> 3 }
    return 8 + min(words[1].trailingZeroBitCount, 64) >> 3
  }
}
