import TraceModel

/// The records of a run while it goes on: those that came since the last look from memory, just as they were made, older
/// ones read back from the trace.
package final class LiveRecords: RecordSource {
  private let trace: TraceFileReader
  private let window: RecordWindow
  private var newest: [Record] = []
  /// Number of the first of ``newest``.
  private var first = 0

  /// - Parameters:
  ///   - trace: of the file that the run's journal writes, from its first record on.
  ///   - window: the journal's.
  package init(_ trace: TraceFileReader, _ window: RecordWindow) {
    self.trace = trace
    self.window = window
  }

  package var head: TraceHead? { trace.head }
  package var count: Int { trace.count }

  /// Takes in what has come. Returns whether anything has.
  package func refresh() throws(FileFailure) -> Bool {
    let before = trace.count
    // The journal writes the file first, so it has all that is taken here.
    let batch = window.take()
    first += newest.count + batch.missed
    newest = batch.records
    while try trace.advance() == .grew {}
    return trace.count > before
  }

  package func record(at index: Int) -> Record? {
    let place = index - first
    return newest.indices.contains(place) && index < count ? newest[place] : trace.record(at: index)
  }

  package func mayHold(_ probe: TextProbe, at index: Int) -> Bool { trace.mayHold(probe, at: index) }
}
