import Glibc

/// Writes all of `bytes`, whatever the system takes at a time; nil when done, else the `errno`.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
  bytes.withUnsafeBytes { buffer in
    var written = 0
    while written < buffer.count, let base = buffer.baseAddress {
      let count = write(descriptor, base + written, buffer.count - written)
      if count >= 0 {
        written += count
      } else if errno == EAGAIN {
        // Somebody else made the pipe non-blocking (a shared standard output): wait until it takes more.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        if poll(&waiting, 1, -1) < 0, errno != EINTR { return errno }
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}
