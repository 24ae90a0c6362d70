/// Whether a text is an IP address, as strictly as the peers take it (`inet_pton`).
package enum IPText {
  /// Four decimal numbers up to 255, without leading zeros.
  package static func isIPv4(_ text: some StringProtocol) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
          && (part.utf8.count == 1 || part.utf8.first != 0x30) && UInt8(part) != nil
      }
  }

  /// Eight groups of hexadecimal digits, one run of them written `::`, the last two perhaps as IPv4.
  package static func isIPv6(_ text: some StringProtocol) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    switch halves.count {
    case 1: return groups(halves[0], mayEndInIPv4: true) == 8
    case 2:
      guard let front = groups(halves[0], mayEndInIPv4: false),
        let back = groups(halves[1], mayEndInIPv4: true)
      else { return false }
      return front + back < 8
    default: return false
    }
  }

  /// How many groups of 16 bits a text holds; nil where one is none.
  private static func groups(_ text: some StringProtocol, mayEndInIPv4: Bool) -> Int? {
    if text.isEmpty { return 0 }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var count = 0
    for (number, part) in parts.enumerated() {
      if mayEndInIPv4, number == parts.count - 1, isIPv4(part) {
        count += 2
      } else if (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
        part.utf8.count == part.count
      {
        count += 1
      } else {
        return nil
      }
    }
    return count
  }
}
