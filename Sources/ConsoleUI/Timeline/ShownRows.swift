import Mail
import MilterProtocol
import Timeline
import TraceModel

/// What the Timeline shows, in order: the packets that the filter takes, macros folded into their commands; without a
/// filter, connections that no packet tells of as well.
struct ShownRows {
  enum Line: Equatable, Sendable {
    /// Row of the index.
    case packet(Int)
    /// Place in ``TimelineIndex/silent``.
    case silent(Int)
  }

  private var rows: [UInt32] = []
  /// For each of the silent connections from the first that is shown: how many of `rows` stand before it.
  private var silent: [Int] = []
  /// Where it begins: row of the index, and place among the silent connections.
  private let start: (row: Int, silent: Int)
  /// Rows of the index that were looked at.
  private(set) var seen = 0
  /// Where a filter is on: how many of its matches were looked at.
  private var seenMatches = 0
  /// Macros among `rows` whose command had not come, or was not found yet, when they were looked at.
  private var loose: [UInt32] = []
  /// More than that wait for no command any more: a milter may have declined it.
  private static let looseLimit = 1024

  /// - Parameter start: what is left out; nil where all is shown.
  init(from start: Scope.Extent? = nil) {
    self.start = (start?.packets ?? 0, start?.silent ?? 0)
    seen = self.start.row
  }

  var count: Int { rows.count + silent.count }

  subscript(_ line: Int) -> Line {
    let before = silent.indices.firstPlace { silent[$0] + $0 >= line }
    if before < silent.count, silent[before] + before == line { return .silent(start.silent + before) }
    return .packet(Int(rows[line - before]))
  }

  /// Row of the index; nil where the line is no packet's.
  func packet(line: Int) -> Int? {
    guard case .packet(let row) = self[line] else { return nil }
    return row
  }

  /// Where a silent connection stands; nil where a filter is on.
  func line(ofSilent place: Int) -> Int? {
    let place = place - start.silent
    return silent.indices.contains(place) ? silent[place] + place : nil
  }

  /// Where `row` stands, or the last packet before it.
  func line(of row: Int) -> Int {
    let place = max(0, rows.indices.firstPlace { Int(rows[$0]) > row } - 1)
    return place + silent.indices.firstPlace { silent[$0] > place }
  }

  func shows(_ row: Int) -> Bool {
    let place = rows.indices.firstPlace { Int(rows[$0]) >= row }
    return place < rows.count && Int(rows[place]) == row
  }

  /// Goes on to the end of what may have rows. A macro packet folds into its command when that comes.
  ///
  /// - Returns: whether rows that were there went.
  mutating func extend(
    _ index: TimelineIndex, to limits: Scope.Extent, unfolded: Set<Int>, all: Bool
  ) -> Bool {
    guard seen < limits.packets || start.silent + silent.count < limits.silent else { return false }
    while seen < limits.packets {
      if Self.isShown(seen, index, unfolded, all) { append(seen, index, all: all) }
      seen += 1
    }
    let hasFolded = fold { row in
      guard let command = index[row].foldsInto, command < limits.packets else { return nil }
      return !Self.isShown(row, index, unfolded, all)
    }
    while start.silent + silent.count < limits.silent {
      let row = index.silent[start.silent + silent.count].row
      silent.append(rows.indices.firstPlace { Int(rows[$0]) >= row })
    }
    return hasFolded
  }

  /// Goes on to the end of what a filter has found. A macro packet stays folded where its command is shown as well.
  ///
  /// - Returns: whether rows that were there went.
  mutating func extend(
    matches: [UInt32], before end: Int, _ index: TimelineIndex, unfolded: Set<Int>, all: Bool
  ) -> Bool {
    func isFolded(_ row: Int) -> Bool? {
      guard let command = index[row].foldsInto, command < end else { return nil }
      guard !Self.isShown(row, index, unfolded, all) else { return false }
      let place = matches.indices.firstPlace { Int(matches[$0]) >= command }
      return place < matches.count && Int(matches[place]) == command
    }
    while seenMatches < matches.count {
      let row = Int(matches[seenMatches])
      seenMatches += 1
      guard row >= start.row else { continue }
      if Self.isShown(row, index, unfolded, all) || !(isFolded(row) ?? false) {
        append(row, index, all: all)
      }
    }
    return fold(isFolded)
  }

  private mutating func append(_ row: Int, _ index: TimelineIndex, all: Bool) {
    rows.append(UInt32(row))
    guard !all, index.glance(at: row).kind == .command(.macro) else { return }
    loose.append(UInt32(row))
    if loose.count > 2 * Self.looseLimit { loose.removeFirst(Self.looseLimit) }
  }

  /// Takes away the macros that turn out to be folded into a command.
  ///
  /// - Parameter isFolded: nil where that is not known yet.
  private mutating func fold(_ isFolded: (Int) -> Bool?) -> Bool {
    let count = rows.count
    loose.removeAll { row in
      guard let folds = isFolded(Int(row)) else { return false }
      let place = rows.indices.firstPlace { rows[$0] >= row }
      if folds, place < rows.count, rows[place] == row {
        rows.remove(at: place)
        for i in silent.indices.reversed() {
          guard silent[i] > place else { break }
          silent[i] -= 1
        }
      }
      return true
    }
    return rows.count != count
  }

  private static func isShown(_ row: Int, _ index: TimelineIndex, _ unfolded: Set<Int>, _ all: Bool) -> Bool {
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
