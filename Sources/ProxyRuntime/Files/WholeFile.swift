import Glibc

/// The contents of a small file; refuses what is larger than `limit` bytes.
///
/// - Parameter waiting: takes the words for whoever waits for a pipe or a terminal to be written; where there is none, they are
///   refused, for mail and keys wait as well.
package func wholeFile(
  _ path: String, limit: Int = 64 << 20, waiting tell: ((String) -> Void)? = nil
) throws(FileFailure) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
  guard descriptor >= 0 else { throw FileFailure(opening: path, errno) }
  let file = Descriptor(descriptor)
  let isStream = try kind(of: file, path) != S_IFREG
  if isStream, tell == nil {
    throw FileFailure(
      "cannot read '\(path)': it is no file", hint: "write into a file what is to be read now")
  }
  var words = tell
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while true {
    if isStream { awaitInput(of: file, path, &words) }
    let count = read(file.number, &piece, piece.count)
    if count == 0 { return bytes }
    if count < 0 {
      if errno == EINTR || errno == EAGAIN { continue }
      throw FileFailure(reading: path, errno)
    }
    bytes += piece[..<count]
    guard bytes.count <= limit else {
      throw FileFailure("cannot read '\(path)': it has more than \(limit >> 20) MiB")
    }
  }
}

private func kind(of file: Descriptor, _ path: String) throws(FileFailure) -> mode_t {
  var status = stat()
  guard fstat(file.number, &status) == 0 else { throw FileFailure(reading: path, errno) }
  let kind = status.st_mode & S_IFMT
  if kind == S_IFDIR { throw FileFailure(reading: path, EISDIR) }
  return kind
}

/// Waits for something to read, or the end; a pipe that nobody has written to yet has no end. Says so once.
private func awaitInput(of file: Descriptor, _ path: String, _ tell: inout ((String) -> Void)?) {
  var waiting = pollfd(fd: file.number, events: Int16(POLLIN), revents: 0)
  guard tell != nil else {
    poll(&waiting, 1, -1)
    return
  }
  if poll(&waiting, 1, wonder) != 0 { return }
  tell?("note: waiting for somebody to write '\(path)'")
  tell = nil
  poll(&waiting, 1, -1)
}

/// Milliseconds after which whoever waits wonders.
private let wonder: Int32 = 500
