import TraceModel

/// A source that remembers what is read.
package final class CountingRecords: RecordSource {
  private let source: any RecordSource
  /// The index of each record that was asked for, in that order.
  package private(set) var asked: [Int] = []

  package init(_ source: any RecordSource) { self.source = source }

  package var reads: Int { asked.count }
  package var head: TraceHead? { source.head }
  package var count: Int { source.count }

  package func record(at index: Int) -> Record? {
    asked.append(index)
    return source.record(at: index)
  }
}
