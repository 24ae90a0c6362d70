import MilterProtocol

/// How Sendmail keeps MIME's headers from hurting mail programs (`MaxMimeHeaderLength`, by default 2,048 and 1,024 bytes:
/// `fix_mime_header` in headers.c, `shorten_rfc822_string` in util.c; seen with Sendmail 8.17.1.9).
///
/// Values that are too long are cut, and comments and quoted strings that are not closed are closed with their last bytes.
enum SendmailMIMEHeaders {
  private static let headers = [
    "MIME-Version", "Content-Type", "Content-Disposition", "Content-Id", "Content-Transfer-Encoding",
  ]
  private static let withParameters = ["Content-Type", "Content-Disposition"]
  private static let headerBytes = 2048
  private static let parameterBytes = 1024

  /// Whether a Content-Type is cut much shorter where it comes out of the queue: one that is too long and has no parameters
  /// (seen with Sendmail 8.17.1.9, of mails that were held).
  static func isCutWhenRead(_ name: [UInt8], _ text: [UInt8]) -> Bool {
    text.count > headerBytes && sameHeaderName(name, "Content-Type".utf8) && !text.contains(UInt8(ascii: ";"))
  }
  /// To so many, the blank behind the colon included.
  static let bytesWhenRead = 257

  static func closed(_ name: [UInt8], _ text: [UInt8]) -> [UInt8] {
    func isOne(of names: [String]) -> Bool { names.contains { sameHeaderName($0.utf8, name) } }
    guard isOne(of: headers) else { return text }
    let value = shortened(text[...], to: headerBytes)
    guard isOne(of: withParameters) else { return value }
    return Array(
      parts(of: value).map { shortened($0, to: parameterBytes) }.joined(separator: [UInt8(ascii: ";")]))
  }

  /// What stands between semicolons outside comments and quoted strings.
  private static func parts(of value: [UInt8]) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var depth = Depth()
    var start = 0
    for (i, byte) in value.enumerated() {
      if byte == UInt8(ascii: ";"), !depth.isInside {
        parts.append(value[start..<i])
        start = i + 1
      }
      depth.take(byte)
    }
    parts.append(value[start...])
    return parts
  }

  private static func shortened(_ value: ArraySlice<UInt8>, to limit: Int) -> [UInt8] {
    let limit = min(limit, value.count)
    var depth = Depth()
    var kept = 0
    for byte in value {
      var next = depth
      next.take(byte)
      // What is open has to be closed within the length.
      guard limit - kept > next.open else { break }
      depth = next
      kept += 1
    }
    return value.prefix(kept) + depth.closing
  }

  /// What is open at some place of a value.
  private struct Depth {
    private var isEscaped = false
    private var comments = 0
    private var isQuoted = false

    var isInside: Bool { isEscaped || comments > 0 || isQuoted }
    /// How many bytes it takes to close it.
    var open: Int { (isEscaped ? 1 : 0) + comments + (isQuoted ? 1 : 0) }
    var closing: [UInt8] {
      [UInt8](repeating: UInt8(ascii: ")"), count: comments) + (isQuoted ? [UInt8(ascii: "\"")] : [])
    }

    mutating func take(_ byte: UInt8) {
      if isEscaped {
        isEscaped = false
        return
      }
      switch byte {
      case UInt8(ascii: "\\"): isEscaped = true
      case UInt8(ascii: "(") where !isQuoted: comments += 1
      case UInt8(ascii: ")"): comments = max(0, comments - 1)
      case UInt8(ascii: "\"") where comments == 0: isQuoted.toggle()
      default: break
      }
    }
  }
}
