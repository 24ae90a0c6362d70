import Glibc

/// A file descriptor that is closed when nobody needs it any more.
final class Descriptor {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// One of our own for standard input or output, so that closing it is always right.
  static func copy(of standard: Int32, called name: String) throws(FileFailure) -> Descriptor {
    let copy = fcntl(standard, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw FileFailure(opening: name, errno) }
    return Descriptor(copy)
  }

  /// Whether it can be read at any place, as often as one likes.
  var isSeekable: Bool {
    var status = stat()
    return fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
