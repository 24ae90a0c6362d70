import Glibc

/// Local time by the system's time zones (`TZ`).
enum LocalTime {
  /// Seconds to add to UTC at `seconds` since 1970.
  @Sendable static func offset(_ seconds: Int64) -> Int64 {
    var at = time_t(seconds)
    var local = tm()
    return localtime_r(&at, &local) == nil ? 0 : Int64(local.tm_gmtoff)
  }
}
