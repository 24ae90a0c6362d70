import MilterProtocol

/// Text behind an encoding that spells some bytes as escapes: decoded, and written back over itself.
///
/// Only bytes that changed are written, each in the way in which it was spelled, so the encoded text keeps its length,
/// line ends and breaks, right or wrong.
struct EscapedBytes {
  enum Encoding {
    /// `%41` in URLs.
    case percent
    /// `=41`, and `=` at the end of a line joins it with the next.
    case quotedPrintable
    /// `\x41` in what this program writes.
    case backslash
    /// `+41` in ESMTP arguments (RFC 3461).
    case xtext
  }

  private(set) var bytes: [UInt8] = []
  /// Where each byte was spelled; negative for an escape whose digits begin there.
  private var places: [Int] = []
  private var hasEscapes = false

  init(_ source: [UInt8], _ range: Range<Int>, _ encoding: Encoding) {
    let mark: UInt8 =
      switch encoding {
      case .percent: UInt8(ascii: "%")
      case .quotedPrintable: UInt8(ascii: "=")
      case .backslash: UInt8(ascii: "\\")
      case .xtext: UInt8(ascii: "+")
      }
    let before = encoding == .backslash ? 2 : 1
    var i = range.lowerBound
    while i < range.upperBound {
      let byte = source[i]
      if byte == mark {
        let digits = i + before
        if digits + 1 < range.upperBound, encoding != .backslash || source[i + 1] == UInt8(ascii: "x"),
          let high = HexDigit.value(source[digits]), let low = HexDigit.value(source[digits + 1])
        {
          bytes.append(high << 4 | low)
          places.append(-digits)
          hasEscapes = true
          i = digits + 2
          continue
        }
        if encoding == .quotedPrintable, let next = Self.softBreak(source, from: i + 1, to: range.upperBound)
        {
          hasEscapes = true
          i = next
          continue
        }
        if encoding == .backslash, i + 1 < range.upperBound {
          // `\n` is no letter n: what stands before and behind it are two words.
          bytes.append(0)
          places.append(i)
          hasEscapes = true
          i += 2
          continue
        }
      }
      bytes.append(byte)
      places.append(i)
      i += 1
    }
  }

  /// Whether there is any difference between the text and what it spells.
  var isPlain: Bool { !hasEscapes }

  func write(_ new: [UInt8], over target: inout [UInt8]) {
    for (place, (old, byte)) in zip(places, zip(bytes, new)) where old != byte {
      if place >= 0 {
        target[place] = byte
      } else {
        let isSmall = target[-place] > 0x60 || target[1 - place] > 0x60
        target[-place] = HexDigit.digit(byte >> 4, capital: !isSmall)
        target[1 - place] = HexDigit.digit(byte & 15, capital: !isSmall)
      }
    }
  }

  private static func softBreak(_ source: [UInt8], from start: Int, to end: Int) -> Int? {
    var i = start
    while i < end, source[i] == 0x20 || source[i] == 0x09 { i += 1 }
    if i < end, source[i] == 0x0D { i += 1 }
    if i < end, source[i] == 0x0A { return i + 1 }
    return i == end ? end : nil
  }
}

/// Base64, decoded and written back over itself; what is no base64 between stays.
enum Base64InPlace {
  /// - Parameter change: replaces decoded bytes by as many others; asked once for each run up to padding.
  static func rewrite(_ bytes: inout [UInt8], _ range: Range<Int>, _ change: ([UInt8]) -> [UInt8]) {
    var places: [Int] = []
    for i in range {
      if bytes[i] == UInt8(ascii: "=") {
        rewrite(&bytes, places, change)
        places = []
      } else if sextet(bytes[i]) != nil {
        places.append(i)
      }
    }
    rewrite(&bytes, places, change)
  }

  private static func rewrite(_ bytes: inout [UInt8], _ places: [Int], _ change: ([UInt8]) -> [UInt8]) {
    var decoded: [UInt8] = []
    var bits: UInt32 = 0
    var held: UInt32 = 0
    for place in places {
      bits = bits << 6 | UInt32(sextet(bytes[place]) ?? 0)
      held += 6
      guard held >= 8 else { continue }
      held -= 8
      decoded.append(UInt8(truncatingIfNeeded: bits >> held))
      bits &= 1 << held - 1
    }
    guard !decoded.isEmpty else { return }
    let new = change(decoded)
    let whole = decoded.count * 8
    for (n, place) in places.enumerated() {
      var value: UInt8 = 0
      let old = sextet(bytes[place]) ?? 0
      for bit in (n * 6)..<(n * 6 + 6) {
        // Bits behind the last whole byte stay.
        let set = bit < whole ? new[bit / 8] >> UInt8(7 - bit % 8) & 1 : old >> UInt8(5 - bit % 6) & 1
        value = value << 1 | set
      }
      bytes[place] = alphabet[Int(value)]
    }
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
