import CLinux
import Glibc
import MTAConfiguration

/// The other end of a run's control socket: asks, and waits for the answer.
package final class ControlClient {
  /// What the run records, opened for reading; closed with this.
  package let trace: Int32
  /// The trace's name there; nil where it has none.
  package let path: String?
  private let socket: Descriptor
  private let file: Descriptor
  private var bytes: [UInt8] = []

  /// Seconds to wait for an answer: the other side has nothing to do but that.
  private static let patience = 10

  package init(connectingTo path: String) throws(FileFailure) {
    guard path.utf8.count <= MilterAddress.longestPath else { throw Self.failure(path, ENAMETOOLONG) }
    let socket = Descriptor(linux_blocking_stream_socket(AF_UNIX))
    guard SocketAddress(unix: path).withPointer({ connect(socket.number, $0, $1) }) == 0 else {
      throw Self.failure(path, errno)
    }
    var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
    setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket.number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var first = [UInt8](repeating: 0, count: 8_192)
    var received: Int32 = -1
    let count = linux_receive_file(socket.number, &first, first.count, &received)
    let file = Descriptor(received)
    let line = String(decoding: first[..<max(0, count)].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    self.socket = socket
    self.file = file
    trace = received
    if line.hasPrefix("error ") { throw FileFailure("cannot attach to '\(path)': \(line.dropFirst(6))") }
    let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
    guard words.count >= 3, words[0] == "mitmilter-control" else {
      throw FileFailure(
        "cannot attach to '\(path)': no mitmilter answers there", hint: "give the path of proxy --control")
    }
    guard words[1] == "\(ControlProtocol.version)" else {
      throw FileFailure(
        "cannot attach to '\(path)': mitmilter \(words[2]) speaks version \(words[1]) there, and this one version \(ControlProtocol.version)",
        hint: "use the program that is running")
    }
    guard words.count == 4, received >= 0 else {
      throw FileFailure("cannot attach to '\(path)': it did not hand its trace over")
    }
    self.path = words[3] == "-" ? nil : String(words[3])
  }

  private static func failure(_ path: String, _ code: Int32) -> FileFailure {
    let hint: String? =
      switch code {
      case ENOENT, ECONNREFUSED: "no mitmilter runs with --control \(path)"
      case EACCES: "only its user, root and the group of --control-group may attach"
      default: nil
      }
    return FileFailure(
      "cannot attach to '\(path)': \(String(cString: strerror(code)).lowercased())", hint: hint, code: code)
  }

  /// Readable when the run has ended.
  package var descriptor: Int32 { socket.number }

  /// Whether nobody is there any more.
  package var isOver: Bool { linux_has_ended(socket.number) }

  /// - Returns: the lines of the answer; what stands behind `ok` is one, unless there is nothing.
  package func ask(_ request: ControlRequest) throws(FileFailure) -> [String] {
    let bytes = request.bytes
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        linux_send(socket.number, $0.baseAddress.map { $0 + sent }, $0.count - sent)
      }
      guard count > 0 else { throw Self.gone }
      sent += count
    }
    let line = try line()
    if line.hasPrefix("error ") { throw FileFailure(String(line.dropFirst(6))) }
    guard line.hasPrefix("lines "), let count = Int(line.dropFirst(6)) else {
      return line.hasPrefix("ok ") ? [String(line.dropFirst(3))] : []
    }
    var lines: [String] = []
    while lines.count < count { lines.append(try self.line()) }
    return lines
  }

  private static let gone = FileFailure("mitmilter has ended", hint: "start it again, then attach")

  private func line() throws(FileFailure) -> String {
    while true {
      if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
        defer { bytes.removeFirst(end + 1) }
        return String(decoding: bytes[..<end], as: UTF8.self)
      }
      var piece = [UInt8](repeating: 0, count: 65_536)
      let count = recv(socket.number, &piece, piece.count, 0)
      if count > 0 {
        bytes += piece[..<count]
      } else if count == 0 {
        throw Self.gone
      } else if errno == EAGAIN {
        throw FileFailure("mitmilter did not answer within \(Self.patience) s")
      } else if errno != EINTR {
        throw Self.gone
      }
    }
  }
}
