import CommandLanguage
import MilterProtocol
import TraceModel

/// One proxied connection: decides what becomes of everything that arrives on either leg, and does none of it.
///
/// Its jobs:
/// 1. number every packet and record it before it leaves;
/// 2. forward it as it came, or where somebody may hold, edit or answer leave it to ``Steering``;
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
  /// Legs whose peers do not speak milter.
  private var foreign = LegSet()
  /// Bytes of the incomplete packet behind which a leg is about to end.
  private var unfinished = 0
  /// Watches a conversation that only passes. One serves both legs, for both see the same packets.
  private var tracker = StageTracker()

  /// Follows the packets of a connection that somebody may act on; nil where they only pass.
  private var steering: Steering?
  /// The milter is gone, but what it said is still held.
  private var postponed: Closed.Ending?
  private var connectBy: Moment?
  private var wakesAt: Moment?

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

  /// Whether the milter was asked something that it has not answered, be the MTA still there or not.
  package var milterOwes: Bool { steering?.milterOwes ?? !tracker.pending.isEmpty }

  // MARK: - Events

  /// The MTA connected.
  package mutating func opened(
    _ opened: Opened, at now: Moment, under controls: inout Controls, into effects: inout Effects
  ) {
    if controls.steers { steering = Steering(connection: connection, standIn: controls.standIn) }
    record(.opened(opened), at: now, into: &effects)
    guard controls.standIn == nil else {
      state = .relaying
      ended.insert(.milter)
      return
    }
    connectBy = now + Self.connectPatience
    effects.acts.append(.connectMilter)
    wake(controls, into: &effects)
  }

  package mutating func milterConnected(
    at now: Moment, under controls: inout Controls, into effects: inout Effects
  ) {
    guard case .connecting = state else { return }
    state = .relaying
    connectBy = nil
    wake(controls, into: &effects)
  }

  /// The milter could not be reached: the MTA sees a close, as it would where nobody listens, unless the operator
  /// wants it to hear something else.
  package mutating func milterUnreachable(
    _ why: Sentence, at now: Moment, under controls: inout Controls, into effects: inout Effects
  ) {
    guard case .connecting = state else { return }
    connectBy = nil
    record(.closed(Closed(leg: .milter, how: .unreachable(why))), at: now, into: &effects)
    remark([Finding(.unreachable, packet: nil, why)], at: now, into: &effects)
    ended.insert(.milter)
    effects.acts.append(.close(.milter))
    if standIn(at: now, under: &controls, into: &effects) {
      state = .relaying
      return
    }
    if !ended.contains(.mta) {
      record(.closed(Closed(leg: .mta, how: .ours("the milter is unreachable"))), at: now, into: &effects)
    }
    end(at: now, controls, into: &effects)
    effects.acts.append(.close(.mta))
  }

  /// A whole packet arrived.
  package mutating func received(
    _ packet: Packet, at now: Moment, under controls: inout Controls, into effects: inout Effects
  ) {
    guard steering != nil else {
      let number = effects.takePacketNumber()
      record(
        .received(Received(number: number, packet: packet, forwarded: true)), at: now, into: &effects)
      effects.acts.append(.forward(to: packet.sender.other))
      var findings: [Finding] = []
      _ = tracker.received(packet, number: number, at: now, findings: &findings)
      return remark(findings, at: now, into: &effects)
    }
    steer(at: now, under: &controls, into: &effects) { steering, controls, effects in
      steering.received(packet, at: now, &controls, into: &effects)
    }
  }

  /// Bytes arrived that make no packet; they pass.
  package mutating func passed(
    _ passed: Passed, start: Inflow.Start?, at now: Moment, into effects: inout Effects
  ) {
    record(.passed(passed), at: now, into: &effects)
    remark(on: passed, start, at: now, into: &effects)
    if steering?.keeps(passed, into: &effects) ?? false { return }
    effects.acts.append(.forward(to: passed.sender.other))
  }

  /// The peer of a leg will say nothing more: `.peer` where it said so, `.error` where the connection broke, `.ours` where
  /// it is not waited for any longer.
  package mutating func closed(
    _ leg: Leg, _ how: Closed.Ending, at now: Moment, under controls: inout Controls,
    into effects: inout Effects
  ) {
    guard !ended.contains(leg) else { return }
    record(.closed(Closed(leg: leg, how: how)), at: now, into: &effects)
    remark(onEndOf: leg, at: now, into: &effects)
    ended.insert(leg)
    switch leg {
    case .mta:
      steering?.mtaLeft(at: now, into: &effects)
      if steering?.hasStandIn ?? false { return closeBehind(.mta, at: now, controls, into: &effects) }
      if let earlier = postponed.take() { passOn(earlier, of: .milter, at: now, controls, into: &effects) }
    case .milter:
      if standIn(at: now, under: &controls, into: &effects) {
        effects.acts.append(.close(.milter))
        return
      }
      if steering?.waits(from: .milter) ?? false {
        postponed = how
        return wake(controls, into: &effects)
      }
    }
    passOn(how, of: leg, at: now, controls, into: &effects)
  }

  /// The peer of a leg takes nothing more. What it said before is still to be read, unless it has ended already.
  package mutating func deafened(
    _ leg: Leg, at now: Moment, under controls: inout Controls, into effects: inout Effects
  ) {
    guard !deaf.contains(leg) else { return }
    deaf.insert(leg)
    if ended.contains(leg) { breakOff(after: leg, at: now, controls, into: &effects) }
  }

  /// The operator asks something: of a packet by its number, or of the message or connection.
  package mutating func instructed(
    _ instruction: Instruction, packet: Int?, body: [UInt8]? = nil, _ cause: Cause, at now: Moment,
    under controls: inout Controls, into effects: inout Effects
  ) {
    guard steering != nil, !isOver else {
      return instructedWithoutSteering(instruction, packet, cause, at: now, into: &effects)
    }
    steer(at: now, under: &controls, into: &effects) { steering, controls, effects in
      steering.instructed(instruction, packet: packet, body: body, cause, at: now, &controls, into: &effects)
    }
  }

  private mutating func instructedWithoutSteering(
    _ instruction: Instruction, _ packet: Int?, _ cause: Cause, at now: Moment, into effects: inout Effects
  ) {
    let why: Sentence = isOver ? "the connection has ended" : "the connection only passes"
    let event = Record.Event.withoutConnection(instruction, packet, cause, because: why)
    effects.records.append(Record(time: now, connection: connection, event: event))
  }

  /// Nobody is left to decide: what is held goes on as it is.
  package mutating func letGo(
    _ cause: Cause, at now: Moment, under controls: inout Controls, into effects: inout Effects
  ) {
    steer(at: now, under: &controls, into: &effects) { steering, controls, effects in
      steering.letGo(cause, at: now, &controls, into: &effects)
    }
  }

  /// The time that was asked for with `wake` has come.
  package mutating func tick(at now: Moment, under controls: inout Controls, into effects: inout Effects) {
    wakesAt = nil
    if let connectBy, connectBy <= now {
      milterUnreachable("no answer within 30 s", at: now, under: &controls, into: &effects)
    }
    steer(at: now, under: &controls, into: &effects) { steering, controls, effects in
      steering.tick(at: now, &controls, into: &effects)
    }
    wake(controls, into: &effects)
  }

  /// The program ends: both legs are closed.
  package mutating func terminated(
    _ why: Sentence, at now: Moment, under controls: inout Controls, into effects: inout Effects
  ) {
    for leg in Leg.allCases {
      if !ended.contains(leg) { record(.closed(Closed(leg: leg, how: .ours(why))), at: now, into: &effects) }
      effects.acts.append(.close(leg))
    }
    end(at: now, controls, into: &effects)
  }

  // MARK: - Steering

  private mutating func steer(
    at now: Moment, under controls: inout Controls, into effects: inout Effects,
    _ body: (inout Steering, inout Controls, inout Effects) -> Void
  ) {
    guard !isOver else { return }
    var closing: [Leg] = []
    let steered: Void? = steering?.inPlace { steering in
      body(&steering, &controls, &effects)
      closing = steering.takeClosing()
    }
    guard steered != nil else { return }
    for leg in closing { close(leg, at: now, under: &controls, into: &effects) }
    if let how = postponed, !(self.steering?.waits(from: .milter) ?? false) {
      postponed = nil
      passOn(how, of: .milter, at: now, controls, into: &effects)
    }
    wake(controls, into: &effects)
  }

  /// Answers in the milter's place from here on, if the operator wants that.
  private mutating func standIn(
    at now: Moment, under controls: inout Controls, into effects: inout Effects
  ) -> Bool {
    guard let answer = controls.onMilterFailure, !ended.contains(.mta), steering?.isWanted ?? false
    else { return false }
    steer(at: now, under: &controls, into: &effects) { steering, controls, effects in
      steering.milterFailed(answer, at: now, &controls, into: &effects)
    }
    return true
  }

  /// A leg is closed because an instruction says so; the other peer sees it as the end of the first.
  private mutating func close(
    _ leg: Leg, at now: Moment, under controls: inout Controls, into effects: inout Effects
  ) {
    guard !ended.contains(leg) else { return }
    record(
      .closed(Closed(leg: leg, how: .ours("an instruction closed it"))), at: now, into: &effects)
    steering?.noteOurEnd(of: leg, at: now)
    ended.insert(leg)
    effects.acts.append(.close(leg))
    switch leg {
    case .mta:
      steering?.abandonAll(at: now, into: &effects)
      if steering?.hasStandIn ?? false { return end(at: now, controls, into: &effects) }
    case .milter: if standIn(at: now, under: &controls, into: &effects) { return }
    }
    passOn(.peer, of: leg, at: now, controls, into: &effects)
  }

  /// The last leg that there was has ended.
  private mutating func closeBehind(
    _ leg: Leg, at now: Moment, _ controls: Controls, into effects: inout Effects
  ) {
    end(at: now, controls, into: &effects)
    effects.acts.append(.close(leg))
  }

  /// The end of one leg is passed on to the other.
  private mutating func passOn(
    _ how: Closed.Ending, of leg: Leg, at now: Moment, _ controls: Controls, into effects: inout Effects
  ) {
    if how.isOrderly, !deaf.contains(leg) {
      if how != .peer { effects.acts.append(.close(leg)) }
      effects.acts.append(.finish(leg.other))
      if ended.contains(leg.other) { end(at: now, controls, into: &effects) }
    } else {
      breakOff(after: leg, at: now, controls, into: &effects)
    }
  }

  /// The connection of `leg` is broken: the other peer sees a broken connection too.
  private mutating func breakOff(
    after leg: Leg, at now: Moment, _ controls: Controls, into effects: inout Effects
  ) {
    effects.acts.append(.close(leg))
    if !ended.contains(leg.other) {
      let why: Sentence = "the connection to the \(leg == .mta ? "MTA" : "milter") broke"
      record(.closed(Closed(leg: leg.other, how: .ours(why))), at: now, into: &effects)
    }
    end(at: now, controls, into: &effects)
    effects.acts.append(.reset(leg.other))
  }

  private mutating func end(at now: Moment, _ controls: Controls, into effects: inout Effects) {
    state = .over
    connectBy = nil
    ended = [.mta, .milter]
    steering?.abandonAll(at: now, into: &effects)
    wake(controls, into: &effects)
  }

  /// Asks for a tick when the next thing is due, if that has changed.
  private mutating func wake(_ controls: Controls, into effects: inout Effects) {
    let due = isOver ? nil : earlier(connectBy, steering?.nextMoment(controls))
    guard due != wakesAt else { return }
    wakesAt = due
    effects.acts.append(.wake(at: due))
  }

  // MARK: - Records

  private mutating func record(_ event: Record.Event, at now: Moment, into effects: inout Effects) {
    guard steering == nil else {
      steering?.record(event, at: now, into: &effects)
      return
    }
    effects.records.append(Record(time: now, connection: connection, event: event))
  }

  private mutating func remark(
    on passed: Passed, _ start: Inflow.Start?, at now: Moment, into effects: inout Effects
  ) {
    switch start {
    case .foreign(let peer)?:
      foreign.insert(passed.sender)
      remark([Finding(.notMilter, packet: nil, "\(peer.name) speaks here")], at: now, into: &effects)
    case .oversized(let length)?:
      let text: Sentence =
        "the \(passed.sender == .mta ? "MTA" : "milter") announces a length of \(length);"
        + " above \(Framing.ceiling) a packet is passed on without a look inside"
      remark([Finding(.lengthAbsurd, packet: nil, text)], at: now, into: &effects)
    case nil: break
    }
    if case .incomplete = passed.reason { unfinished = passed.bytes.count }
  }

  private mutating func remark(onEndOf leg: Leg, at now: Moment, into effects: inout Effects) {
    defer { unfinished = 0 }
    guard foreign.isEmpty else { return }
    guard steering == nil else {
      steering?.noteEnd(of: leg, unfinished: unfinished, at: now, into: &effects)
      return
    }
    var findings: [Finding] = []
    tracker.closed(leg, at: now, unfinished: unfinished, findings: &findings)
    remark(findings, at: now, into: &effects)
  }

  private mutating func remark(_ findings: [Finding], at now: Moment, into effects: inout Effects) {
    for finding in findings { record(.found(finding), at: now, into: &effects) }
  }
}

