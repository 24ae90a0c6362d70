import MilterProtocol
import ProxyCore

/// The runtime's side of one session: two sockets and the machine that decides about them.
final class Connection {
  let slot: Int
  /// Where the MTA connected.
  let gate: Gate
  var machine: SessionMachine
  let mta = Endpoint()
  let milter = Endpoint()
  /// Addresses of the milter that are still to be tried.
  var candidates: ArraySlice<SocketAddress> = []
  /// On the list of connections to look after at the end of the turn.
  var isTouched = false
  /// When the milter last said or took something.
  var milterMoved = Moment.zero
  /// When anything last came or left, on either leg.
  var moved = Moment.zero
  /// Bytes that it is known to keep (``KeptMemory``).
  var counted = 0
  /// Between attempts to reach the milter.
  var backoff = Backoff()

  init(slot: Int, at gate: Gate, _ machine: SessionMachine) {
    self.slot = slot
    self.gate = gate
    self.machine = machine
  }

  subscript(leg: Leg) -> Endpoint {
    switch leg {
    case .mta: mta
    case .milter: milter
    }
  }

  /// Bytes of the peers that it keeps.
  func kept() -> Int { mta.keeps + milter.keeps + machine.kept() }

  var isOver: Bool { !mta.isOpen && !milter.isOpen }

  /// Does on both legs what was waiting for their outboxes, and tells the poller what is wanted.
  func settle(_ poller: borrowing Poller) {
    milter.acknowledge()
    mta.settle()
    milter.settle()
    if mta.hasEnded, milter.hasEnded, mta.isFinished || !mta.isOpen, milter.isFinished || !milter.isOpen {
      mta.close()
      milter.close()
    }
    mta.isThrottled = throttles(mta, by: milter)
    milter.isThrottled = throttles(milter, by: mta)
    mta.watch(poller, tag: Tag.leg(.mta, slot))
    milter.watch(poller, tag: Tag.leg(.milter, slot))
  }

  private func throttles(_ source: Endpoint, by target: Endpoint) -> Bool {
    target.outbox.count > (source.isThrottled ? Outbox.low : Outbox.high)
  }
}

/// What an event of the poller is about.
enum Tag {
  static let requests: UInt64 = 1
  static let signals: UInt64 = 2
  private static let firstListener: UInt64 = 16
  private static let firstLeg = firstListener + UInt64(Gate.most)

  static func listener(_ gate: Int) -> UInt64 { firstListener + UInt64(gate) }
  /// Which one, of the tag of a listener.
  static func gate(_ tag: UInt64) -> Int { Int(tag - firstListener) }

  static func leg(_ leg: Leg, _ slot: Int) -> UInt64 { firstLeg + UInt64(slot) << 1 + UInt64(leg.rawValue) }

  /// The connection's slot and the leg; nil for the other descriptors.
  static func connection(_ tag: UInt64) -> (slot: Int, leg: Leg)? {
    guard tag >= firstLeg else { return nil }
    return (Int((tag - firstLeg) >> 1), (tag - firstLeg) & 1 == 0 ? .mta : .milter)
  }
}
