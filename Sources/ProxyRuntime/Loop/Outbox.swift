import CLinux
import Glibc

/// Bytes that a peer has yet to take.
struct Outbox {
  /// Above `high` the other leg is not read any more, under `low` it is again.
  static let high = 262_144
  static let low = 65_536

  private var bytes: [UInt8] = []
  private var sent = 0

  var count: Int { bytes.count - sent }
  var isEmpty: Bool { bytes.isEmpty }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    if sent > bytes.count / 2 {
      bytes.removeFirst(sent)
      sent = 0
    }
    bytes.append(contentsOf: more)
  }

  mutating func clear() {
    bytes = []
    sent = 0
  }

  /// Sends what the peer takes; the `errno` where it takes nothing more at all.
  mutating func send(on descriptor: Int32) -> Int32? {
    let (taken, failed) = bytes.withUnsafeBytes { buffer in
      sendAll(UnsafeRawBufferPointer(rebasing: buffer[sent...]), on: descriptor)
    }
    sent += taken
    if sent == bytes.count { clear() }
    return failed
  }
}

/// Sends until the socket takes no more: the count, and the `errno` unless that was for the moment.
func sendAll(_ buffer: UnsafeRawBufferPointer, on descriptor: Int32) -> (sent: Int, failed: Int32?) {
  guard let base = buffer.baseAddress else { return (0, nil) }
  var sent = 0
  while sent < buffer.count {
    let count = linux_send(descriptor, base + sent, buffer.count - sent)
    if count >= 0 {
      sent += count
    } else if errno == EAGAIN {
      break
    } else if errno != EINTR {
      return (sent, errno)
    }
  }
  return (sent, nil)
}
