import MilterProtocol
import TraceModel

extension ExportFormat {
  package static let trace = ExportFormat(
    "trace", fileExtension: "mtrace",
    "a trace again: all of it, or the chosen packets with what is needed to understand them",
    options: .keepsRemarks
  ) { TraceExport($0) }
}

/// The chosen packets, and what they need, as a trace of their own; numbers of packets and connections stay.
struct TraceExport: Exporter {
  private let input: ExportInput
  private let kept: ExportInput

  init(_ input: ExportInput) {
    self.input = input
    kept = input.completed
  }

  var stepCount: Int { input.source.count + 1 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    guard number > 0 else {
      RecordWriter.append(input.head, to: &bytes)
      return
    }
    guard let record = input.source.record(at: number - 1), kept.includes(record) else { return }
    RecordWriter.append(record, to: &bytes)
  }
}
