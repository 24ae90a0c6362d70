import CLinux
import Glibc
import Synchronization
import TraceModel

/// The newest records for a reader on another thread, who pulls at its own pace.
///
/// Mail never waits for the reader: past ``limit`` records that were not taken, the oldest are left out and counted.
package final class RecordWindow: Sendable {
  package struct Batch: Sendable {
    package var records: [Record] = []
    /// Records left out just before these because the reader was too slow.
    package var missed = 0
  }

  private let waiting = Mutex(Batch())
  private let limit: Int
  /// Readable while there is something to take.
  package let descriptor: Int32

  package init(limit: Int = 65_536) {
    self.limit = limit
    descriptor = linux_eventfd()
    precondition(descriptor >= 0, "no eventfd could be made")
  }

  deinit { close(descriptor) }

  func append(_ records: [Record]) {
    guard !records.isEmpty else { return }
    let wasEmpty = waiting.withLock { waiting in
      let wasEmpty = waiting.records.isEmpty
      waiting.records.append(contentsOf: records)
      // A quarter at a time, so that leaving out costs nothing a record.
      if waiting.records.count > limit + limit / 4 {
        let surplus = waiting.records.count - limit
        waiting.records.removeFirst(surplus)
        waiting.missed += surplus
      }
      return wasEmpty
    }
    if wasEmpty { _ = linux_eventfd_ring(descriptor) }
  }

  /// All that came since the last call.
  package func take() -> Batch {
    _ = linux_eventfd_clear(descriptor)
    return waiting.withLock { waiting in
      defer { waiting = Batch() }
      return waiting
    }
  }
}
