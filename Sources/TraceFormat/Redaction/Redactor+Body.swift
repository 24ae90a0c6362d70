import Mail
import MilterProtocol
import TraceModel

/// A whole body: each part is decoded, replaced and encoded again over itself; lines between parts stay lines.
extension Redactor {
  /// - Parameter headers: of the mail; those that say how the body is made up are enough.
  mutating func body(_ bytes: [UInt8], headers: [Header]) -> [UInt8] {
    var result = bytes
    replace(&result, MIMEPart(headers: headers, body: bytes), of: bytes, [])
    return result
  }

  private mutating func replace(
    _ result: inout [UInt8], _ part: MIMEPart, of source: [UInt8], _ outer: [[UInt8]]
  ) {
    replaceHeader(&result, part.header, of: source)
    guard !part.parts.isEmpty else {
      switch part.encoding {
      case .identity:
        replaceLines(&result, part.content, of: source, part.type["boundary"].map { outer + [$0] } ?? outer)
      case .quotedPrintable: replaceEscaped(&result, part.content, .quotedPrintable, .prose)
      case .base64: rewriteBase64(&result, part.content, .prose)
      }
      return
    }
    let boundaries = outer + (part.type["boundary"].map { [$0] } ?? [])
    var end = part.content.lowerBound
    for inner in part.parts {
      replaceLines(&result, end..<max(end, inner.header.lowerBound), of: source, boundaries)
      replace(&result, inner, of: source, boundaries)
      end = inner.content.upperBound
    }
    replaceLines(&result, end..<max(end, part.content.upperBound), of: source, boundaries)
  }

  private mutating func replaceHeader(_ result: inout [UInt8], _ range: Range<Int>, of source: [UInt8]) {
    var end = range.lowerBound
    for field in HeaderBlock(source[range]).fields {
      replaceEscaped(&result, end..<field.name.lowerBound, .percent, .prose)
      let value = headerValue(source[field.name], Array(source[field.value]))
      result.replaceSubrange(field.value, with: value)
      end = field.value.upperBound
    }
    replaceEscaped(&result, end..<range.upperBound, .percent, .prose)
  }

  /// Text without an encoding, with the boundary lines in it.
  private mutating func replaceLines(
    _ result: inout [UInt8], _ range: Range<Int>, of source: [UInt8], _ boundaries: [[UInt8]]
  ) {
    guard !boundaries.isEmpty else {
      replaceEscaped(&result, range, .percent, .prose)
      return
    }
    var textFrom = range.lowerBound
    var start = range.lowerBound
    while start < range.upperBound {
      let end = source[start..<range.upperBound].firstIndex(of: 0x0A).map { $0 + 1 } ?? range.upperBound
      let line = source[start..<end]
      // The longest first: one boundary may begin like another.
      if line.starts(with: "--".utf8),
        let found = boundaries.filter({ line.dropFirst(2).starts(with: $0) }).max(by: { $0.count < $1.count })
      {
        replaceEscaped(&result, textFrom..<start, .percent, .prose)
        let place = (start + 2)..<(start + 2 + found.count)
        result.replaceSubrange(place, with: boundary(found))
        replaceEscaped(&result, place.upperBound..<end, .percent, .prose)
        textFrom = end
      }
      start = end
    }
    replaceEscaped(&result, textFrom..<range.upperBound, .percent, .prose)
  }
}
