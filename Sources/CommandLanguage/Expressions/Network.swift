/// An IPv4 or IPv6 prefix; one address is a prefix of full length.
package struct Network: Hashable, Sendable {
  /// IPv4 as mapped into IPv6 (`::ffff:192.0.2.7`), so that both spellings of a client are one.
  private let high: UInt64
  private let low: UInt64
  /// Bits of the 128 that count.
  private let bits: Int
  private let isIPv4: Bool

  private init(high: UInt64, low: UInt64, bits: Int, isIPv4: Bool) {
    self.high = high & Self.mask(min(bits, 64))
    self.low = low & Self.mask(max(0, bits - 64))
    self.bits = bits
    self.isIPv4 = isIPv4
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
    if bytes.contains(UInt8(ascii: ":")) {
      guard let (high, low) = Self.ipv6(bytes), prefix ?? 128 <= 128 else { return nil }
      self.init(high: high, low: low, bits: prefix ?? 128, isIPv4: false)
    } else {
      guard let value = Self.ipv4(bytes), prefix ?? 32 <= 32 else { return nil }
      self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(value), bits: 96 + (prefix ?? 32), isIPv4: true)
    }
  }

  /// Whether all of `other` lies within.
  package func contains(_ other: Network) -> Bool {
    other.bits >= bits && other.high & Self.mask(min(bits, 64)) == high
      && other.low & Self.mask(max(0, bits - 64)) == low
  }

  /// As it may be typed again.
  package var text: String {
    if isIPv4 {
      let octets = [24, 16, 8, 0].map { String(UInt8(truncatingIfNeeded: low >> UInt64($0))) }
      return octets.joined(separator: ".") + (bits == 128 ? "" : "/\(bits - 96)")
    }
    return Self.ipv6Text(high, low) + (bits == 128 ? "" : "/\(bits)")
  }

  private static func mask(_ bits: Int) -> UInt64 { bits == 0 ? 0 : .max << UInt64(64 - bits) }

  private static func decimal(_ text: ArraySlice<UInt8>, digits: Int) -> Int? {
    guard !text.isEmpty, text.count <= digits, text.allSatisfy(isDigit) else { return nil }
    return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  /// Four numbers below 256 with dots between, in one pass: lists of clients ask this of every packet.
  private static func ipv4(_ text: ArraySlice<UInt8>) -> UInt32? {
    var address: UInt32 = 0
    var octet: UInt32 = 0
    var digits = 0
    var dots = 0
    for byte in text {
      if isDigit(byte), digits < 3 {
        octet = octet * 10 + UInt32(byte - 0x30)
        digits += 1
      } else if byte == UInt8(ascii: "."), digits > 0, octet < 256, dots < 3 {
        address = address << 8 | octet
        (octet, digits, dots) = (0, 0, dots + 1)
      } else {
        return nil
      }
    }
    return dots == 3 && digits > 0 && octet < 256 ? address << 8 | octet : nil
  }

  /// Up to eight groups of hexadecimal digits, one run of zeros as `::`, the last two perhaps as an IPv4 address.
  private static func ipv6(_ text: ArraySlice<UInt8>) -> (UInt64, UInt64)? {
    var groups: [UInt16] = []
    var gap: Int?
    var rest = text
    if rest.starts(with: [0x3A, 0x3A]) {
      gap = 0
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      let group = rest.prefix { $0 != 0x3A }
      rest = rest.dropFirst(group.count)
      if group.contains(UInt8(ascii: ".")) {
        guard rest.isEmpty, let value = ipv4(group) else { return nil }
        groups += [UInt16(value >> 16), UInt16(truncatingIfNeeded: value)]
        break
      }
      guard (1...4).contains(group.count) else { return nil }
      var value: UInt16 = 0
      for byte in group {
        guard let digit = hexDigit(byte) else { return nil }
        value = value << 4 | UInt16(digit)
      }
      groups.append(value)
      guard !rest.isEmpty else { break }
      rest = rest.dropFirst()
      if rest.first == 0x3A {
        guard gap == nil else { return nil }
        gap = groups.count
        rest = rest.dropFirst()
      } else if rest.isEmpty {
        return nil
      }
    }
    if let gap {
      guard groups.count < 8 else { return nil }
      groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
    }
    guard groups.count == 8 else { return nil }
    return (
      groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }, groups[4...].reduce(0) { $0 << 16 | UInt64($1) }
    )
  }

  /// Lower case, the first longest run of two zero groups or more as `::` (RFC 5952).
  private static func ipv6Text(_ high: UInt64, _ low: UInt64) -> String {
    let groups = [high, low].flatMap { half in
      [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
    }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(1, best.count) { best = start..<end }
      start = max(end, start + 1)
    }
    let text = { (part: ArraySlice<UInt16>) in
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    if best.isEmpty { return text(groups[...]) }
    return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
  }
}
