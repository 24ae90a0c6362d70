import TraceModel

/// Which records the index was made of, for writing a part of a trace.
extension TimelineIndex {
  /// Number of the record that brought the packet at `row`.
  package func recordNumber(at row: Int) -> Int { Int(packets[row].record) }

  /// Numbers of the records about the packet at `row`, its own first.
  package func recordNumbers(about row: Int) -> [Int] {
    [Int(packets[row].record)] + remarks.records(about: row)
  }

  /// Numbers of a connection's records from its packets in `rows`, what was remarked on them or between them
  /// included, in order.
  package func recordNumbers(ofConnection c: Int, in rows: Range<Int>) -> [Int] {
    let own = rows.filter { connectionIndex(at: $0) == c }.map { Int(packets[$0].record) }
    guard let first = own.first, let last = own.last else { return [] }
    let isWhole = rows == connections[c].rows
    let start = isWhole ? connections[c].openedRecord ?? first : first
    var others: [Int] = []
    var remark = remarks.firstEntry(from: start)
    while remark < remarks.count, isWhole || remarks.record(remark) <= last {
      if remarks.connection(remark) == c { others.append(remarks.record(remark)) }
      remark += 1
    }
    return (own + others).sorted()
  }

  /// Numbers of the records about a connection without a packet, in order: from its opening to what follows closely on
  /// its end.
  package func recordNumbers(about silent: SilentConnection) -> [Int] {
    let first = connections[silent.connection].openedRecord ?? silent.record
    return remarks(ofConnection: silent.connection, in: first...silent.record + Self.recordsBehindAnEnd)
  }

  /// Numbers of the records that tell the end of a connection, and what was found about it; none while it is open.
  package func endingRecords(ofConnection c: Int) -> [Int] {
    guard let ended = connections[c].endedRecord else { return [] }
    return remarks(ofConnection: c, in: ended...ended + Self.recordsBehindAnEnd)
  }

  /// Numbers of a connection's records that brought no packet, in order.
  package func recordsWithoutPacket(ofConnection c: Int) -> [Int] {
    let first = connections[c].openedRecord ?? 0
    return first < recordCount ? remarks(ofConnection: c, in: first...recordCount - 1) : []
  }

  private func remarks(ofConnection c: Int, in records: ClosedRange<Int>) -> [Int] {
    var numbers: [Int] = []
    var remark = remarks.firstEntry(from: records.lowerBound)
    while remark < remarks.count, remarks.record(remark) <= records.upperBound {
      if remarks.connection(remark) == c { numbers.append(remarks.record(remark)) }
      remark += 1
    }
    return numbers
  }

  /// The other leg's end and the findings come with the first end; others may do something in between.
  private static let recordsBehindAnEnd = 64

  /// Number of the record that opened the connection, if the trace has it.
  package func openingRecord(ofConnection c: Int) -> Int? { connections[c].openedRecord }
}
