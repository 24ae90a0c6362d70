import CLinux
import Glibc
import MilterProtocol

/// Takes new connections, as many as there are files for.
struct Acceptor {
  /// How long to wait before trying again when the system has run out of files.
  static let pause = Moment.Span.milliseconds(100)
  /// Connections taken in one turn, so that those that are open get theirs.
  private static let atOnce = 64
  /// Descriptors that are not connections.
  private static let reserve = 32

  /// Each takes two descriptors.
  private let limit: Int
  var isPaused = false
  private var hasComplained = false
  private var why = ""

  /// What to do where ``limit`` is too low.
  private let remedy: String

  /// - Parameters:
  ///   - openFiles: how many the process may have; negative where that is not known.
  ///   - most: connections that are wanted at a time.
  init(openFiles: Int64, most: Int) {
    let allowed = openFiles < 0 ? .max : max(1, (Int(openFiles) - Self.reserve) / 2)
    limit = min(allowed, most)
    remedy =
      most < allowed ? "--max-connections allows" : "the limit of open files allows (raise it with ulimit -n)"
  }

  /// Those that are there; pauses where there are no more files.
  mutating func acceptAll(from listener: Int32, alreadyOpen: Int) -> [(socket: Int32, peer: SocketAddress)] {
    var accepted: [(Int32, SocketAddress)] = []
    for _ in 0..<Self.atOnce {
      guard alreadyOpen + accepted.count < limit else {
        pauseFor("\(limit) connections are open, which is all that \(remedy)")
        return accepted
      }
      var storage = sockaddr_storage()
      var length = socklen_t()
      let socket = linux_accept(listener, &storage, &length)
      if socket >= 0 {
        accepted.append((socket, SocketAddress(storage, length)))
        continue
      }
      switch errno {
      case EMFILE, ENFILE, ENOBUFS, ENOMEM:
        pauseFor("the system has no more files for connections (raise it with ulimit -n)")
        return accepted
      case EAGAIN: return accepted
      default: continue
      }
    }
    return accepted
  }

  private mutating func pauseFor(_ why: String) {
    isPaused = true
    self.why = why
  }

  /// What to tell the operator, the first time.
  var complaint: String? {
    mutating get {
      defer { hasComplained = true }
      return hasComplained ? nil : "\(why); new connections wait"
    }
  }
}
