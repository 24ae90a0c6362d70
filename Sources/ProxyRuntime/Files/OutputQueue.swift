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

  private enum Kind { case file, pipe, socket }

  /// Bytes that may wait for a reader; with more it counts as gone.
  static let room = 67_108_864
  /// `F_SETPIPE_SZ` (fcntl.h), which Glibc hides.
  private static let setPipeSize: Int32 = 1031
  /// What a reader gets at the end, without taking anything, before it is given up.
  private static let lastPatience: Int32 = 10_000

  /// - Parameter name: what to call it where it cannot be written.
  init(_ given: Descriptor, called name: String) {
    self.name = name
    var status = stat()
    let type = fstat(given.number, &status) == 0 ? status.st_mode & S_IFMT : 0
    guard type == S_IFIFO else {
      file = given
      kind = type == S_IFSOCK ? .socket : .file
      return
    }
    // An opening of our own: whoever else writes to this pipe, the shell's standard error say, keeps waiting for room.
    let own = open("/proc/self/fd/\(given.number)", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    kind = own < 0 ? .file : .pipe
    file = own < 0 ? given : Descriptor(own)
    // Room for more than the usual 64 KiB, as far as the system gives it: what waits here is written in fewer, larger pieces.
    _ = fcntl(file.number, Self.setPipeSize, 1_048_576)
  }

  var descriptor: Int32 { file.number }

  /// Whether something still waits for the reader.
  var isBehind: Bool { written < backlog.count }

  /// Takes all of `bytes`; fails where the reader is too far behind.
  mutating func append(_ bytes: [UInt8]) throws(FileFailure) {
    guard kind != .file else { return try check(writeAll(bytes, to: descriptor)) }
    backlog += bytes
    try catchUp()
    if backlog.count - written > Self.room { try check(ENOBUFS) }
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

  /// Waits for a reader that still takes something.
  mutating func finish() throws(FileFailure) {
    while isBehind {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&waiting, 1, Self.lastPatience) == 0 { try check(ETIMEDOUT) }
      try catchUp()
    }
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
        ? send(descriptor, base + written, rest, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        : write(descriptor, base + written, rest)
    }
  }
}
