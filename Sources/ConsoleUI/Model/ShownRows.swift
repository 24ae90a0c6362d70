import MilterProtocol
import TraceModel

/// What the Timeline shows, in order: the packets that the filter takes, macros folded into their commands; without a
/// filter, connections that no packet tells of as well.
struct ShownRows {
  enum Line: Hashable, Sendable {
    /// Row of the index.
    case packet(Int)
    /// Place in ``TimelineIndex/silent``.
    case silent(Int)
  }

  private var rows: [UInt32] = []
  /// For each of the silent connections: how many of `rows` stand before it.
  private var silent: [Int] = []
  /// Rows of the index that were looked at.
  private(set) var seen = 0
  /// Where a filter is on: how many of its matches were looked at.
  private var seenMatches = 0

  var count: Int { rows.count + silent.count }

  subscript(_ line: Int) -> Line {
    let before = silent.indices.firstPlace { silent[$0] + $0 >= line }
    if before < silent.count, silent[before] + before == line { return .silent(before) }
    return .packet(Int(rows[line - before]))
  }

  /// Row of the index; nil where the line is no packet's.
  func packet(line: Int) -> Int? {
    guard case .packet(let row) = self[line] else { return nil }
    return row
  }

  /// Where a silent connection stands; nil where a filter is on.
  func line(ofSilent place: Int) -> Int? { place < silent.count ? silent[place] + place : nil }

  /// Where `row` stands, or the last packet before it.
  func line(of row: Int) -> Int {
    let place = max(0, rows.indices.firstPlace { Int(rows[$0]) > row } - 1)
    return place + silent.indices.firstPlace { silent[$0] > place }
  }

  func shows(_ row: Int) -> Bool {
    let place = rows.indices.firstPlace { Int(rows[$0]) >= row }
    return place < rows.count && Int(rows[place]) == row
  }

  /// Goes on to the end of what may have rows. Macros at its very end are looked at again next time, as their command
  /// may be still to come.
  mutating func extend(
    _ index: TimelineIndex, to limits: ConsoleModel.Freeze, unfolded: Set<Int>, all: Bool
  ) {
    guard seen < limits.packets || silent.count < limits.silent else { return }
    while let last = rows.last, Int(last) < seen, isLooseMacro(Int(last), index) {
      rows.removeLast()
      seen = Int(last)
    }
    while let last = silent.last, last > rows.count { silent.removeLast() }
    while seen < limits.packets {
      if isShown(seen, index, unfolded, all) { rows.append(UInt32(seen)) }
      seen += 1
    }
    while silent.count < limits.silent {
      let row = index.silent[silent.count].row
      silent.append(rows.indices.firstPlace { Int(rows[$0]) >= row })
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

extension Range<Int> {
  /// The first place from which on all hold, where those that do are the last ones.
  fileprivate func firstPlace(where holds: (Int) -> Bool) -> Int {
    var low = lowerBound
    var high = upperBound
    while low < high {
      let middle = (low + high) / 2
      if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
