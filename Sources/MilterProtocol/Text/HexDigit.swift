/// Hexadecimal digits, as bytes of ASCII.
public enum HexDigit {
  /// 0 to 15, of a digit in either case; nil for any other byte.
  @inline(__always)
  @inlinable
  public static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit &- 0x30
    case 0x41...0x46: digit &- 0x37
    case 0x61...0x66: digit &- 0x57
    default: nil
    }
  }

  /// - Parameter value: 0 to 15.
  @inline(__always)
  @inlinable
  public static func digit(_ value: UInt8, capital: Bool = false) -> UInt8 {
    value < 10 ? 0x30 &+ value : (capital ? 0x37 : 0x57) &+ value
  }

  /// Two digits, in upper case.
  public static func pair(_ byte: UInt8) -> String {
    String(decoding: [digit(byte >> 4, capital: true), digit(byte & 15, capital: true)], as: UTF8.self)
  }
}
