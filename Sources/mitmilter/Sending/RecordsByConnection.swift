import TraceModel

/// Records of connections that run side by side, handed on a connection at a time once it is over: in the order in which they began, or
/// as they end.
struct RecordsByConnection {
  private var open: [Int: [Record]] = [:]
  private var ends: [Int: Int] = [:]
  /// Over, behind one that is not.
  private var over: [Int: [Record]] = [:]
  private var number = 1

  mutating func take(_ records: [Record]) {
    for record in records {
      let connection = record.connection
      open[connection, default: []].append(record)
      guard case .closed = record.event else { continue }
      ends[connection, default: 0] += 1
    }
    for (connection, count) in ends where count > 1 {
      over[connection] = open.removeValue(forKey: connection)
      ends[connection] = nil
    }
  }

  mutating func next() -> (Int, [Record])? {
    guard let records = over.removeValue(forKey: number) else { return nil }
    defer { number += 1 }
    return (number, records)
  }

  /// A connection that is over, whichever began first among those.
  mutating func nextOver() -> (Int, [Record])? {
    over.keys.min().flatMap { number in over.removeValue(forKey: number).map { (number, $0) } }
  }
}
