import Glibc
import ProxyRuntime

/// Tells on standard error how far a long work is, where that is a terminal; what is short is done without a word.
struct Progress {
  private let total: Int
  private let isShown = isatty(STDERR_FILENO) == 1
  private var nextTime = Self.now + 700
  private var isOnScreen = false

  init(of total: Int) { self.total = total }

  mutating func done(_ count: Int) {
    // The clock is looked at now and then.
    if count & 255 == 0 { reached(count) }
  }

  mutating func reached(_ count: Int) {
    guard isShown else { return }
    let now = Self.now
    guard now >= nextTime else { return }
    nextTime = now + 200
    isOnScreen = true
    write("\r\(count * 100 / max(1, total)) %")
  }

  /// Takes its line away again.
  mutating func finish() {
    if isOnScreen { write("\r     \r") }
    isOnScreen = false
  }

  private func write(_ text: String) {
    let failed = writeAll(Array(text.utf8), to: STDERR_FILENO)
    // Nobody is left to tell.
    _ = failed
  }

  /// Milliseconds of a clock that only goes on.
  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
