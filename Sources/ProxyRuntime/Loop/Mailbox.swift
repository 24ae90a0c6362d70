import CLinux
import Glibc
import Synchronization

/// Hands values from any thread to one that waits on a descriptor, which is rung when the box was empty.
package final class Mailbox<Element: Sendable>: Sendable {
  private let waiting = Mutex<[Element]>([])
  /// Readable while there is something to take.
  package let descriptor: Int32

  package init() {
    descriptor = linux_eventfd()
    precondition(descriptor >= 0, "no eventfd could be made")
  }

  deinit { close(descriptor) }

  package func post(_ element: Element) {
    let wasEmpty = waiting.withLock { waiting in
      waiting.append(element)
      return waiting.count == 1
    }
    if wasEmpty { _ = linux_eventfd_ring(descriptor) }
  }

  /// All that came since the last call, oldest first.
  package func take() -> [Element] {
    _ = linux_eventfd_clear(descriptor)
    return waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}
