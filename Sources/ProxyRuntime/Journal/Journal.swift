import TraceFormat
import TraceModel

/// Keeps the records of a run: in the trace file before anything they tell of leaves, and in a window for a reader.
///
/// Where there is neither, a record costs nothing.
package struct Journal: ~Copyable {
  private var file: TraceFileWriter?
  private let window: RecordWindow?
  private let report: (String) -> Void
  private var lines: [UInt8] = []
  /// Records so far, whether or not the file still takes them.
  package private(set) var count = 0

  /// - Parameter report: takes a message for the operator.
  package init(
    file: consuming TraceFileWriter?, window: RecordWindow?, report: @escaping (String) -> Void
  ) {
    self.file = file
    self.window = window
    self.report = report
  }

  /// One `write` for all of them; the list is empty afterwards.
  ///
  /// A trace that cannot be written is given up, aloud and for good; mail goes on.
  mutating func append(_ records: inout [Record]) {
    guard !records.isEmpty else { return }
    count += records.count
    if file != nil {
      lines.removeAll(keepingCapacity: true)
      for record in records { RecordWriter.append(record, to: &lines) }
      do throws(FileFailure) {
        try file?.append(lines)
      } catch {
        file = nil
        report("\(error.message); mail goes on WITHOUT being recorded")
      }
      if lines.capacity > Self.keptCapacity { lines = [] }
    }
    window?.append(records)
    records.removeAll(keepingCapacity: true)
  }

  private static let keptCapacity = 8_388_608
}
