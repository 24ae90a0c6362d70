import Glibc

/// A file descriptor that is closed when nobody needs it any more.
final class Descriptor {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// Whether it can be read at any place, as often as one likes.
  var isSeekable: Bool {
    var status = stat()
    return fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
