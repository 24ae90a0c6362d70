import Cells

/// The help as it is laid out for a width: its lines, and where in them the rows are that do something.
struct HelpPage {
  struct Entry {
    let line: Int
    let columns: Range<Int>
    let act: Act
  }

  /// A key, and what it does; or a sign, and what it means.
  struct Row {
    let key: DisplayText
    let help: DisplayText
    /// What Enter does on it.
    var act: Act?

    init(_ key: DisplayText, _ help: DisplayText, _ act: Act? = nil) {
      (self.key, self.help, self.act) = (key, help, act)
    }

    /// The words beside the key, in as many lines as they take.
    func lines(columns: Int) -> [DisplayText] {
      let head = " " + key.fitted(to: max(HelpPage.keyColumns, key.width)) + " "
      let words = help.wrapped(to: max(12, columns - head.width - 1))
      return words.enumerated().map { ($0 == 0 ? head : .blanks(head.width)) + $1 }
    }
  }

  struct Section {
    let title: String
    var rows: [Row]
  }

  private(set) var lines: [DisplayText] = []
  private(set) var entries: [Entry] = []

  private static let keyColumns = 13
  /// With fewer columns for each, sections stand below one another.
  private static let leastColumns = 56
  private static let mostPiles = 3

  init() {}

  /// Sections beside each other where the page is wide enough, each as long as it is.
  init(_ sections: [Section], width: Int) {
    let count = max(1, min(Self.mostPiles, width / Self.leastColumns))
    let columns = width / count
    let blocks = sections.map { Self.block($0, columns: columns) }
    let total = blocks.reduce(0) { $0 + $1.count }
    var piles: [[(text: DisplayText, act: Act?)]] = [[]]
    for block in blocks {
      let isFull = piles[piles.count - 1].count + block.count / 2 > (total + count - 1) / count
      if isFull, piles.count < count { piles.append([]) }
      piles[piles.count - 1] += block
    }
    for (place, pile) in piles.enumerated() {
      let start = place * columns
      for (line, row) in pile.enumerated() {
        if line == lines.count { lines.append("") }
        lines[line] +=
          .blanks(start - lines[line].width) + (count == 1 ? row.text : row.text.fitted(to: columns))
        if let act = row.act { entries.append(Entry(line: line, columns: start..<start + columns, act: act)) }
      }
    }
  }

  private static func block(_ section: Section, columns: Int) -> [(text: DisplayText, act: Act?)] {
    [(DisplayText(section.title, style: Style(.heading, .bold)), nil)]
      + section.rows.flatMap { row in
        row.lines(columns: columns).enumerated().map { ($1, $0 == 0 ? row.act : nil) }
      } + [("", nil)]
  }
}
