import MilterProtocol

/// Header values: what structures a mail stays, so that it is taken apart as before.
extension Redactor {
  mutating func headerValue(_ name: some Collection<UInt8>, _ value: [UInt8]) -> [UInt8] {
    var result = value
    let all = value.indices
    switch String(decoding: name.map(lowercase), as: UTF8.self) {
    case "date", "resent-date": replaceDate(&result, all, .secret)
    case "received", "x-received", "arc-authentication-results", "authentication-results", "received-spf":
      replaceDate(&result, all, .technical)
    case "dkim-signature", "arc-seal", "arc-message-signature", "domainkey-signature",
      "x-google-dkim-signature":
      replaceTags(&result)
    case "content-type", "content-disposition": replaceParameters(&result)
    case "mime-version", "content-transfer-encoding", "precedence", "auto-submitted", "importance",
      "priority",
      "x-priority", "x-msmail-priority", "x-spam-status", "x-spam-flag", "x-spam-score", "x-spam-level":
      replace(&result, all, .technical)
    default: replace(&result, all, .secret)
    }
    return result
  }

  /// The words up to the last semicolon, then a date, which is kept where it is one.
  private mutating func replaceDate(_ bytes: inout [UInt8], _ range: Range<Int>, _ style: Style) {
    let start =
      bytes.lastIndex(of: UInt8(ascii: ";")).map { $0 + 1 } ?? (style == .technical ? range.upperBound : 0)
    replace(&bytes, range.lowerBound..<start, style)
    if !Self.isDate(bytes[start..<range.upperBound]) { replace(&bytes, start..<range.upperBound, style) }
  }

  private static let dateWords: Set<String> = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug",
    "sep", "oct", "nov", "dec", "utc", "gmt", "ut", "z", "est", "edt", "cst", "cdt", "mst", "mdt", "pst",
    "pdt",
    "cet", "cest", "bst", "jst",
  ]

  private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
    let words = bytes.split { $0 <= 0x20 || ",:+-()".utf8.contains($0) }
    return words.allSatisfy { word in
      word.allSatisfy { (0x30...0x39).contains($0) } && word.count <= 4
        || dateWords.contains(String(decoding: word.map(lowercase), as: UTF8.self))
    }
  }

  /// `v=1; a=rsa-sha256; d=example.org; …`: versions, algorithms, times and names of headers are kept.
  private mutating func replaceTags(_ bytes: inout [UInt8]) {
    let source = bytes
    for part in Self.parts(source, source.indices) {
      guard let equals = source[part].firstIndex(of: UInt8(ascii: "=")) else {
        replace(&bytes, part, .secret)
        continue
      }
      let name = source[part.lowerBound..<equals].filter { $0 > 0x20 }.map(lowercase)
      let value = (equals + 1)..<part.upperBound
      let short = source[value].filter { $0 > 0x20 }
      switch String(decoding: name, as: UTF8.self) {
      case "v", "a", "c", "q", "l", "t", "x", "cv":
        replace(&bytes, value, .technical, keepingNumbersOf: short)
      case "i" where short.count <= 3 && short.allSatisfy { (0x30...0x39).contains($0) }: break
      case "h": break
      case "d", "s", "i", "b", "bh", "z": replace(&bytes, value, .secret)
      default: replace(&bytes, part, .secret)
      }
    }
  }

  /// Times in tags have more digits than other numbers that are kept.
  private mutating func replace(
    _ bytes: inout [UInt8], _ range: Range<Int>, _ style: Style, keepingNumbersOf value: [UInt8]
  ) {
    if value.count <= 12, value.allSatisfy({ (0x30...0x39).contains($0) }) { return }
    replace(&bytes, range, style)
  }

  /// Types and character sets are kept, a boundary becomes the one that stands in the body, names are replaced.
  private mutating func replaceParameters(_ bytes: inout [UInt8]) {
    let source = bytes
    for (place, part) in Self.parts(source, source.indices).enumerated() {
      guard place > 0, let equals = source[part].firstIndex(of: UInt8(ascii: "=")) else {
        replace(&bytes, part, .technical)
        continue
      }
      replace(&bytes, part.lowerBound..<equals, .technical)
      let name = source[part.lowerBound..<equals].filter { $0 > 0x20 && $0 != UInt8(ascii: "*") }.map(
        lowercase)
      var start = equals + 1
      var end = part.upperBound
      while start < end, source[start] <= 0x20 || source[start] == UInt8(ascii: "\"") { start += 1 }
      while end > start, source[end - 1] <= 0x20 || source[end - 1] == UInt8(ascii: "\"") { end -= 1 }
      switch String(decoding: name, as: UTF8.self) {
      case "charset", "format", "delsp", "protocol", "micalg", "type", "report-type", "size":
        replace(&bytes, start..<end, .technical)
      case "boundary":
        let new = boundary(Array(source[start..<end]))
        bytes.replaceSubrange(start..<end, with: new)
      default: replace(&bytes, start..<end, .secret)
      }
    }
  }

  /// The same for a boundary in its header and in the body.
  mutating func boundary(_ bytes: [UInt8]) -> [UInt8] { replaced(bytes, .secret) }

  /// What stands between semicolons outside quotes.
  private static func parts(_ bytes: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = range.lowerBound
    var isQuoted = false
    for i in range {
      if bytes[i] == UInt8(ascii: "\"") { isQuoted.toggle() }
      if bytes[i] == UInt8(ascii: ";"), !isQuoted {
        parts.append(start..<i)
        start = i + 1
      }
    }
    return parts + [start..<range.upperBound]
  }
}
