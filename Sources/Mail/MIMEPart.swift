import MilterProtocol
import TraceModel

/// A part of a mail's body, and the parts in it; ranges are in the body as the milter saw it.
///
/// The parts are where the boundaries are, byte for byte, so that one can be replaced and all else stays as it is.
/// Depth and number are bounded; what lies deeper stays content.
package struct MIMEPart: Equatable, Sendable {
  package let type: ContentType
  package let disposition: ContentType?
  package let encoding: TransferEncoding
  /// Its own header fields; empty for the whole body, whose headers came as packets.
  package let header: Range<Int>
  /// The content, without the line end that belongs to the boundary behind it.
  package let content: Range<Int>
  package let parts: [MIMEPart]
  /// What is odd about it: a boundary that never comes, too many parts.
  package let oddity: Oddity?

  package enum Oddity: Equatable, Sendable { case noBoundary, notClosed, tooDeep, tooMany }

  package static let depthLimit = 20
  package static let partLimit = 500

  /// - Parameters:
  ///   - headers: of the mail.
  ///   - body: of the mail.
  package init(headers: [Header], body: [UInt8]) {
    func value(_ name: String) -> ArraySlice<UInt8>? {
      headers.first { sameHeaderName($0.name, name.utf8) }.map { trimmedBlanks($0.value[...]) }
    }
    var budget = Self.partLimit
    self.init(
      type: value("Content-Type"), disposition: value("Content-Disposition"),
      encoding: value("Content-Transfer-Encoding"), header: 0..<0, content: 0..<body.count, of: body,
      depth: 0, &budget)
  }

  private init(
    type: ArraySlice<UInt8>?, disposition: ArraySlice<UInt8>?, encoding: ArraySlice<UInt8>?,
    header: Range<Int>, content: Range<Int>, of body: [UInt8], depth: Int, _ budget: inout Int
  ) {
    self.type = type.map { ContentType($0) } ?? .plain
    self.disposition = disposition.map { ContentType($0) }
    self.encoding = TransferEncoding(encoding ?? [])
    self.header = header
    self.content = content
    var parts: [MIMEPart] = []
    var oddity: Oddity?
    if depth >= Self.depthLimit {
      if self.type.isMultipart { oddity = .tooDeep }
    } else if self.type.isMultipart, let boundary = self.type["boundary"], !boundary.isEmpty {
      let found = Boundaries(boundary, in: body, content)
      for range in found.parts {
        guard budget > 0 else {
          oddity = .tooMany
          break
        }
        budget -= 1
        parts.append(Self.part(range, of: body, depth: depth + 1, &budget))
      }
      if oddity == nil { oddity = found.parts.isEmpty ? .noBoundary : found.isClosed ? nil : .notClosed }
    } else if self.type.isMultipart {
      oddity = .noBoundary
    } else if self.type.type == "message/rfc822", self.encoding == .identity, budget > 0 {
      budget -= 1
      parts = [Self.part(content, of: body, depth: depth + 1, &budget)]
    }
    self.parts = parts
    self.oddity = oddity
  }

  private static func part(_ range: Range<Int>, of body: [UInt8], depth: Int, _ budget: inout Int) -> MIMEPart
  {
    let block = HeaderBlock(body[range])
    return MIMEPart(
      type: block.value("Content-Type".utf8, in: body),
      disposition: block.value("Content-Disposition".utf8, in: body),
      encoding: block.value("Content-Transfer-Encoding".utf8, in: body),
      header: range.lowerBound..<block.end, content: block.end..<range.upperBound, of: body, depth: depth,
      &budget)
  }

  /// The name that a mail program would save it under, as UTF-8 where its character set is known.
  package func fileName(_ charsets: Charsets) -> [UInt8]? {
    disposition?.text("filename", charsets) ?? type.text("name", charsets)
  }

  package func decoded(from body: [UInt8], limit: Int = 1_048_576) -> DecodedContent {
    encoding.decoded(body[content], limit: limit)
  }

  /// The content as UTF-8; nil where the character set is not known.
  ///
  /// - Parameter limit: bytes that are read of it.
  package func text(from body: [UInt8], limit: Int = 1_048_576, _ charsets: Charsets) -> [UInt8]? {
    charsets.utf8(decoded(from: body, limit: limit).bytes, from: type.charset)
  }

  /// This part and all in it with their depth, in the order in which they stand.
  package var flattened: [(part: MIMEPart, depth: Int)] {
    [(self, 0)] + parts.flatMap { $0.flattened.map { ($0.part, $0.depth + 1) } }
  }
}

/// Where the parts of a multipart lie between its boundary lines.
private struct Boundaries {
  var parts: [Range<Int>] = []
  var isClosed = false

  init(_ boundary: [UInt8], in body: [UInt8], _ content: Range<Int>) {
    var open: Int?
    var start = content.lowerBound
    while start < content.upperBound {
      let (end, next) = HeaderBlock.line(body[content], from: start)
      if let closes = Self.isBoundary(body[start..<end], boundary) {
        if let from = open { parts.append(from..<max(from, Self.before(start, body, from))) }
        open = closes ? nil : next
        if closes {
          isClosed = true
          break
        }
      }
      start = next
    }
    if let from = open { parts.append(from..<content.upperBound) }
  }

  /// Whether the line is a boundary, and if so whether it is the last.
  private static func isBoundary(_ line: ArraySlice<UInt8>, _ boundary: [UInt8]) -> Bool? {
    guard line.starts(with: "--".utf8), line.dropFirst(2).starts(with: boundary) else { return nil }
    let rest = line.dropFirst(2 + boundary.count)
    if rest.starts(with: "--".utf8) { return true }
    return rest.allSatisfy(isBlankOrLineEnd) ? false : nil
  }

  /// The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
  private static func before(_ start: Int, _ body: [UInt8], _ from: Int) -> Int {
    var end = start
    if end > from, body[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    if end > from, body[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return end
  }
}
