import Glibc
import ProxyRuntime

/// Where an export goes: standard output, or a file of mode 0600, for there is mail in it.
final class ExportFile {
  private let output: Output
  private let descriptor: Int32?

  /// - Parameter spared: files that are being read and are never written over.
  init(_ path: String, sparing spared: [String]) throws(Failure) {
    guard path != "-" else {
      output = Output()
      descriptor = nil
      return
    }
    if let there = FileIdentity(path), spared.contains(where: { FileIdentity($0) == there }) {
      throw Failure("cannot write '\(path)': it is being read", hint: "name another file")
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0o600)
    guard descriptor >= 0 else { throw Failure(FileFailure(writing: path, errno).message) }
    self.descriptor = descriptor
    output = Output(to: descriptor, named: path)
  }

  func append(_ fill: (inout [UInt8]) -> Void) { output.append(fill) }

  func finish() {
    output.flush()
    if let descriptor { close(descriptor) }
  }
}

/// Which file a path leads to, whatever it is called.
struct FileIdentity: Equatable {
  private var device: dev_t
  private var node: ino_t
  let isFolder: Bool

  /// nil where there is none.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = status.st_dev
    node = status.st_ino
    isFolder = status.st_mode & S_IFMT == S_IFDIR
  }
}
