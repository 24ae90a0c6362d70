import MilterProtocol

/// Text that may be put on the screen: cells, made inert. The only way text reaches a cell.
///
/// Whatever its origin, text goes through the same escaping, so there is no trusted path to misuse: bytes from
/// the wire with `init(escaping:)`, the program's own words as literals or strings. An escape is drawn with
/// the attribute `.escaped`; its width is that of its letters. Styles given here are kept when the text is
/// put; where there is none (`.text`), the style it is put with counts.
package struct DisplayText: Equatable, Sendable {
  package private(set) var cells: [Cell]

  /// Whether bytes were left unread because `columns` was full.
  package private(set) var isCut = false

  package init() { cells = [] }

  private init(cells: [Cell], isCut: Bool = false) {
    (self.cells, self.isCut) = (cells, isCut)
  }

  /// The bytes as UTF-8 with everything invisible or dangerous as a visible escape. Reading stops when
  /// `columns` are full, so a line of 20,000 characters costs what is seen of it.
  package init(escaping bytes: ArraySlice<UInt8>, columns: Int = .max, style: Style = .text) {
    cells = []
    cells.reserveCapacity(min(bytes.count, columns))
    append(escaping: bytes, columns: columns, style: style)
  }

  package init(escaping bytes: [UInt8], columns: Int = .max, style: Style = .text) {
    self.init(escaping: bytes[...], columns: columns, style: style)
  }

  /// A string of the program's own, or one made from the wire: escaped like everything else.
  package init(_ string: some StringProtocol, columns: Int = .max, style: Style = .text) {
    cells = []
    append(escaping: Array(string.utf8)[...], columns: columns, style: style)
  }

  /// Columns taken.
  package var width: Int { cells.count }

  package var isEmpty: Bool { cells.isEmpty }

  /// Adds bytes until the whole text takes `columns`; a wide character or an escape that does not fit is left out.
  package mutating func append(
    escaping bytes: ArraySlice<UInt8>, columns: Int = .max, style: Style = .text
  ) {
    var reader = WireText(bytes)
    while let piece = reader.next() {
      guard cells.count < columns, !isCut else {
        isCut = true
        return
      }
      switch piece {
      case .shown(let base, let mark, let isWide):
        if isWide {
          guard cells.count + 1 < columns else {
            isCut = true
            return
          }
          cells.append(Cell(base, mark: mark, isWide: true, style: style))
          cells.append(.continuation(style: style))
        } else {
          cells.append(Cell(base, mark: mark, style: style))
        }
      case .byte, .hidden:
        append(escape: piece.escape ?? "", columns: columns, style: style.adding(.escaped))
      }
    }
  }

  private mutating func append(escape: String, columns: Int, style: Style) {
    guard cells.count + escape.unicodeScalars.count <= columns else {
      isCut = true
      return
    }
    for scalar in escape.unicodeScalars { cells.append(Cell(scalar, style: style)) }
  }

  package mutating func append(_ other: DisplayText) {
    cells += other.cells
    isCut = other.isCut
  }

  package static func + (left: DisplayText, right: DisplayText) -> DisplayText {
    var sum = left
    sum.append(right)
    return sum
  }

  package static func += (left: inout DisplayText, right: DisplayText) { left.append(right) }

  /// Blanks.
  package static func blanks(_ count: Int) -> DisplayText {
    DisplayText(cells: Array(repeating: Cell(), count: max(0, count)))
  }

  /// The text in `style` wherever it has none of its own.
  package func styled(_ style: Style) -> DisplayText {
    DisplayText(cells: cells.map { $0.styled($0.style.merged(over: style)) }, isCut: isCut)
  }

  package func styled(_ role: Style.Role, _ attributes: Style.Attributes = []) -> DisplayText {
    styled(Style(role, attributes))
  }

  /// The text with `attributes` added in some of its columns, such as where a search matched.
  package func adding(_ attributes: Style.Attributes, in columns: Range<Int>) -> DisplayText {
    var copy = self
    for column in columns.clamped(to: 0..<cells.count) {
      copy.cells[column].style = cells[column].style.adding(attributes)
    }
    return copy
  }

  /// Exactly the given columns: padded with blanks after the text, and where it ends before. A wide character cut in
  /// half leaves a blank.
  package func slice(_ columns: Range<Int>) -> DisplayText {
    let there = columns.clamped(to: 0..<cells.count)
    var part = Array(cells[there])
    if part.first?.isContinuation == true { part[0] = Cell(style: part[0].style) }
    if let last = part.last, last.isWide { part[part.count - 1] = Cell(style: last.style) }
    part += Array(repeating: Cell(), count: columns.count - part.count)
    return DisplayText(cells: part)
  }

  /// What is read there, without its marks.
  package var plainBytes: [UInt8] {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: cells.compactMap(\.base))
    return Array(String(text).utf8)
  }

  package enum Alignment: Sendable { case leading, trailing, center }

  /// Exactly `width` columns: padded, or cut with `…` in its last column.
  package func fitted(to width: Int, _ alignment: Alignment = .leading) -> DisplayText {
    guard width > 0 else { return DisplayText() }
    guard cells.count > width || isCut else {
      let free = width - cells.count
      switch alignment {
      case .leading: return self + .blanks(free)
      case .trailing: return .blanks(free) + self
      case .center: return .blanks(free / 2) + self + .blanks(free - free / 2)
      }
    }
    let kept = startOfEscape(at: min(width - 1, cells.count))
    var cut = slice(0..<kept)
    cut.cells.append(Cell("…", style: Style(cells.indices.contains(kept) ? cells[kept].style.role : .text)))
    cut.cells += Array(repeating: Cell(), count: width - cut.cells.count)
    return cut
  }

  /// Exactly `width` columns. What is cut stands in front of the last `scalar`, as long as a few columns of that stay.
  package func fitted(to width: Int, keepingFrom scalar: Unicode.Scalar) -> DisplayText {
    guard cells.count > width, !isCut, let place = cells.lastIndex(where: { $0.base == scalar }) else {
      return fitted(to: width)
    }
    let room = width - (cells.count - place)
    guard room >= Self.leastBeforeCut else { return fitted(to: width) }
    return fitted(before: place, to: room) + DisplayText(cells: Array(cells[place...]))
  }

  private static let leastBeforeCut = 4

  /// What is in front of `place`, cut.
  private func fitted(before place: Int, to width: Int) -> DisplayText {
    DisplayText(cells: Array(cells[..<place])).fitted(to: width)
  }
}

