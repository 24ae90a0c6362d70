import Glibc

/// Named pipes that are to be written, each held open from when somebody reads it: whoever does would see its end if nobody
/// had it open for writing.
package struct AwaitedPipes {
  private var held: [Descriptor] = []

  /// Waits until each of `paths` that is a named pipe has a reader; nil where a signal ends that.
  ///
  /// - Parameter tell: takes what is waited for, once for each.
  package init?(_ paths: [String], until signals: borrowing Signals, tell: (String) -> Void) {
    for path in paths where Self.isPipe(path) {
      var isTold = false
      while true {
        let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        if descriptor >= 0 { held.append(Descriptor(descriptor)) }
        // What else is wrong is told by whoever opens it for good.
        guard descriptor < 0, errno == ENXIO else { break }
        if !isTold { tell(Self.words(path)) }
        isTold = true
        var polled = pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&polled, 1, Self.pause) > 0, signals.take().contains(.end) { return nil }
      }
    }
  }

  static func words(_ path: String) -> String { "note: waiting for somebody to read '\(path)'" }

  /// Milliseconds between two looks.
  static let pause: Int32 = 100

  private static func isPipe(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }
}
