import MilterProtocol

/// Other IP addresses of the same family and length; loopback, private and link-local ones stay such.
extension RedactionKey {
  /// - Parameter text: a dotted quad, valid.
  func ipv4(_ text: [UInt8]) -> [UInt8] {
    let octets = text.split(separator: UInt8(ascii: ".")).map { $0.reduce(0) { $0 * 10 + UInt64($1 - 0x30) } }
    let range = IPv4Range(octets)
    guard range != .own, octets.count == 4 else { return text }
    var symbols: [Symbol] = []
    for (place, octet) in octets.enumerated() {
      let floor: UInt64 = octet < 10 ? 0 : octet < 100 ? 10 : 100
      let radix: UInt64 = octet < 10 ? 10 : octet < 100 ? 90 : 156
      symbols.append(
        place < range.keptOctets ? Symbol(value: 0, radix: 1) : Symbol(value: octet - floor, radix: radix))
    }
    // Walked on until it is of the same range again: still no two become one.
    for _ in 0..<1000 {
      symbols = permuted(symbols, tweak: UInt64(range.rawValue))
      let new = symbols.enumerated().map { place, symbol in
        symbol.radix == 1
          ? octets[place] : symbol.value + (symbol.radix == 10 ? 0 : symbol.radix == 90 ? 10 : 100)
      }
      if IPv4Range(new) == range { return Array(new.map(String.init).joined(separator: ".").utf8) }
    }
    return text.map { $0 == UInt8(ascii: ".") ? $0 : UInt8(ascii: "1") }
  }

  /// - Parameter text: valid, without a tag; a dotted quad at its end is replaced by itself.
  func ipv6(_ text: [UInt8]) -> [UInt8] {
    if text.contains(UInt8(ascii: ".")), let colon = text.lastIndex(of: UInt8(ascii: ":")) {
      let head = Array(text[...colon])
      let isMapped = head.allSatisfy { ":0fF".utf8.contains($0) }
      return (isMapped ? head : hexadecimal(head)) + ipv4(Array(text[(colon + 1)...]))
    }
    if text.allSatisfy({ ":01".utf8.contains($0) }), text.filter({ $0 == UInt8(ascii: "1") }).count < 2 {
      return text  // ::1 and ::
    }
    return hexadecimal(text)
  }

  private func hexadecimal(_ text: [UInt8]) -> [UInt8] {
    let first = text.prefix { $0 != UInt8(ascii: ":") }
    let isLocal = ["fe80", "fc00", "fd00"].contains(String(decoding: first.map(lowercase), as: UTF8.self))
    let isUnique = first.count == 4 && lowercase(text[0]) == UInt8(ascii: "f") && text[1] != UInt8(ascii: "f")
    let kept = isLocal ? first.count : isUnique ? 2 : 0
    var symbols: [Symbol] = []
    for (place, byte) in text.enumerated() {
      guard place >= kept, let digit = HexDigit.value(byte) else {
        symbols.append(Symbol(value: 0, radix: 1))
        continue
      }
      let isFirst = place == 0 || text[place - 1] == UInt8(ascii: ":")
      let isAlone = place + 1 == text.count || text[place + 1] == UInt8(ascii: ":")
      // A group of zeros says how the address is cut into net and host: it stays.
      if digit == 0, isFirst {
        symbols.append(Symbol(value: 0, radix: 1))
      } else if isFirst, !isAlone {
        // Not f: what is not local does not become so.
        symbols.append(digit == 15 ? Symbol(value: 0, radix: 1) : Symbol(value: UInt64(digit) - 1, radix: 14))
      } else {
        symbols.append(Symbol(value: UInt64(digit), radix: 16))
      }
    }
    let isCapital = text.contains { (0x41...0x46).contains($0) }
    var result = text
    for (place, symbol) in permuted(symbols, tweak: 6).enumerated() where symbol.radix > 1 {
      let value = UInt8(truncatingIfNeeded: symbol.value) + (symbol.radix == 14 ? 1 : 0)
      result[place] = HexDigit.digit(value, capital: isCapital)
    }
    return result
  }
}

/// What an address is for; kept in its pseudonym.
private enum IPv4Range: Int {
  case other
  /// Loopback, nothing and everything: no secrets.
  case own
  case ten, sixteenBits, twentyBits, linkLocal, multicast

  init(_ octets: [UInt64]) {
    guard octets.count == 4 else {
      self = .other
      return
    }
    switch (octets[0], octets[1]) {
    case (127, _), (0, _), (255, 255): self = .own
    case (10, _): self = .ten
    case (192, 168): self = .sixteenBits
    case (172, 16...31): self = .twentyBits
    case (169, 254): self = .linkLocal
    case (224..., _): self = .multicast
    default: self = .other
    }
  }

  /// Octets that say which it is.
  var keptOctets: Int {
    switch self {
    case .ten: 1
    case .sixteenBits, .twentyBits, .linkLocal: 2
    case .own: 4
    case .other, .multicast: 0
    }
  }
}

func lowercase(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
