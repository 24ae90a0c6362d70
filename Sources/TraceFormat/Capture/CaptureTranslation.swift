import TraceModel

/// A packet capture turned into the text of a trace, piece by piece, so that whatever reads traces reads captures.
package struct CaptureTranslation: TraceTranslation {
  private var capture = CaptureImport()
  private var hasHead = false

  package init() {}

  /// Whether a file that begins with these bytes (four at least) is a capture.
  package static func fits(_ start: some Collection<UInt8>) -> Bool { CaptureFile.begins(start) }

  /// The lines that more bytes of the capture make.
  package mutating func append(_ bytes: [UInt8]) -> [UInt8] { lines(capture.append(bytes)) }

  /// The lines that its end makes; a capture without a frame still makes a trace.
  package mutating func finish() -> [UInt8] { lines(capture.finish()) }

  private mutating func lines(_ records: [Record]) -> [UInt8] {
    var text: [UInt8] = []
    guard !records.isEmpty else { return text }
    if !hasHead {
      hasHead = true
      let head = TraceHead(program: "capture", startedAt: capture.firstFrameTime ?? 0, command: [])
      RecordWriter.append(head, to: &text)
    }
    for record in records { RecordWriter.append(record, to: &text) }
    return text
  }
}
