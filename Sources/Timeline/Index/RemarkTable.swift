import TraceModel

/// Records about packets and connections that are no packets of their own: held, released, found, noted, closed.
struct RemarkTable: Sendable {
  private var entries: [Entry] = []
  /// The latest entry about each row that has any.
  private var latest: [UInt32: UInt32] = [:]

  private struct Entry: Sendable {
    var record: UInt32
    var connection: UInt32
    /// The entry before this one about the same row.
    var previous: UInt32
  }

  mutating func append(record: Int, connection: Int, row: Int?) {
    let key = row.map { UInt32(clamping: $0) }
    let previous = key.flatMap { latest[$0] } ?? .max
    if let key { latest[key] = UInt32(clamping: entries.count) }
    entries.append(
      Entry(
        record: UInt32(clamping: record), connection: UInt32(clamping: connection), previous: previous))
  }

  /// Records about a row, in order.
  func records(about row: Int) -> [Int] {
    var found: [Int] = []
    var next = latest[UInt32(clamping: row)]
    while let i = next, i != .max {
      found.append(Int(entries[Int(i)].record))
      next = entries[Int(i)].previous
    }
    return found.reversed()
  }

  var count: Int { entries.count }
  func record(_ i: Int) -> Int { Int(entries[i].record) }
  func connection(_ i: Int) -> Int { Int(entries[i].connection) }

  /// The first entry whose record is `record` or later.
  func firstEntry(from record: Int) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].record < record { low = middle + 1 } else { high = middle }
    }
    return low
  }

  var memoryBytes: Int { entries.count * MemoryLayout<Entry>.stride + latest.capacity * 8 }
}
