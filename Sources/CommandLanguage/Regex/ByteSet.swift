/// A set of byte values.
struct ByteSet: Hashable, Sendable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  init() {}

  init(_ byte: UInt8) { insert(byte) }

  init(_ range: ClosedRange<UInt8>) {
    for byte in range { insert(byte) }
  }

  static let all = ByteSet(0...255)
  static let digits = ByteSet(0x30...0x39)
  static let letters = ByteSet(0x41...0x5A).union(ByteSet(0x61...0x7A))
  /// Letters, digits and `_`, of ASCII.
  static let word = letters.union(digits).union(ByteSet(UInt8(ascii: "_")))
  /// Space, TAB, LF, VT, FF, CR.
  static let space = ByteSet(0x09...0x0D).union(ByteSet(0x20))

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: return words.0 & bit != 0
    case 1: return words.1 & bit != 0
    case 2: return words.2 & bit != 0
    default: return words.3 & bit != 0
    }
  }

  mutating func insert(_ byte: UInt8) {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  func union(_ other: ByteSet) -> ByteSet {
    var result = self
    result.words = (
      words.0 | other.words.0, words.1 | other.words.1, words.2 | other.words.2, words.3 | other.words.3
    )
    return result
  }

  var complement: ByteSet {
    var result = self
    result.words = (~words.0, ~words.1, ~words.2, ~words.3)
    return result
  }

  /// With each ASCII letter also in its other case.
  var withoutCase: ByteSet {
    var result = self
    for letter: UInt8 in 0x61...0x7A where contains(letter) || contains(letter & 0xDF) {
      result.insert(letter)
      result.insert(letter & 0xDF)
    }
    return result
  }

  static func == (a: ByteSet, b: ByteSet) -> Bool { a.words == b.words }

  func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}
