import MilterProtocol
import TraceModel

/// Header fields as they stand in bytes: those of a MIME part, of an attached mail, of a file.
package struct HeaderBlock: Equatable, Sendable {
  package let fields: [Field]
  /// Behind the empty line; the end of the bytes where there is none.
  package let end: Int

  package struct Field: Equatable, Sendable {
    package var name: Range<Int>
    /// Behind the colon to before the line end, folds included.
    package var value: Range<Int>
  }

  /// Reads fields from the start of `bytes` to an empty line. A line that is no field ends the block before it.
  package init(_ bytes: ArraySlice<UInt8>, limit: Int = 1000) {
    var fields: [Field] = []
    var start = bytes.startIndex
    var end = bytes.endIndex
    while start < bytes.endIndex {
      let (lineEnd, next) = Self.line(bytes, from: start)
      if lineEnd == start {
        end = next
        break
      }
      if bytes[start] == UInt8(ascii: " ") || bytes[start] == UInt8(ascii: "\t"), let last = fields.last {
        fields[fields.count - 1].value = last.value.lowerBound..<lineEnd
      } else if fields.count < limit, let colon = bytes[start..<lineEnd].firstIndex(of: UInt8(ascii: ":")) {
        fields.append(Field(name: start..<colon, value: (colon + 1)..<lineEnd))
      } else {
        end = start
        break
      }
      start = next
      end = next
    }
    self.fields = fields
    self.end = end
  }

  /// The first field of that name.
  package func value(_ name: some Collection<UInt8>, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
    let field = fields.first { sameHeaderName(trimmedBlanks(bytes[$0.name]), name) }
    return field.map { trimmedBlanks(bytes[$0.value]) }
  }

  /// The end of the line that begins at `start` without its CRLF or LF, and where the next one begins.
  static func line(_ bytes: ArraySlice<UInt8>, from start: Int) -> (end: Int, next: Int) {
    guard let lf = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else {
      return (bytes.endIndex, bytes.endIndex)
    }
    let end = lf > start && bytes[lf - 1] == UInt8(ascii: "\r") ? lf - 1 : lf
    return (end, lf + 1)
  }
}
