import MilterProtocol

/// Header values: what structures a mail stays, so that it is taken apart as before.
extension Redactor {
  ///
  /// - Parameter style: of what machines write: `.said` where the milter does.
  mutating func headerValue(
    _ name: some Collection<UInt8>, _ value: [UInt8], _ style: Style = .technical
  ) -> [UInt8] {
    var result = value
    let all = value.indices
    switch String(decoding: name.map(lowercase), as: UTF8.self) {
    case "date", "resent-date": replaceDate(&result, all, .secret)
    case "received", "x-received", "authentication-results", "received-spf": replaceDate(&result, all, style)
    case "arc-authentication-results":
      replaceDate(&result, Self.instance(value)..<value.count, style)
    case "dkim-signature", "arc-seal", "arc-message-signature", "domainkey-signature",
      "x-google-dkim-signature":
      replaceTags(&result)
    case "content-type", "content-disposition": replaceParameters(&result)
    case "mime-version", "content-transfer-encoding", "precedence", "auto-submitted", "importance",
      "priority", "x-priority", "x-msmail-priority":
      replace(&result, all, .technical)
    case "x-spam-status", "x-spam-flag", "x-spam-score", "x-spam-level": replace(&result, all, style)
    default: replace(&result, all, .secret)
    }
    return result
  }

  /// Behind `i=1;`, which orders the sets of ARC.
  private static func instance(_ value: [UInt8]) -> Int {
    guard let semicolon = value.firstIndex(of: UInt8(ascii: ";")) else { return 0 }
    let tag = value[..<semicolon].filter { $0 > 0x20 }
    return tag.count <= 5 && tag.starts(with: "i=".utf8) ? semicolon + 1 : 0
  }

  /// The words up to the last semicolon, then a date, which is kept where it is one.
  private mutating func replaceDate(_ bytes: inout [UInt8], _ range: Range<Int>, _ style: Style) {
    let start =
      bytes[range].lastIndex(of: UInt8(ascii: ";")).map { $0 + 1 }
      ?? (style == .secret ? range.lowerBound : range.upperBound)
    replace(&bytes, range.lowerBound..<start, style)
    let rest = start..<range.upperBound
    replace(&bytes, (HeaderDate.end(in: bytes, rest) ?? start)..<range.upperBound, style)
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
      case "t", "x":
        // Seconds since 1970, from 2001 to 2096.
        let isTime = short.count == 10 && short.allSatisfy(Self.isDigit) && short[0] <= UInt8(ascii: "3")
        if !isTime { replace(&bytes, value, .technical) }
      case "v", "a", "c", "q", "l", "cv": replace(&bytes, value, .technical)
      case "i" where short.count <= 3 && short.allSatisfy { (0x30...0x39).contains($0) }: break
      case "h": break
      case "d", "s", "i", "b", "bh", "z": replace(&bytes, value, .secret)
      default: replace(&bytes, part, .secret)
      }
    }
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
