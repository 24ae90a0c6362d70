import TraceModel

/// How many packets each rule has acted on, by the rule's label.
package struct RuleHits: Equatable, Sendable {
  private var hits: [String: Hits] = [:]

  private struct Hits: Equatable, Sendable {
    var count = 0
    /// A rule with several instructions leaves several records about one packet.
    var lastPacket = 0
  }

  package func count(of label: String) -> Int { hits[label]?.count ?? 0 }

  mutating func note(_ cause: Cause, packet: Int) {
    guard case .rule(let label) = cause, hits[label]?.lastPacket != packet else { return }
    hits[label, default: Hits()].count += 1
    hits[label]?.lastPacket = packet
  }
}
