/// Why a line of a trace cannot be read: what was expected, what was there, and where.
package struct LineFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// Bytes from the start of the line.
  package let offset: Int
  /// `expected a string, found '7'`: printable whatever the line holds.
  package let text: String

  package init(at offset: Int, _ text: String) {
    self.offset = offset
    self.text = text
  }

  init(at offset: Int, in line: Span<UInt8>, expected: String) {
    let found =
      switch offset < line.count ? line[offset] : nil {
      case nil: "the end of the line"
      case let byte? where (0x20...0x7E).contains(byte): "'\(Character(UnicodeScalar(byte)))'"
      case let byte?: "byte " + String(byte)
      }
    self.init(at: offset, "expected \(expected), found \(found)")
  }

  package var description: String { "\(text) at offset \(offset)" }
}
