/// An IPv4 or IPv6 address, read as strictly as the peers read it (`inet_pton`) and written in the one form that RFC 5952 asks
/// for.
package struct IPAddress: Equatable, Sendable {
  /// IPv4 as mapped into IPv6 (`::ffff:192.0.2.7`), so that both spellings of a client are one number.
  package let high: UInt64
  package let low: UInt64
  package let isIPv4: Bool

  package init(high: UInt64, low: UInt64, isIPv4: Bool) {
    (self.high, self.low, self.isIPv4) = (high, low, isIPv4)
  }

  /// Four decimal numbers up to 255, without leading zeros.
  package init?(ipv4 text: ArraySlice<UInt8>) {
    guard let value = Self.ipv4(text) else { return nil }
    (high, low, isIPv4) = (0, 0xFFFF_0000_0000 | UInt64(value), true)
  }

  /// Eight groups of hexadecimal digits, one run of zeros among them as `::`, the last two perhaps as IPv4.
  package init?(ipv6 text: ArraySlice<UInt8>) {
    guard let (high, low) = Self.ipv6(text) else { return nil }
    (self.high, self.low, isIPv4) = (high, low, false)
  }

  /// Either of them.
  package init?(_ text: ArraySlice<UInt8>) {
    if text.contains(UInt8(ascii: ":")) { self.init(ipv6: text) } else { self.init(ipv4: text) }
  }

  /// - Parameter bytes: 4 or 16, the first one first.
  package init?(bytes: some Collection<UInt8>) {
    let numbers = [bytes.prefix(8), bytes.dropFirst(8)].map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    switch bytes.count {
    case 4: (high, low, isIPv4) = (0, 0xFFFF_0000_0000 | numbers[0], true)
    case 16: (high, low, isIPv4) = (numbers[0], numbers[1], false)
    default: return nil
    }
  }

  /// 4 or 16, the first one first.
  package var bytes: [UInt8] {
    let all = [high, low].flatMap { half in
      stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> UInt64($0)) }
    }
    return isIPv4 ? Array(all[12...]) : all
  }

  /// A dotted quad; for IPv6 lower case, the first longest run of two zero groups or more as `::`.
  package var text: String {
    if isIPv4 { return bytes.map { String($0) }.joined(separator: ".") }
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

  /// In one pass: lists of clients ask this of every packet.
  private static func ipv4(_ text: ArraySlice<UInt8>) -> UInt32? {
    var address: UInt32 = 0
    var octet: UInt32 = 0
    var digits = 0
    var dots = 0
    for byte in text {
      if (0x30...0x39).contains(byte), digits < 3, digits == 0 || octet > 0 {
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
        guard let digit = HexDigit.value(byte) else { return nil }
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
}
