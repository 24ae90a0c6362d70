/// How the columns of a table share a width: what is fixed first, then the rest to those that can grow; where
/// even the least is too much, whole columns go, the least important first.
package struct Column: Sendable {
  package enum Width: Equatable, Sendable {
    case fixed(Int)
    /// At least this many columns, and a share of what is left over.
    case flexible(minimum: Int)
    /// At least so many, and up to what its largest value takes, before others get a share.
    case growing(minimum: Int, wanted: Int)
  }

  /// What goes of a text that is too long.
  package enum Cut: Equatable, Sendable {
    case atEnd
    /// In front of the last such character, so that what it begins stays: of an address its domain.
    case before(Unicode.Scalar)
  }

  package var title: DisplayText
  package var width: Width
  package var cut = Cut.atEnd
  package var alignment: DisplayText.Alignment
  /// Lower goes later; columns of priority 0 stay whatever the width.
  package var priority: Int

  package init(
    _ title: DisplayText, _ width: Width, _ alignment: DisplayText.Alignment = .leading, priority: Int = 0
  ) {
    (self.title, self.width, self.alignment, self.priority) = (title, width, alignment, priority)
  }

  private var least: Int {
    switch width {
    case .fixed(let columns): columns
    case .flexible(let minimum): minimum
    case .growing(let minimum, let wanted): min(minimum, max(1, wanted))
    }
  }

  /// Columns beyond the least that it has a use for.
  private var wish: Int {
    switch width {
    case .fixed, .flexible: 0
    case .growing(_, let wanted): max(0, wanted - least)
    }
  }

  /// Where each column lies within `width`, with `gap` blanks between neighbours; nil for one that was dropped.
  package static func layout(_ columns: [Column], width: Int, gap: Int = 1) -> [Range<Int>?] {
    var kept = columns.map { _ in true }
    func needed() -> Int {
      let shown = zip(columns, kept).filter(\.1).map(\.0.least)
      return shown.reduce(0, +) + gap * max(0, shown.count - 1)
    }
    while needed() > width {
      let droppable = columns.indices.filter { kept[$0] && columns[$0].priority > 0 }
      guard let victim = droppable.max(by: { columns[$0].priority < columns[$1].priority }) else { break }
      kept[victim] = false
    }
    var growing = columns.indices.count { kept[$0] && columns[$0].isFlexible }
    var spare = max(0, width - needed())
    let grown = grown(columns, kept, spare: &spare)
    var next = 0
    return columns.indices.map { index in
      guard kept[index] else { return nil }
      var size = columns[index].least + grown[index]
      if columns[index].isFlexible {
        let share = spare / growing
        (size, spare, growing) = (size + share, spare - share, growing - 1)
      }
      let start = min(next, width)
      next += size + gap
      return start..<min(start + size, width)
    }
  }

  /// What each column grows by: evenly, the one with the smallest wish satisfied first.
  private static func grown(_ columns: [Column], _ kept: [Bool], spare: inout Int) -> [Int] {
    var grown = columns.map { _ in 0 }
    let wishing = columns.indices.filter { kept[$0] && columns[$0].wish > 0 }
      .sorted { (columns[$0].wish, $0) < (columns[$1].wish, $1) }
    for (place, index) in wishing.enumerated() {
      grown[index] = min(columns[index].wish, spare / (wishing.count - place))
      spare -= grown[index]
    }
    return grown
  }

  private var isFlexible: Bool {
    switch width {
    case .fixed, .growing: false
    case .flexible: true
    }
  }
}

extension Frame {
  /// Puts one cell text into each column of a table's row, at the places that `Column.layout` gave.
  package mutating func put(
    _ texts: [DisplayText], columns: [Column], at places: [Range<Int>?], in line: Rect,
    style: Style = .text
  ) {
    clipped(to: line) { frame in
      for ((text, column), place) in zip(zip(texts, columns), places) {
        guard let place else { continue }
        let rect = Rect(
          column: line.column + place.lowerBound, row: line.row, columns: place.count, rows: 1)
        switch column.cut {
        case .atEnd: frame.put(text, in: rect, column.alignment, style: style)
        case .before(let scalar):
          frame.put(text.fitted(to: rect.columns, keepingFrom: scalar), in: rect, style: style)
        }
      }
    }
  }
}
