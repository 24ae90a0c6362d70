import Glibc
import TraceFormat
import TraceModel

/// The trace as it is written: one file, or standard output, that only grows.
///
/// Records are handed in as the bytes of whole lines (``RecordWriter``), a batch at a time, and leave in one
/// `write` a batch unless the system takes less. No buffer before a file and no fsync: what ``append(_:)`` took survives
/// the end of this process, and the machine's end is not worth 5 ms in every reply. What the reader of a pipe has no
/// room for waits in the ``OutputQueue``.
///
/// One trace has one writer: a lock on the file keeps a second proxy from mixing its records in.
package struct TraceFileWriter: ~Copyable {
  /// As the operator wrote it; `-` is standard output.
  package let path: String
  /// The file that is written, to be read back with `pread` by the same program; on standard output not seekable.
  package var descriptor: Int32 { output.descriptor }
  private let head: TraceHead
  private var output: OutputQueue
  /// What has become of the name.
  private var name = Name.ours
  /// Where an earlier trace of that name is kept now; nil where there was none.
  package let kept: String?
  /// Bytes written so far, head included.
  package private(set) var bytes = 0

  /// Opens `path` and writes the first line.
  ///
  /// A new file has mode 0600, for there is mail in it. An empty file is taken as it is. A trace that is there
  /// already is set aside as `path.1` (or one more than the highest number there is), unless it is to be replaced; anything else is
  /// somebody's and is refused. Named pipes and devices are written as they are.
  package init(path: String, head: TraceHead, replacing: Bool = false) throws(FileFailure) {
    let (file, kept) =
      try path == "-"
      ? (Descriptor.copy(of: STDOUT_FILENO, called: "standard output"), nil) : Self.open(path, replacing)
    try self.init(path, file, kept, head)
    if path == "-" { name = .none }
  }

  /// An unlinked temporary file, for a run without `-w` that reads its records back all the same.
  package init(temporaryWith head: TraceHead) throws(FileFailure) {
    try self.init("the temporary trace", TemporaryFile.open(), nil, head)
    name = .none
  }

  private init(_ path: String, _ file: Descriptor, _ kept: String?, _ head: TraceHead) throws(FileFailure) {
    self.path = path
    self.head = head
    output = OutputQueue(file, called: path)
    self.kept = kept
    try begin()
  }

  private mutating func begin() throws(FileFailure) {
    var line: [UInt8] = []
    RecordWriter.append(head, to: &line)
    try append(line)
  }

  private enum Name { case ours, moved, removed, none }

  /// What somebody else did to the file.
  package enum Interference {
    /// It has another name now; records go on into it.
    case moved
    /// It has no name any more.
    case removed
    /// It was cut down to so many bytes; records go on behind them.
    case cut(to: Int)
  }

  /// Looks whether the file is what it was; each thing is told once.
  package mutating func inspect() throws(FileFailure) -> Interference? {
    var (open, named) = (stat(), stat())
    guard name != .none, fstat(descriptor, &open) == 0, open.st_mode & S_IFMT == S_IFREG else { return nil }
    if Int(open.st_size) < bytes {
      let left = Int(open.st_size)
      bytes = left
      // Whoever reads it needs the first line, and what was torn ends before the next record begins.
      if left == 0 { try begin() } else { try append([0x0A]) }
      return .cut(to: left)
    }
    guard stat(path, &named) != 0 || named.st_ino != open.st_ino || named.st_dev != open.st_dev else {
      name = .ours
      return nil
    }
    let now: Name = open.st_nlink == 0 ? .removed : .moved
    guard now != name, name != .removed else { return nil }
    name = now
    return now == .removed ? .removed : .moved
  }

  /// A new file of the same name, in place of one that was moved away or removed.
  package func anew() throws(FileFailure) -> TraceFileWriter { try TraceFileWriter(path: path, head: head) }

  /// Whether it is a file that has lost its name: somebody moved it away or removed it.
  var hasLostItsName: Bool { name != .none && output.isElsewhere(than: path) }

  /// Writes whole lines; returns once the system has all of them, or all that a pipe has room for.
  ///
  /// After a failure the file may end within a line; readers drop that. Whoever relays mail goes on without the trace
  /// and says so once: no mail is lost for a full disk.
  package mutating func append(_ lines: [UInt8]) throws(FileFailure) {
    try output.append(lines)
    bytes += lines.count
  }

  /// Bytes that wait for the reader of a pipe; ``catchUp()`` from time to time then.
  package var waiting: Int { output.waiting }

  package mutating func catchUp() throws(FileFailure) { try output.catchUp() }

  /// The end: what the reader of a pipe has no room for now is lost.
  package mutating func finish() throws(FileFailure) { try output.finish() }

  private static func open(_ path: String, _ replacing: Bool) throws(FileFailure) -> (
    Descriptor, kept: String?
  ) {
    // A pipe that is opened for reading as well never tells that its reader is gone; a file is looked at first.
    let opening = try SafeOpening(path, O_RDWR | O_APPEND, .unknown) { FileFailure(opening: path, $0) }
    let file = opening.descriptor
    if opening.isStream { return (file, nil) }
    try claim(file.number, path)
    var status = stat()
    guard fstat(file.number, &status) == 0 else { throw FileFailure(opening: path, errno) }
    guard !replacing, status.st_size > 0 else {
      if let failed = SafeOpening.empty(file, status) { throw FileFailure(writing: path, failed) }
      return (file, nil)
    }
    let kept = try setAside(path)
    return (try open(path, replacing).0, kept)
  }

  /// A new file of the same name; this one goes on under its name and that number.
  func successor(leaving number: Int) throws(FileFailure) -> TraceFileWriter {
    // Whoever moved it away has given it a name already.
    if hasLostItsName { return try anew() }
    let kept = "\(path).\(number)"
    guard rename(path, kept) == 0 else { throw FileFailure(writing: kept, errno) }
    do throws(FileFailure) { return try anew() } catch {
      _ = rename(kept, path)
      throw error
    }
  }

  /// Makes sure that the file is ours to write: nobody else writes it, and it holds nothing but a trace.
  private static func claim(_ descriptor: Int32, _ path: String) throws(FileFailure) {
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      throw FileFailure(
        "cannot write '\(path)': another mitmilter is writing it", hint: "give this run a name of its own")
    }
    guard isEmptyOrTrace(descriptor) else {
      throw FileFailure(
        "cannot write '\(path)': it is there already and is not a trace",
        hint: "name another file, or remove this one first")
    }
  }

  /// Gives the trace of an earlier run the next free name; a new run never costs a recording.
  private static func setAside(_ path: String) throws(FileFailure) -> String {
    var number = (KeptTraces.numbers(of: path).last ?? 0) + 1
    while link(path, "\(path).\(number)") != 0 {
      guard errno == EEXIST else { throw FileFailure(writing: "\(path).\(number)", errno) }
      number += 1
    }
    guard unlink(path) == 0 else { throw FileFailure(writing: path, errno) }
    return "\(path).\(number)"
  }

  private static func isEmptyOrTrace(_ descriptor: Int32) -> Bool {
    let mark = Array("{\"mitmilter\":".utf8)
    var start = [UInt8](repeating: 0, count: mark.count)
    let length = pread(descriptor, &start, start.count, 0)
    return length == 0 || start == mark
  }
}
