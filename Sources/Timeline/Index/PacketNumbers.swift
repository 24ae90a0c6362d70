import TraceModel

/// Which row a packet number has, and back: runs of numbers that follow one another.
///
/// A trace written by one run is a single run; a filtered or joined one has gaps. A stranger's has any number.
struct PacketNumbers: Sendable {
  private var runs: [Run] = []
  private var rows = 0
  private var last = 0
  private var ascends = true

  private struct Run: Sendable {
    var row: Int
    var number: Int
  }

  mutating func append(_ number: Int) {
    if runs.isEmpty || number <= last || number - 1 != last {
      if !runs.isEmpty && number <= last { ascends = false }
      runs.append(Run(row: rows, number: number))
    }
    last = number
    rows += 1
  }

  func number(_ row: Int) -> Int {
    let run = runs[lastRun { $0.row <= row }]
    return run.number + (row - run.row)
  }

  /// The latest row of that number; nil for a number that no packet has.
  func row(_ number: Int) -> Int? {
    guard !runs.isEmpty else { return nil }
    if ascends {
      let i = lastRun { $0.number <= number }
      return row(number, in: i)
    }
    for i in runs.indices.reversed() {
      if let row = row(number, in: i) { return row }
    }
    return nil
  }

  private func row(_ number: Int, in i: Int) -> Int? {
    let end = i + 1 < runs.count ? runs[i + 1].row : rows
    let (behind, overflow) = number.subtractingReportingOverflow(runs[i].number)
    return !overflow && behind >= 0 && behind < end - runs[i].row ? runs[i].row + behind : nil
  }

  /// The last run that `fits`, where all that fit come first; 0 where none does.
  private func lastRun(_ fits: (Run) -> Bool) -> Int {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if fits(runs[middle]) { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }
}
