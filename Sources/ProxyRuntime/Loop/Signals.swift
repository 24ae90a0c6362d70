import CLinux
import Glibc

/// INT and TERM as requests: the first one is to stop in order, the next to stop at once; HUP reads rules again, or stops
/// where there are none.
package struct Signals: ~Copyable {
  private static let numbers: [Int32] = [SIGINT, SIGTERM, SIGHUP]

  let descriptor: Int32

  /// Keeps the signals for whoever reads them here. On the main thread before there is another one, for threads
  /// inherit what is blocked, and a thread that does not block a signal dies of it, and all others with it.
  package static func block() {
    linux_ignore_failing_writes()
    _ = linux_block_signals(numbers, Int32(numbers.count))
  }

  package init() {
    Self.block()
    descriptor = linux_signalfd(Self.numbers, Int32(Self.numbers.count))
    precondition(descriptor >= 0, "no signalfd could be made")
  }

  deinit { close(descriptor) }

  func take() -> [Engine.Request] {
    var requests: [Engine.Request] = []
    while case let signal = linux_signalfd_next(descriptor), signal != 0 {
      requests.append(signal == SIGHUP ? .reload : .stop)
    }
    return requests
  }
}
