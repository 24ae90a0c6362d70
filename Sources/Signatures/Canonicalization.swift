import MilterProtocol

/// How much of its form a signature forgives (`c=`, RFC 6376 section 3.4).
package enum Canonicalization: Equatable, Sendable {
  /// Nothing but empty lines at the end of the body.
  case simple
  /// White space: folds, runs of blanks, blanks at line ends; and the case of header names.
  case relaxed

  package var name: String { self == .simple ? "simple" : "relaxed" }

  init(_ word: some Collection<UInt8>) { self = sameHeaderName(word, "relaxed".utf8) ? .relaxed : .simple }

  /// A header as it is signed, without its line end (sections 3.4.1 and 3.4.2).
  func header(_ field: HeaderField) -> [UInt8] {
    switch self {
    case .simple: return Array(field.name) + [UInt8(ascii: ":")] + field.text.filter { $0 != 0x0D }
    case .relaxed:
      var line = trimmedBlanks(field.name).map(lowercased) + [UInt8(ascii: ":")]
      var isAfterBlank = false
      for byte in trimmedBlanks(field.text) {
        if isBlankOrLineEnd(byte) {
          isAfterBlank = true
          continue
        }
        if isAfterBlank { line.append(UInt8(ascii: " ")) }
        isAfterBlank = false
        line.append(byte)
      }
      return line
    }
  }
}

extension Canonicalization {
  /// Whether both headers are signed as the same bytes.
  package func takesAlike(_ a: HeaderField, _ b: HeaderField) -> Bool { header(a) == header(b) }
}

/// One header of a mail: its name, and all that stands behind the colon.
package struct HeaderField: Sendable {
  package var name: ArraySlice<UInt8>
  package var text: ArraySlice<UInt8>

  package init(name: ArraySlice<UInt8>, text: ArraySlice<UInt8>) {
    self.name = name
    self.text = text
  }
}
