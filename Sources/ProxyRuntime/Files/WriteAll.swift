import Glibc

/// Writes all of `bytes`, whatever the system takes at a time; nil when done, else the `errno`.
///
/// - Parameter patience: milliseconds for which a pipe may take nothing (then `ETIMEDOUT`); -1 for ever.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32, patience: Int32 = -1) -> Int32? {
  bytes.withUnsafeBytes { buffer in
    var written = 0
    while written < buffer.count, let base = buffer.baseAddress {
      let count = write(descriptor, base + written, buffer.count - written)
      if count >= 0 {
        written += count
      } else if errno == EAGAIN {
        // The pipe is non-blocking (somebody else made a shared standard output so): wait until it takes more.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        switch poll(&waiting, 1, patience) {
        case 0: return ETIMEDOUT
        case ..<0: if errno != EINTR { return errno }
        default: break
        }
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}
