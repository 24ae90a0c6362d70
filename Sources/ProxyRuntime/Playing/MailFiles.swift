import Glibc
import Sending
import TraceFormat

/// The mails in files, mboxes, Maildirs and other folders, one after the other: no more than one is in memory.
package final class MailFiles {
  package enum Next {
    /// A mail and what to call it: its file, and in an mbox its number.
    case mail(String, [UInt8])
    case unreadable(FileFailure)
    case end
  }

  /// What is still to be read, the next one last.
  private var paths: [String]
  /// Files and folders that there were or are to be read.
  private var total: Int
  private var mbox: OpenMbox?
  private let tell: (String) -> Void

  /// More than any mail has.
  private static let largest = 1 << 30

  /// - Parameter tell: takes the words for whoever waits for a pipe to be written.
  package init(_ paths: [String], waiting tell: @escaping (String) -> Void) {
    self.paths = paths.reversed()
    total = paths.count
    self.tell = tell
  }

  /// How much has been read, of 1, by the number of files.
  package var part: Double {
    guard total > 0 else { return 1 }
    return (Double(total - paths.count) - (mbox.map { 1 - $0.part } ?? 0)) / Double(total)
  }

  /// Whether it may hold more than one mail: a folder, or an mbox.
  package static func holdsMany(_ path: String) -> Bool {
    if contents(of: path) != nil { return true }
    // Whatever is wrong with it is told when it is read.
    let mbox = try? OpenMbox(path)
    return mbox ?? nil != nil
  }

  package func next() -> Next {
    while true {
      if let mbox {
        switch mbox.next() {
        case .end: self.mbox = nil
        case let other: return other
        }
        continue
      }
      guard let path = paths.popLast() else { return .end }
      if let inside = Self.contents(of: path) {
        paths += inside.reversed()
        total += inside.count - 1
        continue
      }
      do throws(FileFailure) {
        if let mbox = try OpenMbox(path) {
          self.mbox = mbox
          continue
        }
        let bytes = try wholeFile(path == "-" ? "/dev/stdin" : path, limit: Self.largest, waiting: tell)
        if let what = FileGuess.insteadOfMail(bytes) { return .unreadable(Self.noMail(path, what)) }
        if bytes.isEmpty {
          tell(
            "warning: \(path == "-" ? "standard input" : "'\(path)'") is empty: the mail has no header and no body"
          )
        }
        return .mail(path, bytes)
      } catch {
        return .unreadable(error)
      }
    }
  }

  private static func noMail(_ path: String, _ what: String) -> FileFailure {
    let isTrace = what == "a trace" || what == "a packet capture"
    return FileFailure(
      "'\(path)' is no mail: it looks like \(what)",
      hint: isTrace
        ? "mitmilter replay says what it has of an MTA; mitmilter export eml makes mails of it"
        : "unpack it first")
  }

  /// What lies in a folder, in the order of the names; of a Maildir what is in `cur` and `new`. nil for no folder.
  private static func contents(of path: String) -> [String]? {
    guard path != "-", let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    while let next = readdir(folder) {
      // A name that is no UTF-8 cannot be opened by this, and is told of when it is its turn.
      let name = withUnsafeBytes(of: next.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    if names.contains("cur"), names.contains("new") { names.removeAll { $0 != "cur" && $0 != "new" } }
    let prefix = path + (path.hasSuffix("/") ? "" : "/")
    return names.sorted().map { prefix + $0 }
  }
}

/// An mbox that is being read.
private final class OpenMbox {
  private let path: String
  private let file: Descriptor
  private var cutter = MboxCutter()
  private var found: ArraySlice<[UInt8]> = []
  private var count = 0
  private var isAtEnd = false
  private var readBytes = 0
  private let bytes: Int
  private static let pieceBytes = 262_144

  /// nil for a file that is none.
  init?(_ path: String) throws(FileFailure) {
    guard path != "-" else { return nil }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileFailure(opening: path, errno) }
    file = Descriptor(descriptor)
    self.path = path
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileFailure(reading: path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    bytes = Int(status.st_size)
    var start = [UInt8](repeating: 0, count: 5)
    guard pread(descriptor, &start, 5, 0) == 5, MboxCutter.fits(start) else { return nil }
  }

  var part: Double { min(1, Double(readBytes) / Double(max(1, bytes))) }

  func next() -> MailFiles.Next {
    while true {
      if let mail = found.popFirst() {
        count += 1
        return .mail("\(path):\(count)", mail)
      }
      if isAtEnd { return .end }
      var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
      let length = read(file.number, &piece, piece.count)
      if length < 0, errno == EINTR { continue }
      guard length >= 0 else {
        isAtEnd = true
        return .unreadable(FileFailure(reading: path, errno))
      }
      readBytes += length
      var mails: [[UInt8]] = []
      if length == 0 {
        isAtEnd = true
        cutter.finish { mails.append($0) }
      } else {
        cutter.take(Array(piece[..<length])) { mails.append($0) }
      }
      found = mails[...]
    }
  }
}