extension [DisplayText] {
  /// The texts in a row, two blanks between neighbours.
  package func joined(gap: Int = 2) -> DisplayText {
    var text = DisplayText()
    for part in self {
      if !text.isEmpty { text += .blanks(gap) }
      text += part
    }
    return text
  }
}

extension Cell {
  fileprivate func styled(_ style: Style) -> Cell {
    var copy = self
    copy.style = style
    return copy
  }
}

extension DisplayText: ExpressibleByStringInterpolation {
  package init(stringLiteral value: String) { self.init(value) }

  package init(stringInterpolation: Interpolation) { self = stringInterpolation.text }

  /// `"reply \(wire: bytes) after \(took)"`: every part is escaped, and texts keep their styles.
  package struct Interpolation: StringInterpolationProtocol {
    var text = DisplayText()

    package init(literalCapacity: Int, interpolationCount: Int) {
      text.cells.reserveCapacity(literalCapacity)
    }

    package mutating func appendLiteral(_ literal: String) { text += DisplayText(literal) }

    package mutating func appendInterpolation(_ part: DisplayText) { text += part }

    package mutating func appendInterpolation(_ string: some StringProtocol) { text += DisplayText(string) }

    package mutating func appendInterpolation(_ number: some BinaryInteger) {
      text += DisplayText(String(number))
    }

    package mutating func appendInterpolation(wire bytes: ArraySlice<UInt8>) {
      text += DisplayText(escaping: bytes)
    }

    package mutating func appendInterpolation(wire bytes: [UInt8]) { text += DisplayText(escaping: bytes) }
  }
}
