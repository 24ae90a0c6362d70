import Glibc
import TraceFormat
import TraceModel

/// The decisions of a run as lines of JSON, at the end of a file or on standard output, each as it is made.
///
/// Lines leave whole, in one `write` a turn, behind what other runs wrote: the file may be shared, and moved away or
/// cut down to nothing by whoever rotates logs.
package struct DecisionLog: ~Copyable {
  private let path: String
  private var outlet: Outlet
  private var fold = DecisionFold()
  private var json: DecisionJSON
  private var lines: [UInt8] = []

  /// - Parameters:
  ///   - path: `-` is standard output. A new file has mode 0600, for senders and subjects are in it.
  ///   - startedAt: microseconds since 1970 at moment zero of the records.
  package init(path: String, startedAt: Int64) throws(FileFailure) {
    self.path = path == "-" ? "standard output" : path
    json = DecisionJSON(startedAt: startedAt)
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY
    let descriptor = path == "-" ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, flags, 0o600)
    guard descriptor >= 0 else { throw FileFailure(opening: self.path, errno) }
    outlet = Outlet(descriptor)
  }

  /// Where the rules in force are written, by their labels.
  mutating func locate(_ places: [String: String]) { json.places = places }

  mutating func append(_ records: [Record]) throws(FileFailure) {
    lines.removeAll(keepingCapacity: true)
    for record in records {
      if let decision = fold.apply(record) { json.append(decision, to: &lines) }
    }
    fold.sweep()
    guard !lines.isEmpty else { return }
    try check(outlet.append(lines))
  }

  /// Whether the reader of a pipe is behind; ``catchUp()`` from time to time then.
  var isBehind: Bool { outlet.isBehind }

  mutating func catchUp() throws(FileFailure) { try check(outlet.catchUp()) }

  mutating func finish() throws(FileFailure) { try check(outlet.finish()) }

  private func check(_ failed: Int32?) throws(FileFailure) {
    if let failed { throw FileFailure(writing: path, failed) }
  }
}
