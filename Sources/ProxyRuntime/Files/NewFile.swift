import Glibc

/// A file that the operator asked for: of mode 0600, for there is mail in it.
///
/// One rule about what is there already: what is being read is never written over, a folder is no file, and anything else
/// goes only where somebody said so. ``FileFailure/isTaken`` tells the last from the others, for whoever can ask.
package struct NewFile: ~Copyable {
  /// Files that are being read, and what to call them.
  package struct Spared {
    let paths: [String]
    let what: String

    package init(_ paths: [String], _ what: String = "it is being read") {
      self.paths = paths
      self.what = what
    }

    /// Whether a file of that name is there; refuses one that is spared.
    package func isThere(_ path: String) throws(FileFailure) -> Bool {
      guard let there = FileIdentity(path) else { return false }
      if paths.contains(where: { FileIdentity($0) == there }) {
        throw FileFailure("cannot write '\(path)': \(what)", hint: "name another file")
      }
      if there.isFolder { throw FileFailure(writing: path, EISDIR) }
      return true
    }
  }

  package let path: String
  private let file: Descriptor
  package private(set) var bytes = 0

  /// - Parameter waiting: for the reader of a pipe; otherwise one that nobody reads is refused.
  package init(_ path: String, replacing: Bool, sparing spared: Spared, waiting: Bool = false)
    throws(FileFailure)
  {
    self.path = path
    _ = try spared.isThere(path)
    let flags = O_WRONLY | (replacing ? O_TRUNC : O_EXCL) | (waiting ? 0 : O_NONBLOCK)
    guard let file = Descriptor(making: path, flags) else { throw FileFailure(writing: path, errno) }
    self.file = file
  }

  package var descriptor: Int32 { file.number }

  package mutating func append(_ more: [UInt8]) throws(FileFailure) {
    if let failed = writeAll(more, to: file.number) { throw FileFailure(writing: path, failed) }
    bytes += more.count
  }

  /// Its owner alone can read it, also where it was there before with another mode.
  package func keepPrivate() throws(FileFailure) {
    guard fchmod(file.number, 0o600) == 0 else { throw FileFailure(writing: path, errno) }
  }
}

/// A folder for such files, made where there is none.
package func makeFolder(_ path: String) throws(FileFailure) {
  guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileFailure(writing: path, errno) }
}

/// Which file a path leads to, whatever it is called.
package struct FileIdentity: Equatable {
  private let device: dev_t
  private let node: ino_t
  let isFolder: Bool

  /// nil where there is none.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = status.st_dev
    node = status.st_ino
    isFolder = status.st_mode & S_IFMT == S_IFDIR
  }
}
