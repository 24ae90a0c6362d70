import CLinux
import Glibc
import MilterProtocol

/// Turns the system's monotonic clock into moments of one trace.
package struct Clock: Sendable {
  /// Wall clock at moment zero: microseconds since 1970-01-01T00:00:00Z.
  package let startedAt: Int64
  private let zero: Int64

  package init() {
    startedAt = linux_wall_microseconds()
    zero = linux_monotonic_microseconds()
  }

  /// Seconds east of UTC that the system's clocks show now.
  package static var localOffset: Int {
    var now = time(nil)
    var parts = tm()
    guard localtime_r(&now, &parts) != nil else { return 0 }
    return parts.tm_gmtoff
  }

  package var now: Moment { Moment(microseconds: linux_monotonic_microseconds() - zero) }
}
