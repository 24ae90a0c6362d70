import Glibc

/// The file that says which process we are, there for as long as we run.
package final class PidFile {
  private let path: String
  private let file: Descriptor

  package init(_ path: String) throws(FileFailure) {
    let opening = try SafeOpening(path, O_RDWR, .kept) { FileFailure(writing: path, $0) }
    file = opening.descriptor
    self.path = path
    guard !opening.isStream, Self.isPidFile(file) else {
      throw FileFailure(
        "cannot write '\(path)': it is there already and holds no process number",
        hint: "name another file, or remove this one first")
    }
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      throw FileFailure(
        "cannot write '\(path)': a mitmilter that runs has it", hint: "give this run a file of its own")
    }
    guard fchmod(file.number, 0o644) == 0, ftruncate(file.number, 0) == 0 else {
      throw FileFailure(writing: path, errno)
    }
    if let failed = writeAll(Array("\(getpid())\n".utf8), to: file.number) {
      throw FileFailure(writing: path, failed)
    }
  }

  /// Whoever has become another user may not remove it, and leaves it empty.
  deinit {
    guard FileIdentity(path) == FileIdentity(file) else { return }
    if unlink(path) != 0 { _ = ftruncate(file.number, 0) }
  }

  private static func isPidFile(_ file: Descriptor) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(file.number, &bytes, bytes.count, 0)
    return count >= 0 && count < bytes.count
      && bytes.prefix(count).allSatisfy { $0 == 0x0A || (0x30...0x39).contains($0) }
  }
}
