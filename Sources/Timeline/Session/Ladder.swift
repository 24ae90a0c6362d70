import MilterProtocol
import TraceModel

/// A session as a ladder diagram: who sent what to whom, with us in the middle.
package struct Ladder: Sendable {
  package private(set) var steps: [Step] = []

  package enum Party: Equatable, Sendable { case mta, us, milter }

  package struct Step: Equatable, Sendable {
    package var time: Moment
    package var from: Party
    package var to: Party
    package var what: What
    /// Number of the packet; nil for openings and ends.
    package var packet: Int?
    /// Of a reply of the milter: how long it took.
    package var took: Moment.Span?
    /// Whether it never arrived: the peer was gone, was never reached, or the packet was dropped here. It ends at us, or on
    /// the way from us to `to`.
    package var isLost = false
  }

  package enum What: Equatable, Sendable {
    case opened
    case packet(PacketKind, stage: Stage?)
    /// What leaves later, as it came.
    case released(PacketKind, stage: Stage?)
    /// What leaves instead of what came.
    case edited(PacketKind, stage: Stage?)
    case injected(PacketKind, stage: Stage?)
    /// Bytes that make no packet.
    case bytes(Int)
    case closed(Closed.Ending)
  }

  private var facts = SessionFacts()
  /// Kind and stage of packets that stopped here.
  private var stopped: [Int: Stopped] = [:]
  /// Peers that take nothing more.
  private var gone: [Party] = []

  private struct Stopped: Equatable, Sendable {
    var kind: PacketKind
    var stage: Stage?
  }

  package init() {}

  package init(_ records: some Sequence<Record>) {
    for record in records { append(record) }
  }

  /// Takes the records of one connection in order.
  package mutating func append(_ record: Record) {
    let first = steps.count
    add(record)
    for place in first..<steps.count where gone.contains(steps[place].to) { lose(place) }
    if case .closed(let closed) = record.event { close(closed) }
  }

  /// What was sent to somebody who is gone ends here.
  private mutating func lose(_ place: Int) {
    switch steps[place].what {
    case .opened, .closed: return
    case .packet, .released, .edited, .injected, .bytes: break
    }
    if steps[place].from != .us { steps[place].to = .us }
    steps[place].isLost = true
  }

  private mutating func close(_ closed: Closed) {
    let party = party(closed.leg)
    gone.append(party)
    // Nothing of what waited for the connection to come about has left.
    guard case .unreachable = closed.how else { return }
    for place in steps.indices where steps[place].to == party { lose(place) }
  }

  private mutating func add(_ record: Record) {
    let placement = facts.apply(record)
    func step(_ from: Party, _ to: Party, _ what: What, _ packet: Int? = nil) -> Step {
      Step(time: record.time, from: from, to: to, what: what, packet: packet, took: placement?.took)
    }
    switch record.event {
    case .opened: steps.append(step(.mta, .us, .opened))
    case .received(let received):
      let from = party(received.packet.sender)
      let what = What.packet(received.packet.kind, stage: placement?.stage)
      steps.append(step(from, received.forwarded ? other(from) : .us, what, received.number))
      if !received.forwarded {
        stopped[received.number] = Stopped(kind: received.packet.kind, stage: placement?.stage)
      }
    case .passed(let passed):
      let from = party(passed.sender)
      steps.append(step(from, other(from), .bytes(passed.bytes.count)))
    case .sent(let sent):
      let number = sent.original ?? sent.number
      let original = sent.original.flatMap { stopped.removeValue(forKey: $0) }
      let what: What
      if let packet = sent.packet {
        let stage = original?.stage ?? placement?.stage
        what =
          sent.original == nil ? .injected(packet.kind, stage: stage) : .edited(packet.kind, stage: stage)
      } else if let original {
        what = .released(original.kind, stage: original.stage)
      } else {
        return
      }
      steps.append(step(.us, party(sent.leg), what, number))
    case .released(let released) where released.outcome != .forwarded:
      stopped[released.number] = nil
      if released.outcome == .dropped, let place = steps.lastIndex(where: { $0.packet == released.number }) {
        steps[place].isLost = true
      }
    case .closed(let closed):
      switch closed.how {
      case .ours: steps.append(step(.us, party(closed.leg), .closed(closed.how)))
      case .peer, .error, .unreachable: steps.append(step(party(closed.leg), .us, .closed(closed.how)))
      }
    case .released, .held, .instructed, .found, .noted, .marked: break
    }
  }

  private func party(_ leg: Leg) -> Party { leg == .mta ? .mta : .milter }
  private func other(_ party: Party) -> Party { party == .mta ? .milter : .mta }
}
