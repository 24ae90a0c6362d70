import CLinux
import Glibc
import MTAConfiguration
import MilterProtocol

/// A connection to whoever is at an address, that never waits beyond a point in time.
final class ProbeSocket {
  /// -1 once it is closed.
  private var descriptor: Int32
  private var buffer: [UInt8] = []

  /// What came of waiting for a packet.
  enum Received {
    case packet(Packet)
    case late
    case closed
    /// No packet of a milter: what has come.
    case strange([UInt8])
  }

  struct Failure: Error {
    let ending: ProbedMilter.Ending
  }

  deinit { hangUp() }

  func hangUp() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  /// Connects to the first of the addresses that takes it.
  init(_ addresses: [SocketAddress], until due: Due) throws(Failure) {
    var failure = Failure(ending: .unresolved("it has no address"))
    for address in addresses {
      do throws(Failure) {
        descriptor = try Self.connected(to: address, until: due)
        return
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private static func connected(to address: SocketAddress, until due: Due) throws(Failure) -> Int32 {
    // The queue of a unix socket may be full for a moment: an MTA would fail at once, so it is not waited for long.
    let queue = due.orSooner(within: .seconds(2))
    while true {
      let socket = linux_stream_socket(address.family)
      guard socket >= 0 else { throw failure(errno) }
      if address.withPointer({ connect(socket, $0, $1) }) == 0 { return socket }
      let code = errno
      if code == EINPROGRESS, due.wait(for: POLLOUT, of: socket) {
        let error = linux_socket_error(socket)
        if error == 0 {
          _ = linux_no_delay(socket)
          return socket
        }
        close(socket)
        throw failure(error)
      }
      close(socket)
      guard code == EAGAIN else { throw failure(code == EINPROGRESS ? ETIMEDOUT : code) }
      guard !queue.isOver else { throw failure(EAGAIN) }
      var nothing = pollfd(fd: -1, events: 0, revents: 0)
      poll(&nothing, 1, 50)
    }
  }

  private static func failure(_ code: Int32) -> Failure {
    let why: ProbedMilter.Unreachable =
      switch code {
      case ECONNREFUSED: .refused
      case ENOENT, ENOTDIR: .noSuchFile
      case EACCES, EPERM: .denied
      case EAGAIN: .full
      case ETIMEDOUT: .timedOut
      default: .other(String(cString: strerror(code)).lowercased())
      }
    return Failure(ending: .unreachable(why))
  }

  /// False where the peer takes nothing more.
  func send(_ bytes: [UInt8], until due: Due) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { linux_send(descriptor, $0 + sent, bytes.count - sent) } ?? -1
      }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        guard due.wait(for: POLLOUT, of: descriptor) else { return false }
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  /// The next packet of the milter.
  func receive(until due: Due) -> Received {
    while true {
      // A span may not outlast an access to a stored property.
      let came = buffer
      switch Framing.next(in: came.span) {
      case .complete(let bytes):
        let packet = Packet(frame: Array(buffer[..<bytes]), from: .milter)
        buffer.removeFirst(bytes)
        return .packet(packet)
      case .oversized: return .strange(text(until: due))
      case .incomplete: break
      }
      guard due.wait(for: POLLIN, of: descriptor) else { return .late }
      guard read() else { return buffer.isEmpty ? .closed : .strange(buffer) }
    }
  }

  /// What comes while it comes: the first words of another protocol, at most a screenful.
  func text(until due: Due) -> [UInt8] {
    if buffer.isEmpty, !due.wait(for: POLLIN, of: descriptor) || !read() { return [] }
    while buffer.count < 512, due.orSooner(within: .milliseconds(300)).wait(for: POLLIN, of: descriptor),
      read()
    {}
    return buffer
  }

  /// False at the end of the stream.
  private func read() -> Bool {
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &piece, piece.count, 0)
      if count > 0 {
        buffer += piece[..<count]
        return true
      }
      if count == 0 { return false }
      switch errno {
      case EINTR: continue
      case EAGAIN: return true
      default: return false
      }
    }
  }
}
