import Glibc

/// The terminal that messages go to, where the program that reads our standard output may have its screen as well:
/// `mitmilter proxy … -w - | mitmilter open -`.
struct SharedTerminal {
  /// Whether it is for another program's screen now. Such programs, and only they, read it key by key.
  var isTaken: Bool {
    var settings = termios()
    return tcgetattr(STDERR_FILENO, &settings) == 0 && settings.c_lflag & tcflag_t(ICANON) == 0
  }

  /// To be polled for `POLLERR`: nobody reads standard output any more.
  static let reader = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
}
