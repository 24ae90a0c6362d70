import MilterProtocol
import TraceModel

/// A finding with what its record says about it.
struct ToldFinding {
  let finding: Finding
  let connection: Int
  let time: Moment
}

extension Listing.Entry {
  /// Those about the packet that came with it, or the one that it is.
  var findings: [ToldFinding] {
    switch self {
    case .packet(let packet):
      return packet.findings.map {
        ToldFinding(finding: $0, connection: packet.connection, time: packet.time)
      }
    case .remark(let record):
      guard case .found(let finding) = record.event else { return [] }
      return [ToldFinding(finding: finding, connection: record.connection, time: record.time)]
    }
  }
}

extension Record {
  var isFinding: Bool {
    if case .found = event { true } else { false }
  }
}

/// Which findings about a packet came behind it, other records in between (a reply that never came, a close).
struct LateFindings {
  private var ids: [Int: [String]] = [:]

  init(_ input: ExportInput) {
    for entry in input.index.findings {
      guard let row = entry.row else { continue }
      ids[input.index.number(at: row), default: []].append(entry.rule.id)
    }
  }

  /// Those that `packet` does not have already; of a packet that left in its place none.
  func ids(about packet: ListedPacket) -> [String] {
    if case .changed = packet.origin { return [] }
    guard var rest = ids[packet.number] else { return [] }
    for finding in packet.findings {
      if let place = rest.firstIndex(of: finding.rule.id) { rest.remove(at: place) }
    }
    return rest
  }
}
