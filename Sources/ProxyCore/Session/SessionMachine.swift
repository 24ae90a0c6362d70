import CommandLanguage
import MilterProtocol
import TraceModel

/// One proxied connection: decides what becomes of everything that arrives on either leg, and does none of it.
///
/// Its jobs:
/// 1. number every packet and record it before it leaves;
/// 2. forward it as it came (``Passing``), or where somebody may hold, edit or answer leave it to ``Steering``;
/// 3. have what the peers do remarked on; the findings follow the record of the packet;
/// 4. let each peer see the other's end as it would without us.
///
/// ```
///                 connected                     both legs ended
///   connecting ───────────────▶ relaying ─────────────────────────▶ over
///        │                         │ the milter is gone,               ▲
///        │                         └─▶ draining: what it said is held ─┤
///        └────── unreachable, or 30 s passed: the MTA is closed ───────┘
/// ```
///
/// What stays true: bytes of one leg leave in the order in which they came; no finding changes what leaves; the
/// trace shows a packet before anyone else sees it. While connecting, what the MTA says is taken and waits with the
/// runtime. A peer's end of stream is passed on as such (no MTA half-closes, a close looks just so from here), a
/// broken connection as a broken connection.
package struct SessionMachine: Sendable {
  private enum State {
    /// The milter has until then to accept the connection.
    case connecting(by: Moment)
    case relaying
    /// The milter ended so, but what it said is still held.
    case draining(Closed.Ending)
    case over
  }

  /// Who looks at the packets: one of the two, for as long as the connection lasts.
  ///
  /// Two optionals and no enum: what lies in these is asked and changed where it lies, and it is large.
  private struct Conduct {
    var passing: Passing?
    var steering: Steering?

    static func passing(_ passing: Passing) -> Conduct { Conduct(passing: passing, steering: nil) }
    static func steered(_ steering: Steering) -> Conduct { Conduct(passing: nil, steering: steering) }
  }

  package let connection: Int
  private var state: State
  private var conduct: Conduct
  /// Legs whose peers will say nothing more.
  private var ended = LegSet()
  /// Legs whose peers take nothing more.
  private var deaf = LegSet()
  /// Legs whose peers do not speak milter.
  private var foreign = LegSet()
  /// Bytes of the incomplete packet behind which a leg is about to end.
  private var unfinished = 0
  private var wakesAt: Moment?
  /// What is still to come of a frame of the milter of which a part has left: an answer of ours would lie within it.
  private var longFrameRest = 0

  /// How long a milter may take to accept a connection (`milter_connect_timeout` of Postfix).
  package static let connectPatience = Moment.Span.seconds(30)

  /// The MTA connected.
  package init(connection: Int, _ opened: Opened, _ turn: inout Turn) {
    self.connection = connection
    let settings = turn.settings
    if settings.steers {
      conduct = .steered(
        Steering(connection: connection, opened, patience: settings.patience, role: settings.role))
    } else {
      conduct = .passing(Passing(patience: settings.patience))
    }
    if settings.role == nil {
      state = .connecting(by: turn.now + Self.connectPatience)
    } else {
      state = .relaying
      ended.insert(.milter)
    }
    record(.opened(opened), &turn)
    guard settings.role == nil else { return }
    turn.act(.connectMilter)
    wake(&turn)
  }

  /// Whether nothing more will be asked of the outside.
  package var isOver: Bool {
    switch state {
    case .over: true
    case .connecting, .relaying, .draining: false
    }
  }

  /// Whether the milter was asked something that it has not answered, be the MTA still there or not.
  package var milterOwes: Bool {
    conduct.passing?.milterOwes ?? conduct.steering?.milterOwes ?? false
  }

  /// Bytes of the peers that are kept here. It changes nothing: what is lent for changing is not copied to be asked.
  package mutating func kept() -> Int { conduct.steering?.kept() ?? 0 }

  // MARK: - Events

  package mutating func milterConnected(_ turn: inout Turn) {
    guard case .connecting = state else { return }
    state = .relaying
    wake(&turn)
  }

  /// The milter could not be reached: the MTA sees a close, as it would where nobody listens, unless the operator
  /// wants it to hear something else.
  package mutating func milterUnreachable(_ why: Sentence, _ turn: inout Turn) {
    guard case .connecting = state else { return }
    state = .relaying
    record(.closed(Closed(leg: .milter, how: .unreachable(why))), &turn)
    record(.found(Finding(.unreachable, packet: nil, why)), &turn)
    ended.insert(.milter)
    turn.act(.close(.milter))
    if takeOver(&turn) { return }
    if !ended.contains(.mta) {
      record(.closed(Closed(leg: .mta, how: .ours("the milter is unreachable"))), &turn)
    }
    end(&turn)
    turn.act(.close(.mta))
  }

  /// A whole packet arrived.
  package mutating func received(_ packet: Packet, _ turn: inout Turn) {
    if conduct.passing?.received(packet, of: connection, &turn) == nil {
      steer(&turn) { $0.received(packet, &$1) }
    }
  }

  /// Bytes arrived that make no packet; they pass.
  package mutating func passed(_ passed: Passed, start: Inflow.Start?, _ turn: inout Turn) {
    record(.passed(passed), &turn)
    remark(on: passed, start, &turn)
    if withholds(passed, start, turn.settings) { return }
    if conduct.steering?.keeps(passed, start, &turn) ?? false {
      // Nothing of it is on its way that an answer of ours could lie within.
      if conduct.steering?.withholdsLongFrame ?? false { longFrameRest = 0 }
      return
    }
    turn.act(.forward(to: passed.sender.other))
  }

  /// Nothing of a frame that is not whole leaves for the MTA where we may have to answer in the milter's place; of one too
  /// long to be kept so much is noted as is still to come.
  private mutating func withholds(
    _ passed: Passed, _ start: Inflow.Start?, _ settings: ProxySettings
  ) -> Bool {
    guard passed.sender == .milter else { return false }
    switch passed.reason {
    case .incomplete, .foreign: return mayTakeOver(settings)
    case .oversized:
      if case .oversized(let length, _)? = start { longFrameRest = Framing.frameBytes(length: length) }
      longFrameRest -= passed.bytes.count
      return false
    case .unframed: return false
    }
  }

  /// The peer of a leg will say nothing more: `.peer` where it said so, `.error` where the connection broke, `.ours` where
  /// it is not waited for any longer.
  package mutating func closed(_ leg: Leg, _ how: Closed.Ending, _ turn: inout Turn) {
    guard !ended.contains(leg) else { return }
    noteEnd(of: leg, how, &turn)
    ended.insert(leg)
    switch leg {
    case .mta:
      conduct.steering?.mtaLeft(&turn)
      if isMilter { return closeBehind(.mta, &turn) }
      if case .draining(let earlier) = state {
        state = .relaying
        passOn(earlier, of: .milter, &turn)
      }
    case .milter:
      if takeOver(&turn) { return turn.act(.close(.milter)) }
      if waitsForMTA {
        state = .draining(how)
        return wake(&turn)
      }
    }
    passOn(how, of: leg, &turn)
  }

  /// The peer of a leg takes nothing more. What it said before is still to be read, unless it has ended already.
  package mutating func deafened(_ leg: Leg, _ turn: inout Turn) {
    guard !deaf.contains(leg) else { return }
    deaf.insert(leg)
    if ended.contains(leg) { breakOff(after: leg, &turn) }
  }

  /// The operator asks something: of a packet by its number, or of the message or connection.
  package mutating func instructed(
    _ instruction: Instruction, packet: Int?, body: [UInt8]? = nil, _ cause: Cause, _ turn: inout Turn
  ) {
    if conduct.steering != nil, !isOver {
      steer(&turn) { $0.instructed(instruction, packet: packet, body: body, cause, &$1) }
    } else {
      let why: Sentence = isOver ? "the connection has ended" : "the connection only passes"
      turn.record(.withoutConnection(instruction, packet, cause, because: why), of: connection)
    }
  }

  /// Whoever was asked about a packet has answered, or will not.
  package mutating func answered(_ question: Question, _ advice: Advice, _ turn: inout Turn) {
    steer(&turn) { $0.answered(question, advice, &$1) }
  }

  /// What is held here, in order; those of the MTA first. As ``kept()``, it changes nothing.
  package mutating func held() -> [(packet: Int, since: Moment)] { conduct.steering?.held() ?? [] }

  /// Nobody is left to decide: what is held goes on as it is.
  package mutating func letGo(_ cause: Cause, _ turn: inout Turn) {
    steer(&turn) { $0.letGo(cause, &$1) }
  }

  /// The time that was asked for with `wake` has come.
  package mutating func tick(_ turn: inout Turn) {
    wakesAt = nil
    endWaiting(&turn)
    steer(&turn) { $0.tick(&$1) }
    wake(&turn)
  }

  /// Whether the milter's leg ends with the tick that is due: what has come of an unfinished packet is to be handed over before.
  package func endsSilence(_ turn: borrowing Turn) -> Bool { silenceThatIsOver(turn) != nil }

  private func silenceThatIsOver(_ turn: borrowing Turn) -> (since: Moment, ends: Moment)? {
    guard let silence = conduct.steering?.silence(turn.settings), silence.ends <= turn.now else { return nil }
    return silence
  }

  /// The milter had its time, to take the connection or to say a word.
  private mutating func endWaiting(_ turn: inout Turn) {
    if case .connecting(let by) = state, by <= turn.now {
      return milterUnreachable("no answer within \(Self.connectPatience.words)", &turn)
    }
    guard let silence = silenceThatIsOver(turn) else { return }
    let time = (silence.ends - silence.since).words
    if case .connecting = state {
      milterUnreachable("no answer within \(time)", &turn)
    } else {
      closed(.milter, .ours("the milter said nothing for \(time)"), &turn)
    }
  }

  /// The program ends: both legs are closed.
  package mutating func terminated(_ why: Sentence, _ turn: inout Turn) {
    for leg in Leg.allCases {
      if !ended.contains(leg) { record(.closed(Closed(leg: leg, how: .ours(why))), &turn) }
      turn.act(.close(leg))
    }
    end(&turn)
  }

  // MARK: - Conduct

  /// Lets the steering act, and does what it wants of the legs.
  private mutating func steer(_ turn: inout Turn, _ body: (inout Steering, inout Turn) -> Void) {
    guard !isOver else { return }
    guard conduct.steering?.inPlace({ body(&$0, &turn) }) != nil else { return }
    for closing in conduct.steering?.takeClosing() ?? [] { close(closing, &turn) }
    if case .draining(let how) = state, !waitsForMTA {
      state = .relaying
      passOn(how, of: .milter, &turn)
    }
    wake(&turn)
  }

  /// Whether we answer in the milter's place.
  private var isMilter: Bool { conduct.steering?.isMilter ?? false }

  /// Whether something that the milter said has not left for the MTA.
  private var waitsForMTA: Bool { conduct.steering?.waits(from: .milter) ?? false }

  /// Whether the MTA would hear our answers if the milter failed now.
  private func mayTakeOver(_ settings: ProxySettings) -> Bool {
    settings.onMilterFailure != nil && !ended.contains(.mta) && longFrameRest <= 0
      && conduct.steering?.isWanted ?? false
  }

  /// Answers in the milter's place from here on, if the operator wants that.
  private mutating func takeOver(_ turn: inout Turn) -> Bool {
    guard mayTakeOver(turn.settings), let answer = turn.settings.onMilterFailure else { return false }
    steer(&turn) { $0.milterFailed(answer, &$1) }
    return true
  }

  // MARK: - Ends

  /// A leg is closed by us; the other peer sees it as the end of the first.
  private mutating func close(_ closing: Steering.Closing, _ turn: inout Turn) {
    let leg = closing.leg
    guard !ended.contains(leg) else { return }
    record(.closed(Closed(leg: leg, how: .ours(closing.why))), &turn)
    ended.insert(leg)
    turn.act(closing.resets ? .reset(leg) : .close(leg))
    switch leg {
    case .mta:
      conduct.steering?.abandonAll(&turn)
      if isMilter { return end(&turn) }
    case .milter: if takeOver(&turn) { return }
    }
    passOn(.peer, of: leg, &turn)
  }

  /// The last leg that there was has ended.
  private mutating func closeBehind(_ leg: Leg, _ turn: inout Turn) {
    end(&turn)
    turn.act(.close(leg))
  }

  /// The end of one leg is passed on to the other.
  private mutating func passOn(_ how: Closed.Ending, of leg: Leg, _ turn: inout Turn) {
    if how.isOrderly, !deaf.contains(leg) {
      if how != .peer { turn.act(.close(leg)) }
      turn.act(.finish(leg.other))
      if ended.contains(leg.other) { end(&turn) }
    } else {
      breakOff(after: leg, &turn)
    }
  }

  /// The connection of `leg` is broken: the other peer sees a broken connection too.
  private mutating func breakOff(after leg: Leg, _ turn: inout Turn) {
    turn.act(.close(leg))
    if !ended.contains(leg.other) {
      record(.closed(Closed(leg: leg.other, how: .ours("the connection to the \(leg.noun) broke"))), &turn)
    }
    end(&turn)
    turn.act(.reset(leg.other))
  }

  private mutating func end(_ turn: inout Turn) {
    state = .over
    ended = [.mta, .milter]
    conduct.steering?.abandonAll(&turn)
    wake(&turn)
  }

  /// Asks for a tick when the next thing is due, if that has changed.
  private mutating func wake(_ turn: inout Turn) {
    var due: Moment?
    if !isOver {
      if case .connecting(let by) = state { due = by }
      due = earlier(due, conduct.steering?.nextMoment(turn.settings) ?? nil)
    }
    guard due != wakesAt else { return }
    wakesAt = due
    turn.act(.wake(at: due))
  }

  // MARK: - Records

  private mutating func record(_ event: Record.Event, _ turn: inout Turn) {
    if conduct.steering?.record(event, &turn) == nil { turn.record(event, of: connection) }
  }

  private mutating func remark(on passed: Passed, _ start: Inflow.Start?, _ turn: inout Turn) {
    if let start {
      if start.isForeign { foreign.insert(passed.sender) }
      record(.found(start.finding(about: passed)), &turn)
    }
    if case .incomplete = passed.reason { unfinished = passed.bytes.count }
  }

  private mutating func noteEnd(of leg: Leg, _ how: Closed.Ending, _ turn: inout Turn) {
    defer { unfinished = 0 }
    guard foreign.isEmpty else { return record(.closed(Closed(leg: leg, how: how)), &turn) }
    conduct.passing?.noteEnd(of: leg, how, unfinished: unfinished, of: connection, &turn)
    conduct.steering?.noteEnd(of: leg, how, unfinished: unfinished, &turn)
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
package func earlier(_ one: Moment?, _ other: Moment?) -> Moment? {
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
    case (.mark, nil), (.unmark, nil), (.hold, _), (.ask, _), (.forward, _), (.forwardAll, _), (.step, _),
      (.drop, _),
      (.answer, _), (.progress, _), (.change, _), (.set, _), (.raw, _), (.fault, _), (.revert, _),
      (.delay, _),
      (.close, _):
      .instructed(Instructed(instruction, cause: cause, packet: packet, refusal: why))
    }
  }
}
