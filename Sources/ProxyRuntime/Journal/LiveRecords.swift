import TraceModel

/// The records of a run while it goes on: those that came since the last look from memory, just as they were made, older
/// ones read back from the trace.
///
/// Where the trace cannot be written any more, the run goes on without it, and so does whoever watches: then the newest
/// records are kept in memory, as far as there is room for them.
package final class LiveRecords: RecordSource {
  private let trace: TraceFileReader
  private let window: RecordWindow
  private let room: Int
  private var newest: [Record] = []
  /// Number of the first of ``newest``.
  private var first = 0
  /// Records before ``newest`` that the trace does not have, or not all of them; nil while it has all.
  private var kept: Kept?

  private struct Kept {
    var records: ArraySlice<Record> = []
    /// Number of the first of them.
    var first: Int
    var bytes = 0

    /// - Parameter room: bytes of the wire; each record counts for some more.
    mutating func append(_ more: some Collection<Record>, room: Int) {
      records += more
      for record in more { bytes += Self.cost(record) }
      while bytes > room, let oldest = records.popFirst() {
        bytes -= Self.cost(oldest)
        first += 1
      }
    }

    private static func cost(_ record: Record) -> Int { record.wireBytes + 256 }
  }

  /// - Parameters:
  ///   - trace: of the file that the run's journal writes, from its first record on.
  ///   - window: the journal's.
  ///   - room: bytes of memory, roughly, for records that the trace does not have.
  package init(_ trace: TraceFileReader, _ window: RecordWindow, room: Int = 67_108_864) {
    self.trace = trace
    self.window = window
    self.room = room
  }

  package var head: TraceHead? { trace.head }
  package var count: Int { kept == nil ? trace.count : first + newest.count }
  /// Whether records have come that could not be written.
  package var isCutShort: Bool { kept != nil }

  /// Takes in what has come. Returns whether anything has.
  package func refresh() throws(FileFailure) -> Bool {
    let before = count
    // The journal writes the file first, so it has all that is taken here, unless it was given up.
    let batch = window.take()
    let earlier = newest
    let end = first + earlier.count
    first = end + batch.missed
    newest = batch.records
    if kept == nil { try takeIn() }
    if kept != nil {
      kept?.append(earlier, room: room)
      if batch.missed > 0 { kept = Kept(first: first) }
    } else if first + newest.count > trace.count {
      kept = Kept(first: first)
    }
    return count > before
  }

  /// A trace that somebody has cut down is not what it was: from then on, what comes stays in memory.
  private func takeIn() throws(FileFailure) {
    do throws(FileFailure) { while try trace.advance() == .grew {} } catch {
      kept = Kept(first: first)
      throw error
    }
  }

  package func record(at index: Int) -> Record? {
    guard (0..<count).contains(index) else { return nil }
    let place = index - first
    if newest.indices.contains(place) { return newest[place] }
    guard let kept, index >= kept.first else { return index < trace.count ? trace.record(at: index) : nil }
    let keptPlace = kept.records.startIndex + index - kept.first
    return kept.records.indices.contains(keptPlace) ? kept.records[keptPlace] : nil
  }

  package func mayHold(_ probe: TextProbe, at index: Int) -> Bool {
    index >= trace.count || trace.mayHold(probe, at: index)
  }
}
