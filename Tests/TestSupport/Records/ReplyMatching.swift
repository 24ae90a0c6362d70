import MilterProtocol
import TraceModel

/// Holds the two readers of a conversation against each other: `SessionFacts` (which knows what was changed) and a
/// `StageTracker` for each leg (which knows the law) have to see the same command behind every reply.
package struct ReplyMatching {
  private var facts = SessionFacts()
  private var trackers = [StageTracker(), StageTracker()]
  private var packets: [Int: Packet] = [:]
  /// Replies looked at.
  package private(set) var replies = 0
  package private(set) var differences: [String] = []

  package init() {}

  package mutating func apply(_ record: Record) {
    let placement = facts.apply(record)
    switch record.event {
    case .received(let received):
      packets[received.number] = received.packet
      let place = travel(received.packet, received.number, on: received.packet.sender, at: record.time)
      if received.packet.sender == .milter { compare(received.packet, received.number, placement, place) }
      if received.forwarded {
        _ = travel(received.packet, received.number, on: received.packet.sender.other, at: record.time)
      }
    case .sent(let sent):
      guard let packet = sent.packet ?? sent.original.flatMap({ packets[$0] }),
        let number = sent.number ?? sent.original
      else { return }
      let place = travel(packet, number, on: sent.leg, at: record.time)
      if sent.leg == .mta, sent.original == nil { compare(packet, number, placement, place) }
    case .opened, .passed, .held, .released, .instructed, .found, .noted, .marked, .closed: break
    }
  }

  private mutating func travel(_ packet: Packet, _ number: Int, on leg: Leg, at now: Moment) -> Place {
    var findings: [Finding] = []
    return trackers[Int(leg.rawValue)].received(packet, number: number, at: now, findings: &findings)
  }

  private mutating func compare(_ packet: Packet, _ number: Int, _ placement: Placement?, _ place: Place) {
    guard case .reply = packet.kind else { return }
    replies += 1
    guard placement?.answers != place.answers || placement?.stage != place.stage else { return }
    differences.append(
      "\(packet.kind.name), packet \(number): facts say \(placement?.answers ?? 0) "
        + "(\(placement?.stage?.name ?? "-")), the tracker \(place.answers ?? 0) (\(place.stage?.name ?? "-"))"
    )
  }
}
