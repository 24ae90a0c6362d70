import Glibc

/// Where lines go that must not keep mail waiting: a file takes them at once; a pipe or a socket as far as its reader has
/// room, and the rest waits here until it has.
struct Outlet: ~Copyable {
  let descriptor: Int32
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

  /// Takes over `descriptor`, and closes it in the end.
  init(_ descriptor: Int32) {
    var status = stat()
    let type = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
    guard type == S_IFIFO else {
      self.descriptor = descriptor
      kind = type == S_IFSOCK ? .socket : .file
      return
    }
    // An opening of our own: whoever else writes to this pipe, the shell's standard error say, keeps waiting for room.
    let own = open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    kind = own < 0 ? .file : .pipe
    self.descriptor = own < 0 ? descriptor : own
    // Room for more than the usual 64 KiB, as far as the system gives it: what waits here is written in fewer, larger pieces.
    _ = fcntl(self.descriptor, Self.setPipeSize, 1_048_576)
    if own >= 0 { close(descriptor) }
  }

  deinit { close(descriptor) }

  /// Whether something still waits for the reader.
  var isBehind: Bool { written < backlog.count }

  /// Takes all of `bytes`. The `errno` of a failure: ENOBUFS where the reader is too far behind.
  mutating func append(_ bytes: [UInt8]) -> Int32? {
    guard kind != .file else { return writeAll(bytes, to: descriptor) }
    backlog += bytes
    if let failed = catchUp() { return failed }
    return backlog.count - written > Self.room ? ENOBUFS : nil
  }

  /// Writes what the reader has room for now.
  mutating func catchUp() -> Int32? {
    while isBehind {
      let count = writeOnce()
      if count >= 0 {
        written += count
      } else if errno == EAGAIN {
        // A long backlog is moved up when half of it is gone.
        if written > backlog.count / 2 { moveUp() }
        return nil
      } else if errno != EINTR {
        return errno
      }
    }
    moveUp()
    return nil
  }

  /// Waits for a reader that still takes something.
  mutating func finish() -> Int32? {
    while isBehind {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let count = poll(&waiting, 1, Self.lastPatience)
      if count == 0 { return ETIMEDOUT }
      if let failed = catchUp() { return failed }
    }
    return nil
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
