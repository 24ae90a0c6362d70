import CLinux
import Glibc

/// The signals that the screen's thread obeys, read in its poll.
struct ScreenSignals: ~Copyable {
  enum Signal { case resized, suspend, end, lost }

  private static let numbers: [Int32] = [SIGWINCH, SIGTSTP, SIGINT, SIGTERM, SIGHUP]

  let descriptor: Int32

  /// Keeps the signals for whoever reads them here. On the main thread before there is another one, for threads
  /// inherit what is blocked.
  static func block() {
    linux_ignore_failing_writes()
    _ = linux_block_signals(numbers, Int32(numbers.count))
  }

  init() {
    Self.block()
    descriptor = linux_signalfd(Self.numbers, Int32(Self.numbers.count))
    precondition(descriptor >= 0, "no signalfd could be made")
  }

  deinit { close(descriptor) }

  /// All that have come, in order.
  func take() -> [Signal] {
    var signals: [Signal] = []
    while true {
      let number = linux_signalfd_next(descriptor)
      switch Int32(number) {
      case SIGWINCH: signals.append(.resized)
      case SIGTSTP: signals.append(.suspend)
      case SIGHUP: signals.append(.lost)
      case SIGINT, SIGTERM: signals.append(.end)
      default: return signals
      }
    }
  }
}
