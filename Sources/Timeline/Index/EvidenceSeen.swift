import MilterProtocol
import TraceModel

extension Evidence {
  func mayBe(_ entry: PacketEntry, in source: any RecordSource) -> Bool {
    kinds.contains(entry.kind) && texts.allSatisfy { source.mayHold($0, at: Int(entry.record)) }
  }
}

/// The messages and connections in which evidence was seen.
struct EvidenceSeen: Sendable {
  /// By span.
  private var messages: [Bool] = []
  /// By index.
  private var connections: [Bool] = []

  mutating func note(_ evidence: Evidence, _ entry: PacketEntry, connection: UInt32) {
    switch evidence.scope {
    case .message: Self.set(Int(entry.span), in: &messages)
    case .connection: Self.set(Int(connection), in: &connections)
    }
  }

  func coversSpan(of entry: PacketEntry) -> Bool {
    let span = Int(entry.span)
    return span < messages.count && messages[span]
  }

  func coversConnection(_ c: UInt32) -> Bool { Int(c) < connections.count && connections[Int(c)] }

  private static func set(_ place: Int, in seen: inout [Bool]) {
    if place >= seen.count { seen += repeatElement(false, count: place + 1 - seen.count) }
    seen[place] = true
  }
}
