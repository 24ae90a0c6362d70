import Glibc

/// Opening what is written under a name, in folders that others can write as well as in one's own.
///
/// Mail goes there, and where we run as root everything of the machine can be reached: so a name is not trusted to lead
/// where the operator thinks (as Postfix's `safe_open` does it, util/safe_open.c). What is new is made with O_EXCL and
/// mode 0600. What is there already has to be ours or root's, and in a folder in which others can put things it may be
/// no link, and have no second name.
struct SafeOpening {
  let descriptor: Descriptor
  /// It was there, and is no file whose contents stay: a pipe or a device.
  let isStream: Bool

  enum Contents {
    /// There may be nothing of that name.
    case new
    /// None are kept; the file is its owner's alone from then on.
    case replaced
    /// They stay, and more is written behind them.
    case kept
    /// To be looked at first; ``empty(_:_:)`` takes them away.
    case unknown
  }

  /// - Parameters:
  ///   - access: O_WRONLY or O_RDWR; a pipe or a device is only written.
  ///   - words: what a failure begins with, and what the system said.
  init(
    _ path: String, _ access: Int32, _ contents: Contents,
    _ failure: (Int32) -> FileFailure
  ) throws(FileFailure) {
    // Between a look at a name and its opening somebody may have made or removed what it stands for.
    for _ in 0..<Self.attempts {
      guard let there = Self.status(path, lstat) else {
        guard errno == ENOENT else { throw failure(errno) }
        let made = open(path, access | O_CREAT | O_EXCL | Self.flags, 0o600)
        if made >= 0 {
          descriptor = Descriptor(made)
          isStream = false
          return
        }
        if errno == EEXIST { continue }
        throw failure(errno)
      }
      if case .new = contents { throw failure(EEXIST) }
      let target = try Self.target(of: path, there, failure)
      let isFile = target.kind == S_IFREG
      let follow = there.kind == S_IFLNK ? 0 : O_NOFOLLOW
      let opened = open(path, (isFile ? access : O_WRONLY | O_NONBLOCK) | Self.flags | follow)
      guard opened >= 0 else {
        if errno == ENOENT || errno == ELOOP { continue }
        throw failure(errno)
      }
      let file = Descriptor(opened)
      guard let now = Self.status(of: opened), now.st_ino == target.st_ino, now.st_dev == target.st_dev else {
        continue
      }
      if isFile { try Self.prepare(file, now, contents, failure) }
      descriptor = file
      isStream = !isFile
      return
    }
    throw failure(EBUSY)
  }

  /// What a name leads to, if that may be trusted.
  private static func target(
    of path: String, _ there: stat, _ failure: (Int32) -> FileFailure
  ) throws(FileFailure) -> stat {
    let isShared = isShared(folderOf: path)
    let isLink = there.kind == S_IFLNK
    if isLink, isShared { throw .refused(path, .link) }
    guard let target = isLink ? status(path, stat) : there else {
      throw errno == ENOENT ? .refused(path, .linkToNothing) : failure(errno)
    }
    switch target.kind {
    case S_IFDIR: throw failure(EISDIR)
    case S_IFSOCK: throw failure(EOPNOTSUPP)
    case S_IFREG:
      if !target.isTrusted { throw .refused(path, .anothers) }
      if isShared, target.st_nlink > 1 { throw .refused(path, .secondName) }
    case S_IFIFO: if !target.isTrusted { throw .refused(path, .anothers) }
    default: break
    }
    return target
  }

  /// Refuses what would not be written under that name, for whoever reads it first.
  static func vet(_ path: String) throws(FileFailure) {
    guard let there = status(path, lstat) else { return }
    _ = try target(of: path, there) { FileFailure(writing: path, $0) }
  }

  private static let attempts = 8
  private static let flags = O_CLOEXEC | O_NOCTTY

  private static func prepare(
    _ file: Descriptor, _ status: stat, _ contents: Contents, _ failure: (Int32) -> FileFailure
  ) throws(FileFailure) {
    switch contents {
    case .replaced: if let failed = empty(file, status) { throw failure(failed) }
    case .kept: if let failed = take(file, status, for: status.st_mode & 0o770) { throw failure(failed) }
    case .new, .unknown: break
    }
  }

  /// Takes the contents of a file away, and the file for its owner alone; the `errno` where that failed.
  static func empty(_ file: Descriptor, _ status: stat) -> Int32? {
    take(file, status, for: 0o600) ?? (ftruncate(file.number, 0) == 0 ? nil : errno)
  }

  /// Whoever may read it by an earlier mode does so no more. One that is root's keeps its mode.
  private static func take(_ file: Descriptor, _ status: stat, for mode: mode_t) -> Int32? {
    guard status.st_uid == geteuid(), status.st_mode & 0o7777 != mode else { return nil }
    return fchmod(file.number, mode) == 0 ? nil : errno
  }

  /// Whether somebody else can put things into the folder of that name.
  static func isShared(folderOf path: String) -> Bool {
    var bytes = Array(path.utf8)
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    let folder = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[...$0] } ?? [UInt8(ascii: ".")]
    guard let status = status(String(decoding: folder, as: UTF8.self), stat) else { return true }
    return status.st_mode & (S_IWGRP | S_IWOTH) != 0 || !status.isTrusted
  }

  private static func status(
    _ path: String, _ ask: (UnsafePointer<CChar>, UnsafeMutablePointer<stat>) -> Int32
  ) -> stat? {
    var status = Glibc.stat()
    return path.withCString { ask($0, &status) } == 0 ? status : nil
  }

  private static func status(of descriptor: Int32) -> stat? {
    var status = Glibc.stat()
    return fstat(descriptor, &status) == 0 ? status : nil
  }
}

extension stat {
  fileprivate var kind: mode_t { st_mode & S_IFMT }

  /// It belongs to us, or to root, who could read all of this anyway.
  fileprivate var isTrusted: Bool { st_uid == geteuid() || st_uid == 0 }
}

extension FileFailure {
  /// What may be somebody's trap.
  enum Suspicion {
    case link, linkToNothing, anothers, secondName
  }

  static func refused(_ path: String, _ why: Suspicion) -> FileFailure {
    switch why {
    case .link:
      FileFailure(
        "cannot write '\(path)': it is a symbolic link, in a folder that others can write",
        hint: "name the file that is meant, or one in a folder of your own")
    case .linkToNothing:
      FileFailure(
        "cannot write '\(path)': it is a symbolic link to a file that is not there",
        hint: "name the file that is meant")
    case .anothers:
      FileFailure(
        "cannot write '\(path)': it belongs to another user",
        hint: "name another file, or remove this one first")
    case .secondName:
      FileFailure(
        "cannot write '\(path)': it has another name too, in a folder that others can write",
        hint: "name another file, or remove this one first")
    }
  }
}
