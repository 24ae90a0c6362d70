import MilterProtocol
import TraceModel

extension ExportFormat {
  package static let json = ExportFormat(
    "json", fileExtension: "json",
    "one JSON document: the trace, its sessions, messages, packets, and other events",
    options: .takesDelivered
  ) { JSONExport($0) }
}

/// One document: the trace, and an array for each kind of object, an object a line.
struct JSONExport: Exporter {
  private enum Section: CaseIterable { case sessions, messages, packets, findings, events }

  private let head: TraceHead
  private let tables: SessionJSON
  private let packets: PacketJSON
  private let connections: [Int]
  private let messages: [Int]
  private let late: LateFindings
  private var packetFold: ExportedEntries
  private var findingFold: ExportedEntries
  private var eventFold: ExportedEntries
  private var isFirst = true

  init(_ input: ExportInput) {
    head = input.head
    tables = SessionJSON(input)
    packets = PacketJSON(startedAt: input.head.startedAt)
    connections = input.connections
    messages = input.messages
    late = LateFindings(input)
    packetFold = ExportedEntries(input)
    findingFold = packetFold
    eventFold = packetFold
  }

  /// Each section has its opening and its items; then comes the end.
  var stepCount: Int { Section.allCases.reduce(1) { $0 + 1 + count($1) } }

  private func count(_ section: Section) -> Int {
    switch section {
    case .sessions: connections.count
    case .messages: messages.count
    case .packets, .findings, .events: packetFold.stepCount
    }
  }

  mutating func step(_ number: Int, into bytes: inout [UInt8]) {
    var place = number
    for section in Section.allCases {
      if place == 0 { return open(section, &bytes) }
      place -= 1
      if place < count(section) { return fill(section, place, &bytes) }
      place -= count(section)
    }
    bytes.append(ascii: "]}\n")
  }

  private mutating func open(_ section: Section, _ bytes: inout [UInt8]) {
    isFirst = true
    switch section {
    case .sessions:
      bytes.append(ascii: "{\"trace\":{")
      tables.append(head, to: &bytes)
      bytes.append(ascii: "},\n\"sessions\":[")
    case .messages: bytes.append(ascii: "],\n\"messages\":[")
    case .packets: bytes.append(ascii: "],\n\"packets\":[")
    case .findings: bytes.append(ascii: "],\n\"findings\":[")
    case .events: bytes.append(ascii: "],\n\"events\":[")
    }
  }

  private mutating func fill(_ section: Section, _ place: Int, _ bytes: inout [UInt8]) {
    switch section {
    case .sessions:
      separate(&bytes)
      tables.append(connection: connections[place], to: &bytes)
      bytes.append(ascii: "}")
    case .messages:
      separate(&bytes)
      tables.append(message: messages[place], to: &bytes)
      bytes.append(ascii: "}")
    case .packets:
      for case .packet(let packet) in packetFold.step(place) {
        separate(&bytes)
        packets.appendMembers(packet, late: late.ids(about: packet), to: &bytes)
        bytes.append(ascii: "}")
      }
    case .findings:
      for finding in findingFold.step(place).flatMap(\.findings) {
        separate(&bytes)
        tables.append(finding, to: &bytes)
        bytes.append(ascii: "}")
      }
    case .events:
      for case .remark(let record) in eventFold.step(place) where !record.isFinding {
        separate(&bytes)
        tables.append(record, to: &bytes)
        bytes.append(ascii: "}")
      }
    }
  }

  private mutating func separate(_ bytes: inout [UInt8]) {
    bytes.append(ascii: isFirst ? "\n{" : ",\n{")
    isFirst = false
  }
}
