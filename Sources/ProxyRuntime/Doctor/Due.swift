import CLinux
import Glibc
import MilterProtocol

/// A point in time until which something is waited for.
struct Due {
  private let end: Int64

  init(within span: Moment.Span) { end = linux_monotonic_microseconds() + span.microseconds }

  /// Rounded up, so that what is not due yet is not asked for in a tight loop.
  var milliseconds: Int32 { Int32(max(0, end - linux_monotonic_microseconds() + 999) / 1000) }

  var isOver: Bool { end <= linux_monotonic_microseconds() }

  /// The sooner of the two.
  func orSooner(within span: Moment.Span) -> Due {
    let other = Due(within: span)
    return other.end < end ? other : self
  }

  /// Waits for a descriptor; whether it is ready.
  func wait(for events: Int32, of descriptor: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    while true {
      let count = poll(&waiting, 1, milliseconds)
      if count > 0 { return true }
      if count == 0 || errno != EINTR { return false }
    }
  }
}
