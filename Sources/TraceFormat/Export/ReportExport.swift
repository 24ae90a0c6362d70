import MilterProtocol
import TraceModel

extension ExportFormat {
  package static let report = ExportFormat(
    "report", fileExtension: "md",
    "a report in Markdown for an issue tracker: summary, conversation, findings, what was changed; redacted",
    options: .isRedacted
  ) { ReportExport($0) }
}

/// What a maintainer wants to know first, in the order in which it is asked, in less than 60 KB.
struct ReportExport: Exporter {
  private let input: ExportInput
  private let text: SessionReport
  private var written = 0
  private var leftOut = 0
  private var connectionsLeftOut = 0
  private let connections: [Int]

  /// Below what issue trackers take in one comment (65,536 characters).
  static let limitBytes = 60_000
  private static let endingBytes = 400
  /// A connection that has less room than this is not begun.
  private static let connectionBytes = 1000

  init(_ input: ExportInput) {
    self.input = input
    text = SessionReport(input)
    connections = input.connections
  }

  /// The summary, each connection, and the end.
  var stepCount: Int { connections.count + 2 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    switch number {
    case 0:
      add(text.summary, to: &bytes)
      for block in text.overview { add(block, to: &bytes) }
    case stepCount - 1: bytes.append(contentsOf: ending.utf8)
    default:
      guard written + Self.connectionBytes <= Self.limitBytes else {
        connectionsLeftOut += 1
        return
      }
      for block in text.blocks(ofConnection: connections[number - 1]) { add(block, to: &bytes) }
    }
  }

  var remarks: [String] {
    words.map { ["the report is full: \($0) left out"] } ?? []
  }

  private mutating func add(_ block: String, to bytes: inout [UInt8]) {
    let size = block.utf8.count + 1
    guard written + size + Self.endingBytes <= Self.limitBytes else {
      leftOut += 1
      return
    }
    written += size
    bytes.append(contentsOf: block.utf8)
    bytes.append(0x0A)
  }

  /// What has no room; nil where all has.
  private var words: String? {
    var parts: [String] = []
    if leftOut > 0 { parts.append(counted(leftOut, "part")) }
    if connectionsLeftOut > 0 { parts.append(counted(connectionsLeftOut, "connection")) }
    return parts.isEmpty ? nil : parts.joined(separator: " and ")
  }

  private var ending: String {
    var words = "---\n"
    if let leftOut = self.words {
      words +=
        "**\(leftOut) left out** to stay below \(Self.limitBytes / 1000) KB. Choose less with `-f`, or attach "
        + "the whole: `mitmilter export trace --redact FILE -o FILE.mtrace`.\n\n"
    }
    return words + "Made with mitmilter. `mitmilter open` shows an attached trace packet by packet.\n"
  }
}
