import CNcurses
import Glibc
import Testing

@testable import MilterProtocol

/// The pure width table against glibc, which is what curses counts with.
@Suite struct WidthTests {
  /// How many may differ: none with the library that the table was made from, a few with another version, for
  /// which the terminal side shows `?`.
  static var allowed: Int {
    var name = [CChar](repeating: 0, count: 64)
    confstr(Int32(_CS_GNU_LIBC_VERSION), &name, name.count)
    return name.starts(with: "glibc 2.36".utf8.map(CChar.init)) ? 0 : 300
  }

  @Test func everyShownScalarTakesTheColumnsThatTheLibraryCounts() throws {
    try #require(mm_term_locale(), "no UTF-8 locale here")
    var wrong: [String] = []
    for value in UInt32(0x20)...0x10ffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let expected: Int32
      switch CellWidth.of(scalar) {
      case .narrow: expected = 1
      case .wide: expected = 2
      case .mark: expected = 0
      case .hidden: continue
      }
      let width = mm_char_width(value)
      if width != expected {
        wrong.append("U+\(String(value, radix: 16)): \(expected) here, \(width) there")
      }
    }
    #expect(wrong.count <= Self.allowed, "\(wrong.count): \(wrong.prefix(40))")
  }

  @Test func whatIsHiddenThoughShownByTheLibraryIsInvisibleOrNewer() throws {
    try #require(mm_term_locale(), "no UTF-8 locale here")
    var hidden = 0
    for value in UInt32(0xa0)...0x10ffff {
      guard let scalar = Unicode.Scalar(value), CellWidth.of(scalar) == .hidden else { continue }
      guard mm_char_width(value) > 0 else { continue }
      let properties = scalar.properties
      let blank = [0x2800, 0x1d159, 0xfffc, 0x1171e].contains(value)
      switch properties.generalCategory {
      case .spaceSeparator, .format, .privateUse, .lineSeparator, .paragraphSeparator: continue
      default:
        if blank || properties.isDefaultIgnorableCodePoint || (properties.age?.major ?? 99) > 14 {
          continue
        }
        hidden += 1
      }
    }
    #expect(hidden == 0)
  }
}
