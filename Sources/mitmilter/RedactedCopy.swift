import CommandLanguage
import ProxyRuntime
import TraceFormat
import TraceModel

extension OperatorLanguage {
  /// That of rules, instructions and expressions.
  static let own = OperatorLanguage(
    words: LanguageWords.all,
    pieces: { LanguageWords.pieces(of: $0).map { .init($0.bytes, isValue: $0.isValue) } }
  ) { $0.text }
}

/// The records of a trace with other words in them, in a file without a name, made record by record.
final class RedactedCopy {
  private let records: any RecordSource
  private var file: TraceFileWriter
  private var redactor: RecordRedactor
  private var lines: [UInt8] = []

  init(of records: any RecordSource, by redactor: Redactor) throws(FileFailure) {
    var redactor = redactor
    let head = redactor.head(records.head ?? TraceHead(program: "", startedAt: 0, command: []))
    self.records = records
    self.redactor = RecordRedactor(redactor)
    file = try TraceFileWriter(temporaryWith: head)
  }

  /// One a record, and one for the end.
  var stepCount: Int { records.count + 1 }

  /// Each once, in order.
  func step(_ number: Int) throws(FileFailure) {
    if number == records.count {
      for record in redactor.finish() { RecordWriter.append(record, to: &lines) }
    } else if let record = records.record(at: number) {
      for ready in redactor.take(record) { RecordWriter.append(ready, to: &lines) }
    }
    guard lines.count > 262_144 || number == records.count else { return }
    try file.append(lines)
    lines.removeAll(keepingCapacity: true)
  }

  /// What became what, after the last step.
  var pseudonyms: [[UInt8]: [UInt8]] { redactor.redactor.pseudonyms }

  /// The copy, after the last step. The file has no name, but its descriptor has one.
  func finished() throws(FileFailure) -> TraceFileReader {
    try TraceFileReader(path: "/proc/self/fd/\(file.descriptor)")
  }
}
