import CLinux
import Glibc
import ProxyRuntime
import TerminalDriver

/// Has signals heard while the main thread cannot hear them: it waits for a terminal that takes no output, or for an editor.
///
/// A thread that looks at the descriptor from which the main thread takes signals. One that is still there after a moment finds
/// it stuck: then what the terminal has not taken is thrown away, time and again, until the program has ended; and an editor is told
/// to end, as the signal would have told it.
final class SignalWatch: Sendable {
  private let signals: Int32
  private let terminal: Int32

  /// - Parameters:
  ///   - signals: a descriptor that can be read while there are some.
  ///   - terminal: where the screen is.
  init(_ signals: Int32, terminal: Int32) {
    self.signals = signals
    self.terminal = terminal
  }

  /// For as long as the program runs.
  func start() {
    Thread { [self] in
      // Or whoever flushes a terminal from the background is stopped.
      _ = linux_block_signals([SIGTTOU], 1)
      while !isNeeded() {}
      while true {
        endEditor()
        if !isWritable { Terminal.discardOutput(of: terminal) }
        poll(nil, 0, Self.pause)
      }
    }.detach()
  }

  /// Milliseconds within which the main thread takes its signals.
  private static let patience: Int32 = 400
  private static let pause: Int32 = 50

  /// Waits for a signal, and tells whether it finds nobody.
  private func isNeeded() -> Bool {
    guard isReadable(within: -1) else { return false }
    poll(nil, 0, Self.patience)
    return isReadable(within: 0) && !ending.isEmpty
  }

  private func isReadable(within milliseconds: Int32) -> Bool {
    var polled = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
    return poll(&polled, 1, milliseconds) > 0
  }

  private var isWritable: Bool {
    var polled = pollfd(fd: terminal, events: Int16(POLLOUT), revents: 0)
    return poll(&polled, 1, 0) != 0
  }

  /// Signals that wait and ask for the end. While an editor runs, those of keys are for it.
  private var ending: [Int32] {
    let ofKeys = Terminal.isRunningProgram ? [] : [SIGINT, SIGQUIT]
    return ([SIGTERM, SIGHUP] + ofKeys).filter { linux_is_pending($0) }
  }

  private func endEditor() {
    if let signal = ending.first { Terminal.endProgram(with: signal) }
  }
}
