/// One column of the screen in 64 bits: a base scalar with at most one combining mark, or the right half of a
/// wide character, and a style.
///
/// Bits 0–20 base scalar (0 in a right half), 21–41 mark (0: none), 42–57 style, 58 wide. The terminal's C side
/// reads the same layout (`CNcurses.h`), so a span of cells is drawn without a copy. There is no public way
/// from a `String` to a cell except `DisplayText`, which makes hostile text inert.
package struct Cell: Equatable, Sendable {
  package private(set) var bits: UInt64

  /// A blank.
  package init(style: Style = .text) {
    bits = 0x20 | UInt64(style.bits) << 42
  }

  init(_ base: Unicode.Scalar, mark: Unicode.Scalar? = nil, isWide: Bool = false, style: Style = .text) {
    bits =
      UInt64(base.value) | UInt64(mark?.value ?? 0) << 21 | UInt64(style.bits) << 42
      | (isWide ? 1 << 58 : 0)
  }

  /// The right half of the wide character to the left.
  static func continuation(style: Style = .text) -> Cell {
    var cell = Cell(style: style)
    cell.bits &= ~0x1f_ffff
    return cell
  }

  /// Whether this is the right half of the wide character to the left.
  package var isContinuation: Bool { bits & 0x1f_ffff == 0 }

  /// Whether the next cell is this one's right half.
  package var isWide: Bool { bits & (1 << 58) != 0 }

  /// The character; nil in a right half.
  package var base: Unicode.Scalar? {
    isContinuation ? nil : Unicode.Scalar(UInt32(bits & 0x1f_ffff))
  }

  package var mark: Unicode.Scalar? {
    let value = UInt32(bits >> 21 & 0x1f_ffff)
    return value == 0 ? nil : Unicode.Scalar(value)
  }

  package var style: Style {
    get { Style(bits: UInt16(truncatingIfNeeded: bits >> 42)) }
    set { bits = bits & ~(0xffff << 42) | UInt64(newValue.bits) << 42 }
  }
}
