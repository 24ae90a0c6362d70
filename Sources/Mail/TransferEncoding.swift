import MilterProtocol
import TraceModel

/// How the content of a part travels (Content-Transfer-Encoding).
package enum TransferEncoding: String, Equatable, Sendable, CaseIterable {
  case identity, quotedPrintable, base64

  /// 7bit, 8bit, binary and what is not known are identity.
  package init(_ name: some Collection<UInt8>) {
    switch String(decoding: trimmedBlanks(Array(name)[...]).map(lowercased), as: UTF8.self) {
    case "quoted-printable": self = .quotedPrintable
    case "base64": self = .base64
    default: self = .identity
    }
  }

  /// The content itself. Never fails: what does not decode is kept (quoted-printable) or skipped (base64), and counted.
  ///
  /// - Parameter limit: bytes of the result at most.
  package func decoded(_ bytes: ArraySlice<UInt8>, limit: Int = 16_777_216) -> DecodedContent {
    switch self {
    case .identity:
      DecodedContent(bytes: Array(bytes.prefix(limit)), faults: 0, isCut: bytes.count > limit)
    case .quotedPrintable: QuotedPrintable.decoded(bytes, limit: limit)
    case .base64: Base64.decoded(bytes, limit: limit)
    }
  }

  /// How many bytes ``decoded(_:limit:)`` would make of all of it.
  package func decodedCount(of bytes: ArraySlice<UInt8>) -> Int {
    switch self {
    case .identity: bytes.count
    case .quotedPrintable: QuotedPrintable.decoded(bytes, limit: .max).bytes.count
    case .base64: Base64.decodedCount(of: bytes)
    }
  }
}

package struct DecodedContent: Equatable, Sendable {
  package var bytes: [UInt8]
  /// Places that are not as the encoding wants them.
  package var faults: Int
  package var isCut: Bool
}

/// Quoted-printable (RFC 2045 section 6.7), and the Q encoding of header words.
enum QuotedPrintable {
  /// - Parameter isHeader: `_` is a blank.
  static func decoded(_ bytes: ArraySlice<UInt8>, limit: Int, isHeader: Bool = false) -> DecodedContent {
    var result = DecodedContent(bytes: [], faults: 0, isCut: false)
    var i = bytes.startIndex
    while i < bytes.endIndex {
      guard result.bytes.count < limit else {
        result.isCut = true
        break
      }
      let byte = bytes[i]
      if byte == UInt8(ascii: "="), let taken = escape(bytes, at: i, &result) {
        i += taken
        continue
      }
      if byte == UInt8(ascii: "=") { result.faults += 1 }
      result.bytes.append(isHeader && byte == UInt8(ascii: "_") ? UInt8(ascii: " ") : byte)
      i += 1
    }
    return result
  }

  /// `=XX` or a soft line break (blanks may follow the `=`). Returns its length; nil where it is neither.
  private static func escape(_ bytes: ArraySlice<UInt8>, at i: Int, _ result: inout DecodedContent) -> Int? {
    let end = bytes.endIndex
    if i + 2 < end, let high = HexDigit.value(bytes[i + 1]), let low = HexDigit.value(bytes[i + 2]) {
      result.bytes.append(high << 4 | low)
      return 3
    }
    var j = i + 1
    while j < end, bytes[j] == UInt8(ascii: " ") || bytes[j] == UInt8(ascii: "\t") { j += 1 }
    if j < end, bytes[j] == UInt8(ascii: "\r") { j += 1 }
    if j < end, bytes[j] == UInt8(ascii: "\n") { return j + 1 - i }
    return j == end ? j - i : nil
  }
}

/// Base64 (RFC 2045 section 6.8): line ends and blanks are skipped, other foreign bytes are skipped and counted.
enum Base64 {
  static func decoded(_ bytes: ArraySlice<UInt8>, limit: Int) -> DecodedContent {
    var result = DecodedContent(bytes: [], faults: 0, isCut: false)
    result.bytes.reserveCapacity(min(limit, bytes.count / 4 * 3 + 3))
    var bits: UInt32 = 0
    var held = 0
    for byte in bytes {
      guard let value = sextet(byte) else {
        if byte == UInt8(ascii: "=") {
          // Padding ends a run; another may follow where texts were joined.
          held = 0
          bits = 0
        } else if byte != UInt8(ascii: "\r"), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: " "),
          byte != UInt8(ascii: "\t")
        {
          result.faults += 1
        }
        continue
      }
      bits = bits << 6 | UInt32(value)
      held += 6
      guard held >= 8 else { continue }
      held -= 8
      guard result.bytes.count < limit else {
        result.isCut = true
        return result
      }
      result.bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
    }
    if held >= 6 { result.faults += 1 }
    return result
  }

  static func decodedCount(of bytes: ArraySlice<UInt8>) -> Int {
    var count = 0
    var held = 0
    for byte in bytes {
      if sextet(byte) != nil {
        held += 6
        guard held >= 8 else { continue }
        held -= 8
        count += 1
      } else if byte == UInt8(ascii: "=") {
        held = 0
      }
    }
    return count
  }
}
