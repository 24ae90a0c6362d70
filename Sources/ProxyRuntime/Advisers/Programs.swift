import Glibc

/// Throws where a program cannot be started under that name, as far as that shows before it is.
///
/// - Parameter name: looked for along `PATH` where it has no slash in it, as `execvp` does.
package func ensureProgram(_ name: String) throws(FileFailure) {
  if name.utf8.contains(UInt8(ascii: "/")) {
    var status = stat()
    guard stat(name, &status) == 0 else { throw FileFailure(opening: name, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileFailure("cannot start '\(name)': it is no file")
    }
    guard access(name, X_OK) == 0 else {
      throw FileFailure("cannot start '\(name)': it is not executable", hint: "chmod +x \(name)")
    }
    return
  }
  let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
  let folders = path.split(separator: ":", omittingEmptySubsequences: false)
  guard folders.contains(where: { isProgram(($0.isEmpty ? "." : $0) + "/" + name) }) else {
    throw FileFailure(
      "cannot start '\(name)': no folder of PATH has it",
      hint: "give its path, such as /usr/local/bin/\(name)")
  }
}

private func isProgram(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
}
