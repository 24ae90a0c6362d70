import Glibc
import ProxyRuntime

/// A file of the operator's: content of a mail, so of mode 0600, and never over one that is there unasked.
enum NewFile {
  /// False where there is a file of that name and nobody said that it may go.
  ///
  /// - Parameter spared: files that are being read and are never written over.
  static func write(
    _ bytes: [UInt8], to path: String, replacing: Bool, sparing spared: [String]
  ) throws(FileFailure) -> Bool {
    if let there = FileIdentity(path), spared.contains(where: { FileIdentity($0) == there }) {
      throw FileFailure("cannot write '\(path)': it is the trace on the screen", hint: "name another file")
    }
    let disposal = replacing ? O_TRUNC : O_EXCL
    // A pipe that nobody reads is refused, not waited for.
    let number = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | disposal, 0o600)
    if number < 0, errno == EEXIST, !replacing { return false }
    guard number >= 0 else { throw FileFailure(writing: path, errno) }
    defer { close(number) }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileFailure(writing: path, errno) }
      written += count
    }
    return true
  }
}
