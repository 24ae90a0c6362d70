import Glibc
import TraceFormat
import TraceModel

/// A trace as it is read: a file, a compressed file, or standard input (`-`), complete or growing.
///
/// In memory is only where each line begins. Records are read back from the file with `pread`, so that a file which
/// somebody cuts off under us is a message and not a crash.
package final class TraceFileReader: RecordSource {
  package private(set) var head: TraceHead?

  private let file: TraceInput
  private var index = TraceIndex()
  /// The line with the first record: 1, or 0 where the head is lost.
  private var firstRecord = 1
  private var window = FileWindow()
  private var tail = Tail.none
  /// Over what the window shows, for the texts that were looked for last.
  private var sweeps: [ProbeSweep] = []
  /// Of the texts, in the same order: to go over the sweeps themselves counts references for each line.
  private var fingerprints: [UInt64] = []

  /// What follows the last line feed.
  private enum Tail { case none, record, torn }

  /// A record of the largest packet that is kept has 6.3 MB if every byte of it is escaped. Longer lines are not read.
  private static let longestLine = 16_777_216

  package enum Progress: Equatable, Sendable {
    case grew
    /// Nothing new: of a pipe the end, of a file the end for now.
    case atEnd
  }

  /// Opens `path`, takes in its first line, and of a file that is no pipe everything that is there.
  ///
  /// - Parameter isJudged: findings are those of this version, not those that were recorded.
  package convenience init(path: String, isJudged: Bool = false) throws(FileFailure) {
    try self.init(TraceInput(path: path, isJudged: isJudged))
  }

  /// As ``init(path:isJudged:)``, of a file that somebody else has opened; a copy of the descriptor is kept.
  package convenience init(open descriptor: Int32, named name: String) throws(FileFailure) {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw FileFailure(opening: name, errno) }
    try self.init(TraceInput(Descriptor(copy), named: name))
  }

  private init(_ input: TraceInput) throws(FileFailure) {
    file = input
    while index.count == 0, index.bytes < Self.longestLine, try advance() == .grew {}
    do throws(FileFailure) { head = try readHead() } catch {
      guard try hasRecords() else { throw error }
      firstRecord = 0
    }
    if file.source.isSeekable { while try advance() == .grew {} }
  }

  package var path: String { file.path }

  /// Readable when a pipe has more. Files are always readable: whoever follows one asks ``advance()`` again in a while.
  package var descriptor: Int32 { file.source.number }

  /// Whether it comes as somebody writes it: reading it may wait.
  package var isPipe: Bool { !file.source.isSeekable }

  /// Takes in what has been added, at most a piece of 256 kB; on a pipe it waits for that.
  package func advance() throws(FileFailure) -> Progress {
    switch try file.advance({ index.append($0) }) {
    case .grew:
      tail = .none
      return .grew
    case .atEnd:
      try checkSize()
      tail = judgeTail()
      return .atEnd
    }
  }

  package var count: Int { max(0, index.count - firstRecord) + (tail == .record ? 1 : 0) }

  package func record(at index: Int) -> Record? { try? read(index) }

  package func mayHold(_ probe: TextProbe, at place: Int) -> Bool {
    guard (0..<count).contains(place) else { return true }
    let range = line(place)
    let sweep = sweep(of: probe)
    if let sweep, let known = sweeps[sweep].mayStand(in: range) { return known }
    guard range.count <= Self.longestLine, let loaded = window.load(range, of: file.store) else {
      return true
    }
    let contents = window.contents
    guard let sweep = sweep ?? newSweep(probe, for: range) else {
      return probe.mayStand(in: contents.span.extracting(loaded))
    }
    sweeps[sweep].sweep(contents.span.extracting(loaded.lowerBound..<window.count), from: range.lowerBound)
    return sweeps[sweep].mayStand(in: range) ?? true
  }

  private func sweep(of probe: TextProbe) -> Int? {
    for i in fingerprints.indices where fingerprints[i] == probe.fingerprint {
      if sweeps[i].probe == probe { return i }
    }
    return nil
  }

  /// A place in ``sweeps`` for one more text; nil where all are taken by texts that are looked for hereabouts, which would
  /// be swept for again and again if they gave way.
  private func newSweep(_ probe: TextProbe, for line: Range<Int>) -> Int? {
    if sweeps.count < Self.mostSweeps {
      sweeps.append(ProbeSweep(probe))
      fingerprints.append(probe.fingerprint)
      return sweeps.count - 1
    }
    guard let idle = sweeps.firstIndex(where: { !$0.isNear(line) }) else { return nil }
    sweeps[idle] = ProbeSweep(probe)
    fingerprints[idle] = probe.fingerprint
    return idle
  }

  /// As many texts as filters and a search ask for at a time.
  private static let mostSweeps = 8

  private func line(_ place: Int) -> Range<Int> {
    place + firstRecord < index.count ? index.line(place + firstRecord) : index.tail..<index.bytes
  }

  /// The record at `place`, or why its line is none.
  package func read(_ place: Int) throws(UnreadableLine) -> Record {
    guard (0..<count).contains(place) else {
      throw UnreadableLine(offset: index.bytes, reason: "there is no such record")
    }
    return try read(line(place))
  }

  /// What is lost at the end of the file, when that has been reached; nil for nothing.
  package var loss: String? {
    let torn =
      tail == .torn ? "the last line is cut short after \(index.bytes - index.tail) bytes and left out" : nil
    let losses = [firstRecord == 0 ? Self.headLost : nil, file.loss ?? torn].compactMap { $0 }
    return losses.isEmpty ? nil : losses.joined(separator: "; ")
  }

  /// Whether the head is lost, so that nobody knows when the trace began.
  package var isHeadless: Bool { firstRecord == 0 }
  private static let headLost =
    "the first line is lost: what is in front of its first record is missing, and times begin at 1970"

  /// Whether a trace begins here that lost its first line, or more than that in the middle of a line.
  private func hasRecords() throws(FileFailure) -> Bool {
    while index.count < Self.linesLookedAt, index.bytes < Self.longestLine, try advance() == .grew {}
    return (0..<min(index.count, Self.linesLookedAt)).contains { (try? read(index.line($0))) != nil }
  }

  private static let linesLookedAt = 3

  private func read(_ range: Range<Int>) throws(UnreadableLine) -> Record {
    guard range.count <= Self.longestLine else {
      throw UnreadableLine(
        offset: range.lowerBound, reason: "the line is longer than \(Self.longestLine) bytes")
    }
    guard let place = window.load(range, of: file.store) else {
      throw UnreadableLine(offset: range.lowerBound, reason: "the file has become shorter than it was")
    }
    let contents = window.contents
    do throws(LineFault) {
      var record = try RecordReader.record(in: contents.span.extracting(place))
      record.readInstruction()
      return record
    } catch {
      throw UnreadableLine(offset: range.lowerBound + error.offset, reason: error.text)
    }
  }

  private func readHead() throws(FileFailure) -> TraceHead {
    let range = index.count > 0 ? index.line(0) : 0..<min(index.bytes, Self.longestLine)
    do throws(TraceRefusal) {
      guard let place = window.load(range, of: file.store) else { throw .empty }
      let contents = window.contents
      return try TraceHeadReader.head(in: contents.span.extracting(place))
    } catch {
      let name = path == "-" ? "standard input" : "'\(path)'"
      if error == .empty, let loss = file.loss { throw FileFailure("cannot read \(name): \(loss)") }
      throw FileFailure("cannot read \(name): \(error)", hint: error.hint)
    }
  }

  private func judgeTail() -> Tail {
    guard index.count > 0, index.tail < index.bytes else { return .none }
    return (try? read(index.tail..<index.bytes)) == nil ? .torn : .record
  }

  /// Whether another file has that name by now, or none: nothing more will be added to this one.
  package var isReplaced: Bool {
    var (open, named) = (stat(), stat())
    guard file.source.isSeekable, path != "-", fstat(descriptor, &open) == 0 else { return false }
    return stat(path, &named) != 0 || named.st_ino != open.st_ino || named.st_dev != open.st_dev
  }

  private func checkSize() throws(FileFailure) {
    var status = stat()
    guard file.source === file.store, fstat(descriptor, &status) == 0, status.st_size < index.bytes else {
      return
    }
    throw FileFailure("cannot read '\(path)': it has become shorter than it was", hint: "open it again")
  }
}

/// A line of a trace that is no record, which does not keep the others from being read.
package struct UnreadableLine: Error, Equatable, Sendable {
  /// Bytes from the start of the trace (of its text, where it is compressed) to what is wrong.
  package let offset: Int
  package let reason: String
}
