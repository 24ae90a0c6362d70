import CLinux
import Glibc
import MilterProtocol

/// Whoever started the program and wants to hear how it is: systemd, in the words of sd_notify(3).
package struct Supervisor: Sendable {
  private let socket: Int32
  private let address: SocketAddress
  /// Between two signs of life; nil where nobody waits for them.
  let interval: Moment.Span?

  /// nil where nobody wants to hear. What the environment says of it is taken out of it: it is not for our children.
  package init?() {
    guard let path = Self.take("NOTIFY_SOCKET"), let address = SocketAddress(notifying: path) else {
      return nil
    }
    let time = Self.take("WATCHDOG_USEC").flatMap { Int64($0) }
    let isForUs = Self.take("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
    // Half of what it waits for, as sd_watchdog_enabled(3) recommends.
    interval = time.flatMap { isForUs && $0 > 1 ? Moment.Span(microseconds: $0 / 2) : nil }
    self.address = address
    socket = linux_datagram_socket(AF_UNIX)
  }

  func isReady() { say("READY=1") }
  func isAlive() { say("WATCHDOG=1") }
  func isReloading() { say("RELOADING=1\nMONOTONIC_USEC=\(linux_monotonic_microseconds())") }
  func isStopping() { say("STOPPING=1") }

  /// Mail waits for nobody who does not listen.
  private func say(_ words: String) {
    let bytes = Array(words.utf8)
    _ = address.withPointer {
      linux_send_now_to(socket, bytes, bytes.count, $0, $1)
    }
  }

  private static func take(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    defer { unsetenv(name) }
    return String(cString: value)
  }
}