extension Closed.Ending {
  /// Nothing broke.
  fileprivate var isOrderly: Bool {
    switch self {
    case .peer, .ours: true
    case .error, .unreachable: false
    }
  }
}

/// The earlier of two moments; nil where there is none.
func earlier(_ one: Moment?, _ other: Moment?) -> Moment? {
  guard let one, let other else { return one ?? other }
  return min(one, other)
}

/// Some of the two legs.
struct LegSet: OptionSet, Sendable {
  let rawValue: UInt8
  static let mta = LegSet(rawValue: 1 << Leg.mta.rawValue)
  static let milter = LegSet(rawValue: 1 << Leg.milter.rawValue)
  func contains(_ leg: Leg) -> Bool { rawValue & (1 << leg.rawValue) != 0 }
  mutating func remove(_ leg: Leg) { self = LegSet(rawValue: rawValue & ~(1 << leg.rawValue)) }
  mutating func insert(_ leg: Leg) { self = LegSet(rawValue: rawValue | 1 << leg.rawValue) }
}

extension Record.Event {
  /// What comes of an instruction for a connection that nobody steers: remarks are kept, all else is refused.
  package static func withoutConnection(
    _ instruction: Instruction, _ packet: Int?, _ cause: Cause, because why: Sentence
  ) -> Record.Event {
    switch (instruction, packet) {
    case (.mark, let packet?): .marked(packet: packet, on: true)
    case (.unmark, let packet?): .marked(packet: packet, on: false)
    case (.note(let text), _): .noted(text: Sentence(others: text), packet: packet)
    case (.mark, nil), (.unmark, nil), (.hold, _), (.forward, _), (.forwardAll, _), (.step, _), (.drop, _),
      (.answer, _), (.progress, _), (.change, _), (.set, _), (.raw, _), (.delay, _), (.close, _):
      .instructed(Instructed(instruction, cause: cause, packet: packet, refusal: why))
    }
  }
}
