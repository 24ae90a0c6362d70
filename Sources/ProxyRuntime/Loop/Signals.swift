import CLinux
import Glibc

/// The signals that a thread obeys, read from a descriptor in its poll.
package struct Signals: ~Copyable {
  package enum Signal: Sendable {
    /// The terminal has another size.
    case resized
    /// `^Z`.
    case suspend
    /// INT, TERM or QUIT: mail that waits is answered before the end, however it is asked for.
    case end
    /// HUP: the terminal has gone, or whoever has none is to read its files again.
    case hangUp
  }

  /// Of a thread that only relays.
  package static let ofRelay: [Signal] = [.end, .hangUp]
  /// Of a thread with a screen.
  package static let ofScreen: [Signal] = [.resized, .suspend, .end, .hangUp]

  private static let table: [(number: Int32, signal: Signal)] = [
    (SIGWINCH, .resized), (SIGTSTP, .suspend), (SIGINT, .end), (SIGTERM, .end),
    (SIGQUIT, .end), (SIGHUP, .hangUp),
  ]

  package let descriptor: Int32

  /// Keeps the signals for whoever reads them here. On the main thread before there is another one, for threads
  /// inherit what is blocked, and a thread that does not block a signal dies of it, and all others with it.
  package static func block(_ wanted: [Signal]) {
    let numbers = numbers(of: wanted)
    linux_ignore_failing_writes()
    _ = linux_block_signals(numbers, Int32(numbers.count))
  }

  package init(_ wanted: [Signal]) {
    Self.block(wanted)
    let numbers = Self.numbers(of: wanted)
    descriptor = linux_signalfd(numbers, Int32(numbers.count))
    precondition(descriptor >= 0, "no signalfd could be made")
  }

  deinit { close(descriptor) }

  /// All that have come, in order.
  package func take() -> [Signal] {
    var signals: [Signal] = []
    while case let number = linux_signalfd_next(descriptor), number != 0 {
      signals += Self.table.filter { $0.number == number }.map(\.signal)
    }
    return signals
  }

  private static func numbers(of wanted: [Signal]) -> [Int32] {
    table.filter { wanted.contains($0.signal) }.map(\.number)
  }
}
