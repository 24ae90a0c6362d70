import MilterProtocol

/// Authentication-Results and ARC-Authentication-Results (RFC 8601), Received-SPF (RFC 7208): who found what.
package struct AuthenticationResults: Equatable, Sendable {
  /// Who says so (`mx.example.net`); empty for Received-SPF.
  package let authority: Range<Int>
  package let results: [Result]

  package struct Result: Equatable, Sendable {
    /// `dkim`, `spf`, `dmarc`, …; empty for Received-SPF.
    package var method: Range<Int>
    /// `pass`, `fail`, `none`, …
    package var result: Range<Int>
    /// The words in parentheses behind it, without those.
    package var comment: Range<Int>?
    /// `header.d=example.org`, `reason="…"`, `client-ip=192.0.2.7`: names and values, quotes included.
    package var properties: [Property]
  }

  package struct Property: Equatable, Sendable {
    package var name: Range<Int>
    package var value: Range<Int>
  }

  /// The value of an Authentication-Results header. ARC's instance (`i=1;`) in front is passed over.
  package init(_ value: [UInt8]) {
    var parts = split(value[...], at: UInt8(ascii: ";"), limit: 200).map { trimmedBlanks(value[$0]) }
    if let first = parts.first, first.starts(with: "i=".utf8), first.dropFirst(2).allSatisfy(Self.isDigit) {
      parts.removeFirst()
    }
    let head = parts.isEmpty ? [] : parts.removeFirst()
    let name = head.prefix { !isBlankOrLineEnd($0) }
    authority = name.startIndex..<name.endIndex
    results = parts.compactMap { Self.result($0, hasMethod: true) }
  }

  /// The value of a Received-SPF header: `pass (words) client-ip=192.0.2.7; envelope-from=a@example.org; …`.
  package init(receivedSPF value: [UInt8]) {
    authority = 0..<0
    let flat = value.map { $0 == UInt8(ascii: ";") ? UInt8(ascii: " ") : $0 }
    results = Self.result(flat[...], hasMethod: false).map { [$0] } ?? []
  }

  private static func result(_ part: ArraySlice<UInt8>, hasMethod: Bool) -> Result? {
    var words = Words(part)
    guard let first = words.next(), !words.isComment else { return nil }
    var result: Result
    if hasMethod {
      guard let equals = part[first].firstIndex(of: UInt8(ascii: "=")) else { return nil }
      result = Result(
        method: first.lowerBound..<equals, result: (equals + 1)..<first.upperBound, properties: [])
    } else {
      result = Result(method: 0..<0, result: first, properties: [])
    }
    while let word = words.next() {
      if words.isComment {
        if result.comment == nil {
          result.comment = (word.lowerBound + 1)..<max(word.lowerBound + 1, word.upperBound - 1)
        }
      } else if let equals = part[word].firstIndex(of: UInt8(ascii: "=")) {
        result.properties.append(
          Property(name: word.lowerBound..<equals, value: (equals + 1)..<word.upperBound))
      }
    }
    return result
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

/// Words between blanks; a comment is a word, a quoted string does not end one.
private struct Words {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private(set) var isComment = false
  private var count = 0

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func next() -> Range<Int>? {
    while position < bytes.endIndex, isBlankOrLineEnd(bytes[position]) { position += 1 }
    guard position < bytes.endIndex, count < 500 else { return nil }
    count += 1
    let start = position
    isComment = bytes[start] == UInt8(ascii: "(")
    if isComment {
      position = min(bytes.endIndex, endOfComment(bytes, from: start))
      return start..<position
    }
    while position < bytes.endIndex, !isBlankOrLineEnd(bytes[position]), bytes[position] != UInt8(ascii: "(")
    {
      position =
        bytes[position] == UInt8(ascii: "\"")
        ? min(bytes.endIndex, endOfQuoted(bytes, from: position)) : position + 1
    }
    return start..<position
  }
}
