import MilterProtocol
import TraceModel

/// A header value taken apart into what stands for itself and encoded words (`=?utf-8?Q?gr=C3=BC=C3=9Fe?=`, RFC 2047).
package struct EncodedWords: Equatable, Sendable {
  package let parts: [Part]

  package struct Part: Equatable, Sendable {
    /// In the value.
    package var source: Range<Int>
    /// UTF-8 where the character set is known, else the bytes behind the encoding.
    package var bytes: [UInt8]
    /// The character set of an encoded word; nil for plain text.
    package var charset: Charset?
    /// An encoded word whose character set is not known: `bytes` are not text.
    package var isOpaque = false
  }

  /// - Parameter value: folds included; they stay in the ranges and not in the decoded bytes.
  package init(_ value: [UInt8], _ charsets: Charsets) {
    var parts: [Part] = []
    var plainFrom = 0
    var i = 0
    while i < value.count {
      guard value[i] == UInt8(ascii: "="), parts.count < Self.limit, let word = Self.word(value, at: i) else {
        i += 1
        continue
      }
      let between = value[plainFrom..<i]
      // White space between two encoded words is not part of the text.
      let joins = parts.last?.charset != nil && between.allSatisfy(isBlankOrLineEnd)
      if !between.isEmpty {
        parts.append(Part(source: plainFrom..<i, bytes: joins ? [] : unfolded(between), charset: nil))
      }
      parts.append(word)
      i = word.source.upperBound
      plainFrom = i
    }
    if plainFrom < value.count {
      let rest = plainFrom..<value.count
      parts.append(Part(source: rest, bytes: unfolded(value[rest]), charset: nil))
    }
    self.parts = Self.joined(parts).map { $0.read(charsets) }
  }

  /// The whole as UTF-8, opaque words as they stand in the value.
  package func text(of value: [UInt8]) -> [UInt8] {
    parts.flatMap { $0.isOpaque ? Array(value[$0.source]) : $0.bytes }
  }

  package var hasEncodedWords: Bool { parts.contains { $0.charset != nil } }

  private static let limit = 1000

  private static func word(_ value: [UInt8], at start: Int) -> Part? {
    // `=?` charset `?` encoding `?` text `?=`, without blanks; longer ones than RFC 2047 allows are taken too.
    guard start + 1 < value.count, value[start + 1] == UInt8(ascii: "?"),
      let charsetEnd = mark(value, from: start + 2), charsetEnd + 2 < value.count,
      value[charsetEnd + 2] == UInt8(ascii: "?"),
      let textEnd = mark(value, from: charsetEnd + 3), textEnd + 1 < value.count,
      value[textEnd + 1] == UInt8(ascii: "=")
    else { return nil }
    let text = value[(charsetEnd + 3)..<textEnd]
    let decoded: [UInt8]
    switch lowercased(value[charsetEnd + 1]) {
    case UInt8(ascii: "q"):
      decoded = QuotedPrintable.decoded(text, limit: text.count, isHeader: true).bytes
    case UInt8(ascii: "b"): decoded = Base64.decoded(text, limit: text.count).bytes
    default: return nil
    }
    return Part(
      source: start..<(textEnd + 2), bytes: decoded, charset: Charset(value[(start + 2)..<charsetEnd]))
  }

  /// The next question mark, if no blank comes before it.
  private static func mark(_ value: [UInt8], from start: Int) -> Int? {
    var i = start
    while i < value.count, !isBlankOrLineEnd(value[i]) {
      if value[i] == UInt8(ascii: "?") { return i }
      i += 1
    }
    return nil
  }

  /// Neighbours of one character set are decoded together: a character may be cut in two between them.
  private static func joined(_ parts: [Part]) -> [Part] {
    var joined: [Part] = []
    for part in parts {
      if let last = joined.last, last.charset != nil, last.charset == part.charset {
        joined[joined.count - 1].bytes += part.bytes
        joined[joined.count - 1].source = last.source.lowerBound..<part.source.upperBound
      } else if part.charset == nil, part.bytes.isEmpty, joined.last?.charset != nil {
        continue
      } else {
        joined.append(part)
      }
    }
    return joined
  }
}

extension EncodedWords.Part {
  fileprivate func read(_ charsets: Charsets) -> Self {
    guard let charset else { return self }
    var read = self
    let text = charsets.utf8(bytes, from: charset)
    read.bytes = text ?? bytes
    read.isOpaque = text == nil
    return read
  }
}
