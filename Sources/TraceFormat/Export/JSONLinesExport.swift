import MilterProtocol
import TraceModel

extension ExportFormat {
  package static let jsonLines = ExportFormat(
    "jsonl", fileExtension: "jsonl",
    "a stream of JSON objects, one a line: the trace, sessions, messages, packets, and other events in order",
    options: .takesDelivered
  ) { JSONLinesExport($0) }
}

/// One object a line, each with its `type`; a session and a message come before the first packet of theirs.
struct JSONLinesExport: Exporter {
  private let input: ExportInput
  private var fold: ExportedEntries
  private let late: LateFindings
  private let packets: PacketJSON
  private let tables: SessionJSON
  private var toldConnections: [Bool]
  private var toldMessages: [Bool]

  init(_ input: ExportInput) {
    self.input = input
    fold = ExportedEntries(input)
    late = LateFindings(input)
    packets = PacketJSON(startedAt: input.head.startedAt)
    tables = SessionJSON(input)
    toldConnections = [Bool](repeating: false, count: input.index.connections.count)
    toldMessages = [Bool](repeating: false, count: input.index.messages.count)
  }

  var stepCount: Int { fold.stepCount + 1 }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    guard number > 0 else {
      bytes.append(ascii: "{\"type\":\"trace\",")
      tables.append(input.head, to: &bytes)
      bytes.append(ascii: "}\n")
      return
    }
    for entry in fold.step(number - 1) { append(entry, to: &bytes) }
  }

  private mutating func append(_ entry: Listing.Entry, to bytes: inout [UInt8]) {
    switch entry {
    case .packet(let packet):
      introduce(packet.connection, packet.number, to: &bytes)
      bytes.append(ascii: "{\"type\":\"packet\",")
      packets.appendMembers(packet, late: late.ids(about: packet), to: &bytes)
      bytes.append(ascii: "}\n")
    case .remark(let record):
      introduce(record.connection, record.subject, to: &bytes)
      guard !record.isFinding else { break }
      bytes.append(ascii: "{\"type\":\"event\",")
      tables.append(record, to: &bytes)
      bytes.append(ascii: "}\n")
    }
    for finding in entry.findings {
      bytes.append(ascii: "{\"type\":\"finding\",")
      tables.append(finding, to: &bytes)
      bytes.append(ascii: "}\n")
    }
  }

  private mutating func introduce(_ connection: Int, _ packet: Int?, to bytes: inout [UInt8]) {
    if let c = input.index.connectionIndex(connection), connection > 0, !toldConnections[c] {
      toldConnections[c] = true
      bytes.append(ascii: "{\"type\":\"session\",")
      tables.append(connection: c, to: &bytes)
      bytes.append(ascii: "}\n")
    }
    guard let row = packet.flatMap({ input.index.row(number: $0) }),
      let i = input.index.messageIndex(at: row), !toldMessages[i]
    else { return }
    toldMessages[i] = true
    bytes.append(ascii: "{\"type\":\"message\",")
    tables.append(message: i, to: &bytes)
    bytes.append(ascii: "}\n")
  }
}
