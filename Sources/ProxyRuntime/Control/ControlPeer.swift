import CLinux
import Glibc

/// One process at the other end of the control socket, as the server sees it.
struct ControlPeer {
  let number: Int
  private let socket: Descriptor
  private var reader = ControlReader()
  private var waiting: [UInt8] = []
  private(set) var user: uid_t = .max
  private(set) var process: pid_t = 0
  /// A screen is there.
  var isAttending = false
  /// It is to be answered before it is asked again.
  var isWaiting = false
  /// Nothing more is expected of it; it goes once it has its answer.
  var isEnding = false
  private(set) var isGone = false

  /// An answer is a line, or the lines of a report; whoever asks and does not read is not waited for.
  private static let mostWaiting = 16 << 20

  init(_ socket: Int32, number: Int) {
    self.number = number
    self.socket = Descriptor(socket)
    _ = linux_peer(socket, &user, &process)
  }

  var descriptor: Int32 { socket.number }
  var events: Int16 { Int16(POLLIN) | (waiting.isEmpty ? 0 : Int16(POLLOUT)) }

  /// Of its user, or the number where there is none.
  var name: String {
    guard let entry = getpwuid(user) else { return "user \(user)" }
    return String(cString: entry.pointee.pw_name)
  }

  /// The first line, with the trace beside it.
  mutating func greet(_ words: String, handing file: Int32) {
    let line = Array((words + "\n").utf8)
    let sent = linux_send_file(descriptor, line, line.count, file)
    if sent < line.count { isGone = true }
  }

  mutating func answer(_ words: String) {
    waiting += Array((words + "\n").utf8)
    send()
    if waiting.count > Self.mostWaiting { isGone = true }
  }

  /// Takes what came and sends what waits.
  mutating func exchange() {
    send()
    guard !isGone else { return }
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &piece, piece.count, 0)
    if count > 0 {
      reader.append(piece[..<count])
      if reader.isFlooded { isGone = true }
    } else if count == 0 || errno != EAGAIN && errno != EINTR {
      isGone = true
    }
  }

  /// What it asks next; what is none is refused at once.
  mutating func next() -> ControlRequest? {
    while !isGone, !isEnding {
      do throws(ControlReader.Refusal) { return try reader.next() } catch { answer("error \(error.words)") }
    }
    return nil
  }

  private mutating func send() {
    while !waiting.isEmpty {
      let sent = waiting.withUnsafeBytes { linux_send(descriptor, $0.baseAddress, $0.count) }
      guard sent > 0 else {
        if errno != EAGAIN && errno != EINTR { isGone = true }
        return
      }
      waiting.removeFirst(sent)
    }
    if isEnding { isGone = true }
  }
}
