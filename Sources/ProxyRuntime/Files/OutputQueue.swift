import CLinux
import Glibc

/// Where lines go that must not keep mail waiting: a file takes them at once; a pipe or a socket as far as its reader has
/// room, and the rest waits here until it has.
struct OutputQueue: ~Copyable {
  private let name: String
  private let file: Descriptor
  private let kind: Kind
  private var backlog: [UInt8] = []
  /// Bytes of the backlog that are written already.
  private var written = 0

  /// A terminal, as a pipe, may take nothing for a while.
  private enum Kind { case file, pipe, socket }

  /// Bytes that may wait for a reader; with more it counts as gone.
  static let room = 67_108_864
  /// `F_SETPIPE_SZ` (fcntl.h), which Glibc hides.
  private static let setPipeSize: Int32 = 1031
  /// - Parameter name: what to call it where it cannot be written.
  init(_ given: Descriptor, called name: String) {
    self.name = name
    var status = stat()
    let type = fstat(given.number, &status) == 0 ? status.st_mode & S_IFMT : 0
    switch type {
    case S_IFIFO, S_IFCHR:
      // An opening of our own: whoever else writes to this pipe, the shell's standard error say, keeps waiting for room.
      let own = open("/proc/self/fd/\(given.number)", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
      file = own < 0 ? given : Descriptor(own)
      kind = fcntl(file.number, F_GETFL) & O_NONBLOCK != 0 ? .pipe : .file
      // Room for more than the usual 64 KiB, as far as the system gives it: what waits here is written in fewer, larger
      // pieces.
      if type == S_IFIFO { _ = fcntl(file.number, Self.setPipeSize, 1_048_576) }
    case S_IFSOCK:
      file = given
      kind = .socket
    default:
      file = given
      kind = .file
    }
  }

  var descriptor: Int32 { file.number }

  /// Whether it is a file, and that name leads to it no more.
  func isElsewhere(than path: String) -> Bool {
    kind == .file && file.isSeekable && FileIdentity(path) != FileIdentity(file)
  }

  /// Whether something still waits for the reader.
  var isBehind: Bool { waiting > 0 }
  /// Bytes that wait for the reader.
  var waiting: Int { backlog.count - written }

  /// Takes all of `bytes`; fails where the reader is too far behind.
  mutating func append(_ bytes: [UInt8]) throws(FileFailure) {
    guard kind != .file else { return try check(writeAll(bytes, to: descriptor)) }
    backlog += bytes
    try catchUp()
    if waiting > Self.room { try check(ENOBUFS) }
  }

  /// Writes what the reader has room for now.
  mutating func catchUp() throws(FileFailure) {
    while isBehind {
      let count = writeOnce()
      if count >= 0 {
        written += count
      } else if errno == EAGAIN {
        // A long backlog is moved up when half of it is gone.
        if written > backlog.count / 2 { moveUp() }
        return
      } else if errno != EINTR {
        try check(errno)
      }
    }
    moveUp()
  }

  /// Nothing more is waited for.
  mutating func finish() throws(FileFailure) {
    try catchUp()
    if isBehind { try check(ETIMEDOUT) }
  }

  private func check(_ failed: Int32?) throws(FileFailure) {
    if let failed { throw FileFailure(writing: name, failed) }
  }

  private mutating func moveUp() {
    backlog.removeSubrange(..<written)
    written = 0
    if backlog.isEmpty, backlog.capacity > 1_048_576 { backlog = [] }
  }

  private func writeOnce() -> Int {
    backlog.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      let rest = buffer.count - written
      return kind == .socket
        ? linux_send_now(descriptor, base + written, rest)
        : write(descriptor, base + written, rest)
    }
  }
}
