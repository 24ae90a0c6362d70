/// How many columns a scalar takes, or that it must not reach the screen as it is.
///
/// A fixed table, so that the same model gives the same frame on every machine: what Unicode 14 assigned (the
/// version of Debian 12's glibc, the oldest reference) less everything invisible, formatting or private. The
/// terminal counts with glibc's `wcwidth`; a test holds this table against it over all scalars, and the
/// terminal side shows `?` for a scalar on which a newer or older libc disagrees.
package enum CellWidth: Equatable, Sendable {
  case narrow, wide
  /// Zero columns, and visible only together with the character before it.
  case mark
  /// Control, formatting, invisible, private or unassigned: shown as an escape.
  case hidden

  package static func of(_ scalar: Unicode.Scalar) -> CellWidth {
    let value = scalar.value
    // The ranges that make up nearly all text need no property lookup.
    if value < 0x7f { return value >= 0x20 ? .narrow : .hidden }
    if value < 0xa1 { return .hidden }
    if value < 0x300 { return value == 0xad ? .hidden : .narrow }
    if (0x2500...0x259f).contains(value) { return .narrow }
    if (0x4e00...0x9ffc).contains(value) || (0xac00...0xd7a3).contains(value) { return .wide }
    return byProperties(scalar)
  }

  private static func byProperties(_ scalar: Unicode.Scalar) -> CellWidth {
    let properties = scalar.properties
    guard let age = properties.age, age.major <= 14, !properties.isDefaultIgnorableCodePoint,
      !isBlank(scalar.value)
    else { return .hidden }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned,
      .spaceSeparator, .lineSeparator, .paragraphSeparator:
      return .hidden
    case .nonspacingMark, .enclosingMark:
      return .mark
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .spacingMark, .decimalNumber, .letterNumber, .otherNumber,
      .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation,
      .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
      // Vowels and finals of conjoining Hangul take no column of their own, yet are letters.
      if (0x1160...0x11ff).contains(scalar.value) || (0xd7b0...0xd7ff).contains(scalar.value) {
        return .hidden
      }
      return isWide(scalar.value) ? .wide : .narrow
    @unknown default:
      return .hidden
    }
  }

  /// Symbols without ink: blank Braille pattern, null notehead, object replacement; and an Ahom vowel of
  /// which Unicode and glibc differ whether it takes a column.
  private static func isBlank(_ value: UInt32) -> Bool {
    value == 0x2800 || value == 0x1d159 || value == 0xfffc || value == 0x1171e
  }

  private static func isWide(_ value: UInt32) -> Bool {
    var low = 0
    var high = wideRanges.count
    while low < high {
      let middle = (low + high) / 2
      if wideRanges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < wideRanges.count && wideRanges[low].contains(value)
  }

  /// Two columns, as glibc 2.36 counts; unassigned scalars between two ranges are bridged, being hidden anyway.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x231a...0x231b, 0x2329...0x232a, 0x23e9...0x23ec, 0x23f0...0x23f0,
    0x23f3...0x23f3, 0x25fd...0x25fe, 0x2614...0x2615, 0x2648...0x2653, 0x267f...0x267f,
    0x2693...0x2693, 0x26a1...0x26a1, 0x26aa...0x26ab, 0x26bd...0x26be, 0x26c4...0x26c5,
    0x26ce...0x26ce, 0x26d4...0x26d4, 0x26ea...0x26ea, 0x26f2...0x26f3, 0x26f5...0x26f5,
    0x26fa...0x26fa, 0x26fd...0x26fd, 0x2705...0x2705, 0x270a...0x270b, 0x2728...0x2728,
    0x274c...0x274c, 0x274e...0x274e, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
    0x27b0...0x27b0, 0x27bf...0x27bf, 0x2b1b...0x2b1c, 0x2b50...0x2b50, 0x2b55...0x2b55,
    0x2e80...0x3029, 0x302e...0x303e, 0x3041...0x3096, 0x309b...0xa4c6, 0xa960...0xa97c,
    0xac00...0xd7a3, 0xf900...0xfad9, 0xfe10...0xfe19, 0xfe30...0xfe6b, 0xff01...0xff60,
    0xffe0...0xffe6, 0x16fe0...0x16fe3, 0x16ff0...0x1b2fb, 0x1f004...0x1f004, 0x1f0cf...0x1f0cf,
    0x1f18e...0x1f18e, 0x1f191...0x1f19a, 0x1f200...0x1f320, 0x1f32d...0x1f335, 0x1f337...0x1f37c,
    0x1f37e...0x1f393, 0x1f3a0...0x1f3ca, 0x1f3cf...0x1f3d3, 0x1f3e0...0x1f3f0, 0x1f3f4...0x1f3f4,
    0x1f3f8...0x1f43e, 0x1f440...0x1f440, 0x1f442...0x1f4fc, 0x1f4ff...0x1f53d, 0x1f54b...0x1f54e,
    0x1f550...0x1f567, 0x1f57a...0x1f57a, 0x1f595...0x1f596, 0x1f5a4...0x1f5a4, 0x1f5fb...0x1f64f,
    0x1f680...0x1f6c5, 0x1f6cc...0x1f6cc, 0x1f6d0...0x1f6d2, 0x1f6d5...0x1f6df, 0x1f6eb...0x1f6ec,
    0x1f6f4...0x1f6fc, 0x1f7e0...0x1f7f0, 0x1f90c...0x1f93a, 0x1f93c...0x1f945, 0x1f947...0x1f9ff,
    0x1fa70...0x1faf6, 0x20000...0x3134a,
  ]
}
