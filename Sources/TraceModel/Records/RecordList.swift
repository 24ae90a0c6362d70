/// Records that are kept in memory, as a run makes them.
package final class RecordList: RecordSource {
  package let head: TraceHead?
  private let records: [Record]

  package init(_ records: [Record], head: TraceHead? = nil) {
    self.records = records
    self.head = head
  }

  package var count: Int { records.count }
  package func record(at index: Int) -> Record? { records.indices.contains(index) ? records[index] : nil }
}
