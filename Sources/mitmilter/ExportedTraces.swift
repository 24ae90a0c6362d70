import ProxyRuntime
import Timeline
import TraceFormat
import TraceModel

/// The traces that an export reads, as one: complete, with what could not be read told on standard error.
struct ExportedTraces {
  let records: any RecordSource
  /// Those that could be opened; they are never written over.
  let paths: [String]
  private let traces: [CheckedTrace]
  private let isMissingAny: Bool

  /// - Parameter isJudged: findings are those of this version, not those that were recorded.
  /// - Throws: where none of them can be read.
  init(_ paths: [String], isJudged: Bool = false) throws(Failure) {
    guard paths.filter({ $0 == "-" }).count <= 1 else {
      throw Failure("standard input can be read once only", hint: "- is there more than once")
    }
    var traces: [CheckedTrace] = []
    var failures: [Failure] = []
    for path in paths {
      do throws(FileFailure) { traces.append(try CheckedTrace(path, isJudged: isJudged)) } catch {
        failures.append(Failure(error))
      }
    }
    guard let first = traces.first else {
      for failure in failures.dropLast() { report(failure) }
      throw failures.last ?? Failure("there is no trace to export")
    }
    for failure in failures { report(failure) }
    self.traces = traces
    self.paths = traces.map { TraceFolder.bundledTrace(in: $0.path) ?? $0.path }.filter { $0 != "-" }
    isMissingAny = !failures.isEmpty
    records = traces.count > 1 ? MergedRecords(traces, names: traces.map(\.path)) : first
  }

  /// Tells what was lost at the ends of the files. Whether all of them could be read.
  func finish() -> Bool {
    traces.reduce(!isMissingAny) { $1.finish() && $0 }
  }
}

/// A trace read to its end, which tells of each line that is no record when it first comes upon it.
private final class CheckedTrace: RecordSource {
  private let reader: TraceFileReader
  private var unreadable: UnreadableLines
  /// Places up to here were read before.
  private var next = 0

  init(_ path: String, isJudged: Bool) throws(FileFailure) {
    reader = try TraceFileReader(path: path, isJudged: isJudged)
    while try reader.advance() == .grew {}
    unreadable = UnreadableLines(path: path)
  }

  var path: String { reader.path }
  var head: TraceHead? { reader.head }
  var count: Int { reader.count }

  func record(at index: Int) -> Record? {
    defer { next = max(next, index + 1) }
    do throws(UnreadableLine) {
      return try reader.read(index)
    } catch {
      if index >= next { unreadable.report(error) }
      return nil
    }
  }

  func finish() -> Bool { unreadable.finish(reader.loss) }
}
