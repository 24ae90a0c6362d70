import CLinux
import Glibc
import Synchronization
import TraceModel

/// The newest records for a reader on another thread, who pulls at its own pace.
///
/// Mail never waits for the reader: past a number of records, or of their bytes, that were not taken, the oldest are
/// left out and counted.
package final class RecordWindow: Sendable {
  package struct Batch: Sendable {
    package var records: [Record] = []
    /// Records left out just before these because the reader was too slow.
    package var missed = 0
    fileprivate var bytes = 0

    /// A quarter beyond the limits is taken away at a time, so that leaving out costs nothing a record.
    fileprivate mutating func keep(_ limit: Int, _ byteLimit: Int) {
      guard records.count > limit + limit / 4 || bytes > byteLimit + byteLimit / 4 else { return }
      var surplus = 0
      while records.count - surplus > limit || bytes > byteLimit {
        bytes -= records[surplus].wireBytes
        surplus += 1
      }
      records.removeFirst(surplus)
      missed += surplus
    }
  }

  private let waiting = Mutex(Batch())
  private let limit: Int
  private let byteLimit: Int
  /// Readable while there is something to take.
  package let descriptor: Int32

  package init(limit: Int = 65_536, byteLimit: Int = 33_554_432) {
    self.limit = limit
    self.byteLimit = byteLimit
    descriptor = linux_eventfd()
    precondition(descriptor >= 0, "no eventfd could be made")
  }

  deinit { close(descriptor) }

  package func append(_ records: [Record]) {
    guard !records.isEmpty else { return }
    let wasEmpty = waiting.withLock { waiting in
      let wasEmpty = waiting.records.isEmpty
      waiting.records.append(contentsOf: records)
      for place in records.indices { waiting.bytes += records[place].wireBytes }
      waiting.keep(limit, byteLimit)
      return wasEmpty
    }
    if wasEmpty { _ = linux_eventfd_ring(descriptor) }
  }

  /// Has the reader look, though no record may have come.
  package func ring() { _ = linux_eventfd_ring(descriptor) }

  /// All that came since the last call.
  package func take() -> Batch {
    _ = linux_eventfd_clear(descriptor)
    return waiting.withLock { waiting in
      defer { waiting = Batch() }
      return waiting
    }
  }
}
