/// Which records the index was made of, for writing a part of a trace.
extension TimelineIndex {
  /// Numbers of the records about the packet at `row`, its own first.
  package func recordNumbers(about row: Int) -> [Int] {
    [Int(packets[row].record)] + remarks.records(about: row)
  }

  /// Number of the record that opened the connection, if the trace has it.
  package func openingRecord(ofConnection c: Int) -> Int? { connections[c].openedRecord }
}
