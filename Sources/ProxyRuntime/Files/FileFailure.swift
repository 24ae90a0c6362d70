import Glibc

/// A file that could not be opened, read or written: the line for the operator and what may help.
package struct FileFailure: Explained, Equatable, CustomStringConvertible {
  package let message: String
  package let hint: String?
  /// What the system said; nil where it said nothing.
  package let code: Int32?

  package init(_ message: String, hint: String? = nil, code: Int32? = nil) {
    self.message = message
    self.hint = hint
    self.code = code
  }

  package var description: String { message }

  /// Whether the other end of a pipe is gone, which ends an output in order.
  package var isClosedPipe: Bool { code == EPIPE }

  /// Whether it is a named pipe that nobody reads.
  var hasNoReader: Bool { code == ENXIO }

  /// Whether there is a file of that name, and nobody said that it may go.
  package var isTaken: Bool { code == EEXIST }

  /// Whether the other end of a pipe only takes too little of it.
  var isSlowReader: Bool { code == ENOBUFS }

  init(opening path: String, _ code: Int32) {
    self.init("cannot open '\(path)': \(Self.words(for: code))", hint: Self.hint(for: code), code: code)
  }

  init(reading path: String, _ code: Int32) {
    let hint =
      code == EISDIR ? "name the files in it, as the shell does with \(path)/*" : Self.hint(for: code)
    self.init("cannot read '\(path)': \(Self.words(for: code))", hint: hint, code: code)
  }

  package init(writing path: String, _ code: Int32) {
    self.init("cannot write '\(path)': \(Self.words(for: code))", hint: Self.hint(for: code), code: code)
  }

  private static func words(for code: Int32) -> String {
    switch code {
    case ENOSPC: "the disk is full"
    case EDQUOT: "the disk quota is used up"
    case EFBIG: "the file is at its size limit"
    case EPIPE: "nobody reads the pipe any more"
    case ENOBUFS: "its reader is more than 64 MB behind"
    case ETIMEDOUT: "its reader takes nothing more"
    case ENXIO: "nobody reads the pipe"
    case ENOENT: "no such file or folder"
    case EACCES, EPERM: "permission denied"
    case EISDIR: "it is a folder"
    case EROFS: "the file system is read-only"
    default: String(cString: strerror(code)).lowercased()
    }
  }

  private static func hint(for code: Int32) -> String? {
    switch code {
    case ENOENT: "check the spelling; folders are not created"
    case EISDIR: "name a file in it"
    case EACCES, EPERM: "look at the owner and mode of the file and of the folders above it"
    case ENOSPC, EDQUOT: "make room, or name a file on another disk"
    case EROFS: "name a file on another disk"
    default: nil
    }
  }
}
