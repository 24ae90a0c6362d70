import Glibc

/// Traces that were set aside under a name and a number: `a.mtrace.3`, the later the higher.
enum KeptTraces {
  /// Their numbers, lowest first.
  static func numbers(of path: String) -> [Int] {
    let (folder, prefix) = split(path)
    guard let opened = opendir(folder) else { return [] }
    defer { closedir(opened) }
    var numbers: [Int] = []
    while let next = readdir(opened) {
      let name = withUnsafeBytes(of: next.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix(prefix) else { continue }
      let digits = name.dropFirst(prefix.count)
      guard digits.first != "0", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(digits),
        number < .max
      else { continue }
      numbers.append(number)
    }
    return numbers.sorted()
  }

  /// - Returns: why it cannot be removed: it is none, or the system does not let us.
  static func remove(_ number: Int, of path: String) -> FileFailure? {
    let name = "\(path).\(number)"
    var status = stat()
    guard lstat(name, &status) == 0 else { return errno == ENOENT ? nil : FileFailure(writing: name, errno) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
      return FileFailure("cannot remove '\(name)': it is no file of this user")
    }
    return unlink(name) == 0 ? nil : FileFailure(writing: name, errno)
  }

  /// The folder, and what a name in it begins with.
  private static func split(_ path: String) -> (folder: String, prefix: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path + ".") }
    return (String(path[...slash]), path[path.utf8.index(after: slash)...] + ".")
  }
}
