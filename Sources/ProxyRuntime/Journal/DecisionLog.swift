import Glibc
import Timeline
import TraceFormat
import TraceModel

/// The decisions of a run as lines of JSON, at the end of a file or on standard output, each as it is made.
///
/// Lines leave whole, in one `write` a turn, behind what other runs wrote: the file may be shared, and moved away or
/// cut down to nothing by whoever rotates logs.
package struct DecisionLog: ~Copyable {
  /// `-` is standard output.
  private let path: String
  private var output: OutputQueue
  private var fold = DecisionFold()
  private var json: DecisionJSON
  private var lines: [UInt8] = []

  /// - Parameters:
  ///   - path: `-` is standard output. A new file has mode 0600, for senders and subjects are in it.
  ///   - startedAt: microseconds since 1970 at moment zero of the records.
  package init(path: String, startedAt: Int64) throws(FileFailure) {
    json = DecisionJSON(startedAt: startedAt)
    self.path = path
    output = try Self.open(path)
  }

  private static func open(_ path: String) throws(FileFailure) -> OutputQueue {
    if path == "-" {
      return OutputQueue(try .copy(of: STDOUT_FILENO, called: "standard output"), called: "standard output")
    }
    let opening = try SafeOpening(path, O_WRONLY | O_APPEND, .kept) { FileFailure(opening: path, $0) }
    return OutputQueue(opening.descriptor, called: path)
  }

  /// Goes on in a new file of the same name where somebody moved this one away or removed it.
  mutating func reopen() throws(FileFailure) {
    if path != "-", output.isElsewhere(than: path) { output = try Self.open(path) }
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
    try output.append(lines)
  }

  /// Bytes that wait for the reader of a pipe; ``catchUp()`` from time to time then.
  var waiting: Int { output.waiting }

  mutating func catchUp() throws(FileFailure) { try output.catchUp() }

  mutating func finish() throws(FileFailure) { try output.finish() }
}
