import Glibc

/// How fast the demo goes: pauses last so many times less than life-like.
package struct DemoPace: Sendable {
  private let speed: Double

  /// - Parameter speed: 1 is life-like, 2 twice as fast; 0 leaves all pauses out.
  package init(speed: Double) { self.speed = speed }

  func pause(milliseconds: Double) {
    guard speed > 0 else { return }
    var nanoseconds = Int(milliseconds / speed * 1_000_000)
    let second = 1_000_000_000
    while nanoseconds > 0 {
      var time = timespec(tv_sec: nanoseconds / second, tv_nsec: nanoseconds % second)
      nanosleep(&time, nil)
      nanoseconds = 0
    }
  }
}
