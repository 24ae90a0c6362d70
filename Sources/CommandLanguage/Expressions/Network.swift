import MilterProtocol

/// An IPv4 or IPv6 prefix; one address is a prefix of full length.
package struct Network: Equatable, Sendable {
  /// IPv4 as mapped into IPv6 (`::ffff:192.0.2.7`), so that both spellings of a client are one.
  private let high: UInt64
  private let low: UInt64
  /// Bits of the 128 that count.
  private let bits: Int
  private let isIPv4: Bool

  private init(_ address: IPAddress, bits: Int) {
    high = address.high & Self.mask(min(bits, 64))
    low = address.low & Self.mask(max(0, bits - 64))
    self.bits = bits
    isIPv4 = address.isIPv4
  }

  /// `192.0.2.0/24`, `192.0.2.7`, `2001:db8::/32`, with or without `IPv6:` or brackets; nil for anything else.
  package init?(_ text: some Sequence<UInt8>) { self.init(Array(text)[...]) }

  package init?(_ text: ArraySlice<UInt8>) {
    var bytes = text
    guard bytes.count <= 64 else { return nil }
    if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
      bytes = bytes.dropFirst().dropLast()
    }
    if bytes.count > 5, bytes.prefix(5).elementsEqual("ipv6:".utf8, by: { ($0 | 0x20) == ($1 | 0x20) }) {
      bytes = bytes.dropFirst(5)
    }
    var prefix: Int?
    if let slash = bytes.firstIndex(of: UInt8(ascii: "/")) {
      guard let number = Self.decimal(bytes[(slash + 1)...], digits: 3) else { return nil }
      prefix = number
      bytes = bytes[..<slash]
    }
    guard let address = IPAddress(bytes) else { return nil }
    let most = address.isIPv4 ? 32 : 128
    guard prefix ?? most <= most else { return nil }
    self.init(address, bits: 128 - most + (prefix ?? most))
  }

  /// Whether all of `other` lies within.
  package func contains(_ other: Network) -> Bool {
    other.bits >= bits && other.high & Self.mask(min(bits, 64)) == high
      && other.low & Self.mask(max(0, bits - 64)) == low
  }

  /// As it may be typed again.
  package var text: String {
    let address = IPAddress(high: high, low: low, isIPv4: isIPv4).text
    return address + (bits == 128 ? "" : "/\(isIPv4 ? bits - 96 : bits)")
  }

  private static func mask(_ bits: Int) -> UInt64 { bits == 0 ? 0 : .max << UInt64(64 - bits) }

  private static func decimal(_ text: ArraySlice<UInt8>, digits: Int) -> Int? {
    guard !text.isEmpty, text.count <= digits, text.allSatisfy(isDigit) else { return nil }
    return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}
