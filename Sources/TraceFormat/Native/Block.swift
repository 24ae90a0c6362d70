/// Sixteen bytes looked at in one step.
///
/// Two words and sums that stay within their bytes: of the SIMD types the compiler does some operations lane by lane
/// (`.>` and `&+` of bytes, seen with Swift 6.3), which is slower than no SIMD at all.
struct Block {
  static let bytes = 16

  private let low: UInt64
  private let high: UInt64

  /// - Parameter start: sixteen readable bytes, aligned anyhow.
  @inline(__always) @unsafe
  init(at start: UnsafeRawPointer) {
    // The first byte is the lowest one, also on a machine that keeps words the other way round.
    low = UInt64(littleEndian: unsafe start.loadUnaligned(as: UInt64.self))
    high = UInt64(littleEndian: unsafe start.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  @inline(__always) @unsafe
  func store(to target: UnsafeMutableRawPointer) {
    unsafe target.storeBytes(of: low.littleEndian, as: UInt64.self)
    unsafe target.storeBytes(of: high.littleEndian, toByteOffset: 8, as: UInt64.self)
  }

  /// How many bytes from the first one on need no escape, see ``Escapes/isPlain(_:)``.
  @inline(__always) var plainPrefix: Int { Self.first(Self.escaped(low), Self.escaped(high)) }

  /// How many bytes from the first one on neither end a JSON string nor begin an escape in one.
  @inline(__always) var stringPrefix: Int {
    Self.first(
      Self.places(of: quote, in: low) | Self.places(of: backslash, in: low),
      Self.places(of: quote, in: high) | Self.places(of: backslash, in: high))
  }

  /// Where `byte` first stands; 16 for nowhere.
  @inline(__always)
  func first(_ byte: UInt8) -> Int {
    Self.first(Self.places(of: byte, in: low), Self.places(of: byte, in: high))
  }

  private var quote: UInt8 { UInt8(ascii: "\"") }
  private var backslash: UInt8 { UInt8(ascii: "\\") }

  /// The first byte that has its highest bit set; 16 for none.
  @inline(__always)
  private static func first(_ low: UInt64, _ high: UInt64) -> Int {
    if low != 0 { return low.trailingZeroBitCount >> 3 }
    return 8 + high.trailingZeroBitCount >> 3
  }

  /// The highest bit of each byte that is `byte`, and no other bit.
  @inline(__always)
  private static func places(of byte: UInt8, in word: UInt64) -> UInt64 {
    let difference = word ^ (0x0101_0101_0101_0101 &* UInt64(byte))
    return ~(((difference & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F) | difference)
      & 0x8080_8080_8080_8080
  }

  /// The highest bit of each byte that needs an escape, and no other bit.
  @inline(__always)
  private static func escaped(_ word: UInt64) -> UInt64 {
    let low = word & 0x7F7F_7F7F_7F7F_7F7F
    let isVisible = low &+ 0x6060_6060_6060_6060
    let isDelete = low &+ 0x0101_0101_0101_0101
    let isNotQuote = (low ^ 0x2222_2222_2222_2222) &+ 0x7F7F_7F7F_7F7F_7F7F
    let isNotBackslash = (low ^ 0x5C5C_5C5C_5C5C_5C5C) &+ 0x7F7F_7F7F_7F7F_7F7F
    return (word | isDelete | ~(isVisible & isNotQuote & isNotBackslash)) & 0x8080_8080_8080_8080
  }
}

/// Looks for bytes in need of an escape, thirty-two in one step, where there are hardly any.
enum PlainRun {
  static let step = 32

  /// How many bytes from the first one on need no escape, in whole steps.
  ///
  /// Not inlined, and the odd form of the conditions: so the compiler makes a dozen vector operations of a step, three times
  /// as fast as two ``Block``s (Swift 6.3).
  ///
  /// - Parameter start: `count` readable bytes, aligned anyhow.
  @inline(never) @unsafe
  static func length(at start: UnsafeRawPointer, count: Int) -> Int {
    let bytes = unsafe start.assumingMemoryBound(to: UInt8.self)
    var end = 0
    while count &- end >= step {
      var odd: UInt8 = 0
      for place in 0..<step {
        let byte = unsafe bytes[end &+ place]
        odd |=
          ((byte &- 0x20 > 0x5E ? 1 : 0) as UInt8) | ((byte == UInt8(ascii: "\"") ? 1 : 0) as UInt8)
          | ((byte == UInt8(ascii: "\\") ? 1 : 0) as UInt8)
      }
      if odd != 0 { return end }
      end &+= step
    }
    return end
  }
}
