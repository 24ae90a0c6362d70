import Glibc

/// Files without a name, gone with the process whatever way it ends.
enum TemporaryFile {
  /// A readable and writable file in `$TMPDIR` or `/tmp`, mode 0600, that has no name.
  static func open() throws(FileFailure) -> Descriptor {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let template = (folder.isEmpty ? "/tmp" : folder) + "/mitmilter-XXXXXX"
    var path = Array(template.utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw FileFailure(opening: template, errno) }
    _ = unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, O_APPEND)
    return Descriptor(descriptor)
  }
}
