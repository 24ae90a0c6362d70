import ConsoleUI
import ProxyRuntime
import TraceFormat
import TraceModel

/// A part of a trace, written as a trace of its own.
enum TraceExcerpt {
  enum Outcome {
    case done(String)
    /// There is a file of that name, and nobody said that it may go.
    case exists
  }

  /// - Parameter spared: files that are being read and are never written over.
  static func write(
    _ numbers: [Int], of records: any RecordSource, to path: String, replacing: Bool,
    sparing spared: NewFile.Spared
  ) throws(FileFailure) -> Outcome {
    if try spared.isThere(path), !replacing { return .exists }
    let head = records.head ?? TraceHead(program: Mitmilter.version, startedAt: 0, command: [])
    var file = try TraceFileWriter(path: path, head: head, replacing: replacing)
    var lines: [UInt8] = []
    var count = 0
    for number in numbers {
      guard let record = records.record(at: number) else { continue }
      RecordWriter.append(record, to: &lines)
      count += 1
      if lines.count > 1 << 20 {
        try file.append(lines)
        lines.removeAll(keepingCapacity: true)
      }
    }
    try file.append(lines)
    return .done("wrote \(NumberText.count(count, "record")) to \(path)")
  }
}
