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
  /// How long to wait for whoever reads a pipe, in milliseconds; -1 for as long as it takes.
  private let patience: Int32
  package private(set) var bytes = 0

  /// - Parameter waiting: takes the words for whoever waits for the reader of a pipe; where there is none, a pipe that nobody
  ///   reads is refused, and so is one whose reader takes nothing for a second.
  package init(
    _ path: String, replacing: Bool, sparing spared: Spared, waiting tell: ((String) -> Void)? = nil
  ) throws(FileFailure) {
    self.path = path
    patience = tell == nil ? Self.readersPatience : -1
    _ = try spared.isThere(path)
    let contents: SafeOpening.Contents = replacing ? .replaced : .new
    file = try Self.waiting(for: path, tell) { () throws(FileFailure) in
      try SafeOpening(path, O_WRONLY, contents) { FileFailure(writing: path, $0) }.descriptor
    }
  }

  private static func waiting(
    for path: String, _ tell: ((String) -> Void)?, _ open: () throws(FileFailure) -> Descriptor
  ) throws(FileFailure) -> Descriptor {
    var tell = tell
    let waits = tell != nil
    while true {
      do throws(FileFailure) { return try open() } catch {
        guard waits, error.hasNoReader else { throw error }
        tell?(AwaitedPipes.words(path))
        tell = nil
        poll(nil, 0, AwaitedPipes.pause)
      }
    }
  }

  package var descriptor: Int32 { file.number }

  package mutating func append(_ more: [UInt8]) throws(FileFailure) {
    if let failed = writeAll(more, to: file.number, patience: patience) {
      throw FileFailure(writing: path, failed)
    }
    bytes += more.count
  }

  /// Milliseconds.
  private static let readersPatience: Int32 = 1_000
}

/// The contents of a file that is to be written again; nil where there is none. What ``NewFile`` would refuse is not read.
package func ownFile(_ path: String) throws(FileFailure) -> [UInt8]? {
  try SafeOpening.vet(path)
  do throws(FileFailure) { return try wholeFile(path) } catch {
    if error.code == ENOENT { return nil }
    throw error
  }
}

/// Writes bytes behind what such a file has, in one piece; it is made where there is none.
package func appendToOwnFile(_ path: String, _ bytes: [UInt8]) throws(FileFailure) {
  let file = try SafeOpening(path, O_WRONLY | O_APPEND, .kept) { FileFailure(writing: path, $0) }.descriptor
  if let failed = writeAll(bytes, to: file.number, patience: 0) { throw FileFailure(writing: path, failed) }
}

/// A folder for such files, made where there is none.
package func makeFolder(_ path: String) throws(FileFailure) {
  if mkdir(path, 0o700) == 0 { return }
  guard errno == EEXIST else { throw FileFailure(writing: path, errno) }
  var status = stat()
  guard lstat(path, &status) == 0 else { throw FileFailure(writing: path, errno) }
  if status.st_mode & S_IFMT == S_IFLNK, SafeOpening.isShared(folderOf: path) { throw .refused(path, .link) }
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
    self.init(status)
  }

  init?(_ file: Descriptor) {
    var status = stat()
    guard fstat(file.number, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Whether a path is meant as a folder: there is one, or it is written as such.
  package static func isFolder(_ path: String) -> Bool {
    path.hasSuffix("/") || FileIdentity(path)?.isFolder ?? false
  }

  private init(_ status: stat) {
    device = status.st_dev
    node = status.st_ino
    isFolder = status.st_mode & S_IFMT == S_IFDIR
  }
}
