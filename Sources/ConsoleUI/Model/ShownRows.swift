import MilterProtocol
import TraceModel

/// The packets that the Timeline shows, in order: what the filter takes, macros folded into their commands.
struct ShownRows {
  private(set) var rows: [UInt32] = []
  /// Rows of the index that were looked at.
  private(set) var seen = 0
  /// Where a filter is on: how many of its matches were looked at.
  private var seenMatches = 0

  var count: Int { rows.count }

  subscript(_ line: Int) -> Int { Int(rows[line]) }

  /// Where `row` stands, or the last line before it.
  func line(of row: Int) -> Int {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if Int(rows[middle]) <= row { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  func shows(_ row: Int) -> Bool {
    let line = line(of: row)
    return line < rows.count && Int(rows[line]) == row
  }

  /// Goes on to the end of the index. Macros at its very end are looked at again next time, as their command may be
  /// still to come.
  mutating func extend(_ index: TimelineIndex, unfolded: Set<Int>, all: Bool) {
    while let last = rows.last, Int(last) < seen, isLooseMacro(Int(last), index) {
      rows.removeLast()
      seen = Int(last)
    }
    while seen < index.count {
      if isShown(seen, index, unfolded, all) { rows.append(UInt32(seen)) }
      seen += 1
    }
  }

  /// Goes on to the end of what a filter has found. A macro packet stays folded where its command is shown as well.
  mutating func extend(
    matches: [UInt32], _ index: TimelineIndex, unfolded: Set<Int>, all: Bool
  ) {
    while seenMatches < matches.count {
      let row = Int(matches[seenMatches])
      seenMatches += 1
      if isShown(row, index, unfolded, all) || !isFoldedIntoMatch(row, index, matches) {
        rows.append(UInt32(row))
      }
    }
  }

  private func isFoldedIntoMatch(_ row: Int, _ index: TimelineIndex, _ matches: [UInt32]) -> Bool {
    guard let command = index[row].foldsInto else { return false }
    // The command follows within a few packets; what is not among the next matches is not shown.
    return matches[seenMatches...].prefix(64).contains(UInt32(command))
  }

  private func isLooseMacro(_ row: Int, _ index: TimelineIndex) -> Bool {
    index[row].kind == .command(.macro)
  }

  private func isShown(_ row: Int, _ index: TimelineIndex, _ unfolded: Set<Int>, _ all: Bool) -> Bool {
    if all || !index.isFolded(row) { return true }
    guard !unfolded.isEmpty, let command = index[row].foldsInto else { return false }
    return unfolded.contains(index.number(at: command))
  }
}
