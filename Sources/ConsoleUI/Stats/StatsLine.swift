import Cells

/// A line of Stats, with the numbers in it behind which packets are.
struct StatsLine {
  var text: DisplayText
  private(set) var links: [Link] = []

  struct Link {
    var columns: Range<Int>
    /// The expression that takes what was counted.
    let filter: String
    /// Whether it is the longest reply time of all.
    let isSlowest: Bool
  }

  init(_ text: DisplayText) { self.text = text }

  /// Puts a number behind the line.
  mutating func append(_ more: DisplayText, filter: String? = nil, isSlowest: Bool = false) {
    let start = text.width
    text += more
    guard let filter else { return }
    // The blanks before a number are none of it.
    let blanks = more.cells.prefix { $0.base == " " || $0.base == nil }.count
    links.append(
      Link(columns: start + min(blanks, more.width)..<text.width, filter: filter, isSlowest: isSlowest))
  }

  /// Another line beside it, from that column on.
  mutating func append(_ other: StatsLine, at column: Int) {
    text = text.fitted(to: column) + other.text
    links += other.links.map {
      Link(
        columns: $0.columns.lowerBound + column..<$0.columns.upperBound + column, filter: $0.filter,
        isSlowest: $0.isSlowest)
    }
  }
}
