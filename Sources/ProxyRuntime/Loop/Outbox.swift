import CLinux
import Glibc

/// Bytes that a peer has yet to take.
struct Outbox {
  /// Above `high` the other leg is not read any more, under `low` it is again.
  static let high = 262_144
  static let low = 65_536

  /// In order; small ones are put together.
  private var pieces: ArraySlice<[UInt8]> = []
  /// Bytes of the first piece that have left.
  private var sent = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    guard more.count > 0 else { return }
    count += more.count
    if let last = pieces.indices.last, pieces[last].count + more.count <= Self.pieceBytes {
      pieces[last].append(contentsOf: more)
    } else {
      pieces.append(Array(more))
    }
  }

  /// Large ones are kept as they are, so that a held packet that leaves is there once.
  mutating func append(_ more: [UInt8], from start: Int) {
    if more.count < Self.pieceBytes || start > 0 {
      return more.withUnsafeBytes { append(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }
    count += more.count
    pieces.append(more)
  }

  /// Up to which pieces are put together.
  private static let pieceBytes = 32_768

  mutating func clear() {
    pieces = []
    sent = 0
    count = 0
  }

  /// Sends what the peer takes; the `errno` where it takes nothing more at all.
  mutating func send(on descriptor: Int32) -> Int32? {
    while let first = pieces.first {
      let (taken, failed) = first.withUnsafeBytes {
        sendAll(UnsafeRawBufferPointer(rebasing: $0[sent...]), on: descriptor)
      }
      sent += taken
      count -= taken
      if failed != nil || sent < first.count { return failed }
      // A slice keeps what it no longer shows.
      pieces[pieces.startIndex] = []
      pieces.removeFirst()
      sent = 0
    }
    clear()
    return nil
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
