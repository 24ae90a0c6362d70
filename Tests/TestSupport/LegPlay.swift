import Dialogue
import MilterProtocol

/// Packets that pass from one peer to the other, a millisecond apart, numbered from 1.
package struct LegPlay {
  private var follower = Follower()
  package private(set) var places: [Placement] = []
  package private(set) var findings: [Finding] = []
  package private(set) var now = Moment.zero
  private var number = 0

  package init() {}

  package var dialogue: Dialogue { follower.dialogue }

  package init(_ letters: String, actions: ActionFlags = .current, flags: ProtocolFlags = []) {
    play(Letters.packets(letters, actions: actions, flags: flags))
  }

  @discardableResult
  package mutating func play(_ packets: [Packet]) -> [Finding] {
    let before = findings.count
    for packet in packets {
      now = now + .milliseconds(1)
      number += 1
      places.append(follower.received(packet, number: number, at: now, findings: &findings))
    }
    return Array(findings[before...])
  }

  /// They come in one read.
  package mutating func playAtOnce(_ packets: [Packet]) {
    for packet in packets {
      number += 1
      places.append(follower.received(packet, number: number, at: now, findings: &findings))
    }
  }

  @discardableResult
  package mutating func play(_ packets: Packet...) -> [Finding] { play(packets) }

  package mutating func wait(_ span: Moment.Span) { now = now + span }

  @discardableResult
  package mutating func close(_ leg: Leg, unfinished: Int = 0) -> [Finding] {
    let before = findings.count
    follower.closed(leg, unfinished: unfinished, at: now, findings: &findings)
    return Array(findings[before...])
  }
}

extension [Finding] {
  /// The rules' ids in order, without the notes if asked for.
  package func ids(from severity: Finding.Severity = .note) -> [String] {
    filter { $0.severity >= severity }.map(\.rule.id)
  }
}
