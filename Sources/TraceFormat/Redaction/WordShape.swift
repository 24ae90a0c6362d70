/// A word cut into letters and digits, so that another word of the same shape can be written in its place.
///
/// The shape is how many bytes each character takes, whether it is a digit or a letter, and whether that is a
/// capital. Letters beyond ASCII become other letters of as many bytes: two from Latin Extended-A, three and four
/// from the Han blocks. Bytes that are no UTF-8 become letters of ISO 8859-1.
struct WordShape {
  private var units: [Unit] = []
  private(set) var symbols: [Symbol] = []
  private(set) var letters = 0
  private(set) var digits = 0
  /// Behind the last character.
  private(set) var end: Int

  private enum Unit { case lower, upper, digit, two, three, four, byte }

  /// The word that begins at `start`; empty where none does.
  init(_ bytes: [UInt8], from start: Int, to limit: Int) {
    end = start
    while end < limit, let (unit, length, symbol) = Self.unit(bytes, at: end, to: limit) {
      units.append(unit)
      symbols.append(symbol)
      if case .digit = unit { digits += 1 } else { letters += 1 }
      end += length
    }
  }

  var isEmpty: Bool { units.isEmpty }

  static func begins(_ bytes: [UInt8], at i: Int, to limit: Int) -> Bool {
    unit(bytes, at: i, to: limit) != nil
  }

  /// Writes the word that `symbols` stand for.
  func write(_ symbols: [Symbol], to bytes: inout [UInt8], at start: Int) {
    var i = start
    for (unit, symbol) in zip(units, symbols) {
      let value = UInt32(truncatingIfNeeded: symbol.value)
      switch unit {
      case .lower: bytes[i] = 0x61 + UInt8(truncatingIfNeeded: value)
      case .upper: bytes[i] = 0x41 + UInt8(truncatingIfNeeded: value)
      case .digit: bytes[i] = 0x30 + UInt8(truncatingIfNeeded: value)
      case .byte: bytes[i] = Self.latin[Int(value)]
      case .two, .three, .four:
        let floor: UInt32 = unit == .two ? 0x100 : unit == .three ? 0x4E00 : 0x20000
        let scalar = Unicode.Scalar(floor + value) ?? "?"
        for byte in UTF8.encode(scalar) ?? .init() {
          bytes[i] = byte
          i += 1
        }
        continue
      }
      i += 1
    }
  }

  private static let latin: [UInt8] = (0xC0...0xFF).filter { $0 != 0xD7 && $0 != 0xF7 }

  /// Nil for what is no letter or digit and stays as it is.
  private static func unit(_ bytes: [UInt8], at i: Int, to limit: Int) -> (Unit, Int, Symbol)? {
    let byte = bytes[i]
    switch byte {
    case 0x61...0x7A: return (.lower, 1, Symbol(value: UInt64(byte - 0x61), radix: 26))
    case 0x41...0x5A: return (.upper, 1, Symbol(value: UInt64(byte - 0x41), radix: 26))
    case 0x30...0x39: return (.digit, 1, Symbol(value: UInt64(byte - 0x30), radix: 10))
    case 0x00..<0x80: return nil
    default: break
    }
    if let scalar = scalar(bytes, at: i, to: limit) {
      switch scalar {
      case ..<0xC0, 0xD7, 0xF7, 0x2000..<0x2070, 0x3000..<0x3040, 0xFEFF: return nil
      case ..<0x800: return (.two, 2, Symbol(value: UInt64(scalar % 128), radix: 128))
      case ..<0x10000: return (.three, 3, Symbol(value: UInt64(scalar % 20_000), radix: 20_000))
      default: return (.four, 4, Symbol(value: UInt64(scalar % 40_000), radix: 40_000))
      }
    }
    return (.byte, 1, Symbol(value: UInt64(byte) % 62, radix: 62))
  }

  /// A whole character of two bytes or more.
  private static func scalar(_ bytes: [UInt8], at i: Int, to limit: Int) -> UInt32? {
    let length = bytes[i] >= 0xF0 ? 4 : bytes[i] >= 0xE0 ? 3 : 2
    guard bytes[i] >= 0xC2, bytes[i] < 0xF5, i + length <= limit else { return nil }
    var value = UInt32(bytes[i]) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
    for byte in bytes[(i + 1)..<(i + length)] {
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
    return value >= least && value <= 0x10FFFF && !(0xD800..<0xE000).contains(value) ? value : nil
  }
}
