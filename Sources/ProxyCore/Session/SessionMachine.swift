import MilterProtocol
import TraceModel

/// One proxied connection: decides what becomes of everything that arrives on either leg, and does none of it.
///
/// Its jobs:
/// 1. number every packet and record it before it leaves;
/// 2. decide on each packet (``decide(_:number:)``): so far every one is forwarded as it came;
/// 3. let a tracker remark on what the peers do; its findings follow the record of the packet;
/// 4. let each peer see the other's end as it would without us.
///
/// ```
///                 connected                     both legs ended
///   connecting ───────────────▶ relaying ─────────────────────────▶ over
///        └────── unreachable, or 30 s passed: the MTA is closed ─────┘
/// ```
///
/// What stays true: bytes of one leg leave in the order in which they came; no finding changes what leaves; the
/// trace shows a packet before anyone else sees it. While connecting, what the MTA says is taken and waits with the
/// runtime. A peer's end of stream is passed on as such (no MTA half-closes, a close looks just so from here), a
/// broken connection as a broken connection.
package struct SessionMachine: Sendable {
  private enum State {
    case connecting
    case relaying
    case over
  }

  package let connection: Int
  private var state = State.connecting
  /// Legs whose peers will say nothing more.
  private var ended = LegSet()
  /// Legs whose peers take nothing more.
  private var deaf = LegSet()

  /// How long a milter may take to accept a connection (`milter_connect_timeout` of Postfix).
  package static let connectPatience = Moment.Span.seconds(30)

  package init(connection: Int) {
    self.connection = connection
  }

  /// Whether nothing more will be asked of the outside.
  package var isOver: Bool {
    switch state {
    case .over: true
    case .connecting, .relaying: false
    }
  }

  // MARK: - Events

  /// The MTA connected.
  package mutating func opened(_ opened: Opened, at now: Moment, into effects: inout Effects) {
    record(.opened(opened), at: now, into: &effects)
    effects.acts.append(.connectMilter)
    effects.acts.append(.wake(at: now + Self.connectPatience))
  }

  package mutating func milterConnected(at now: Moment, into effects: inout Effects) {
    guard case .connecting = state else { return }
    state = .relaying
    effects.acts.append(.wake(at: nil))
  }

  /// The milter could not be reached: the MTA sees a close, as it would where nobody listens.
  package mutating func milterUnreachable(_ why: String, at now: Moment, into effects: inout Effects) {
    guard case .connecting = state else { return }
    state = .over
    effects.acts.append(.wake(at: nil))
    record(.closed(Closed(leg: .milter, how: .unreachable(why))), at: now, into: &effects)
    effects.acts.append(.close(.milter))
    if !ended.contains(.mta) {
      record(.closed(Closed(leg: .mta, how: .ours("the milter is unreachable"))), at: now, into: &effects)
    }
    ended = [.mta, .milter]
    effects.acts.append(.close(.mta))
  }

  /// A whole packet arrived.
  package mutating func received(_ packet: Packet, at now: Moment, into effects: inout Effects) {
    let number = effects.takePacketNumber()
    switch decide(packet, number: number) {
    case .forward:
      record(
        .received(Received(number: number, packet: packet, forwarded: true)), at: now, into: &effects)
      effects.acts.append(.forward(to: packet.sender.other))
    }
  }

  /// Bytes arrived that make no packet; they pass.
  package mutating func passed(
    _ passed: Passed, start: Inflow.Start?, at now: Moment, into effects: inout Effects
  ) {
    record(.passed(passed), at: now, into: &effects)
    effects.acts.append(.forward(to: passed.sender.other))
  }

  /// The peer of a leg will say nothing more: `.peer` where it said so, `.error` where the connection broke.
  package mutating func closed(
    _ leg: Leg, _ how: Closed.Ending, at now: Moment, into effects: inout Effects
  ) {
    guard !ended.contains(leg) else { return }
    record(.closed(Closed(leg: leg, how: how)), at: now, into: &effects)
    ended.insert(leg)
    if case .peer = how, !deaf.contains(leg) {
      effects.acts.append(.finish(leg.other))
      if ended.contains(leg.other) { state = .over }
    } else {
      breakOff(after: leg, at: now, into: &effects)
    }
  }

  /// The peer of a leg takes nothing more. What it said before is still to be read, unless it has ended already.
  package mutating func deafened(_ leg: Leg, at now: Moment, into effects: inout Effects) {
    guard !deaf.contains(leg) else { return }
    deaf.insert(leg)
    if ended.contains(leg) { breakOff(after: leg, at: now, into: &effects) }
  }

  /// The time that was asked for with `wake` has come.
  package mutating func tick(at now: Moment, into effects: inout Effects) {
    switch state {
    case .connecting: milterUnreachable("no answer within 30 s", at: now, into: &effects)
    case .relaying, .over: break
    }
  }

  /// The program ends: both legs are closed.
  package mutating func terminated(_ why: String, at now: Moment, into effects: inout Effects) {
    state = .over
    effects.acts.append(.wake(at: nil))
    for leg in Leg.allCases {
      if !ended.contains(leg) { record(.closed(Closed(leg: leg, how: .ours(why))), at: now, into: &effects) }
      ended.insert(leg)
      effects.acts.append(.close(leg))
    }
  }

  // MARK: - Decisions

  /// What becomes of a packet.
  private enum Decision {
    case forward
  }

  /// The one place where a packet's fate is decided.
  private func decide(_ packet: Packet, number: Int) -> Decision {
    .forward
  }

  /// The connection of `leg` is broken: the other peer sees a broken connection too.
  private mutating func breakOff(after leg: Leg, at now: Moment, into effects: inout Effects) {
    state = .over
    effects.acts.append(.wake(at: nil))
    effects.acts.append(.close(leg))
    if !ended.contains(leg.other) {
      let why = "the connection to the \(leg == .mta ? "MTA" : "milter") broke"
      record(.closed(Closed(leg: leg.other, how: .ours(why))), at: now, into: &effects)
      ended.insert(leg.other)
    }
    effects.acts.append(.reset(leg.other))
  }

  // MARK: - Records

  private func record(_ event: Record.Event, at now: Moment, into effects: inout Effects) {
    effects.records.append(Record(time: now, connection: connection, event: event))
  }

  private func remark(_ findings: [Finding], at now: Moment, into effects: inout Effects) {
    for finding in findings { record(.found(finding), at: now, into: &effects) }
  }
}

/// Some of the two legs.
struct LegSet: OptionSet, Sendable {
  let rawValue: UInt8
  static let mta = LegSet(rawValue: 1 << Leg.mta.rawValue)
  static let milter = LegSet(rawValue: 1 << Leg.milter.rawValue)
  func contains(_ leg: Leg) -> Bool { rawValue & (1 << leg.rawValue) != 0 }
  mutating func insert(_ leg: Leg) { self = LegSet(rawValue: rawValue | 1 << leg.rawValue) }
}
