import MilterProtocol
import TraceModel

/// Follows one connection that somebody may hold, edit, answer or inject into.
///
/// Its jobs:
/// 1. keep what arrives in a queue for each direction, so that order stands whatever is held (``LegQueue``);
/// 2. let rules look at each packet as it arrives, and carry their instructions out when its turn comes;
/// 3. know what the MTA waits for and what the milter was asked (``Conversation``), and keep both conversations legal
///    where they drift apart (``Divergence``);
/// 4. keep modifications until the final reply of end of message, and send them before it;
/// 5. watch the clock: PROGRESS where that MTA takes it, the timeout act where it does not;
/// 6. remark on both legs, each with a tracker of its own, on what peers send and on what we send.
///
/// ```
///   received ─▶ record ─▶ rules ─▶ queue ─▶ turn ─▶ orders ─▶ kept? ──no──▶ route ─▶ send, answer, absorb
///                                             ▲                 │ yes
///                                             └── instruction, ◀┘
///                                                 deadline
/// ```
///
/// What stays true: a packet that nobody asked about leaves as the bytes that came, at once, in order; every act of
/// ours is a record before it leaves; the MTA gets one answer for each command that it waits about, never two.
package struct Steering: Sendable {
  let connection: Int
  /// The same fold that screens and filters use, one record behind none.
  private(set) var facts = SessionFacts()
  var conversation = Conversation()
  var queues = [LegQueue(), LegQueue()]
  var milter = MilterSide()
  /// What travels on each leg, whoever sent it.
  var trackers = [StageTracker(), StageTracker()]
  /// Modifications of the operator and of rules for the message in progress, in order.
  var changes: [PendingChange] = []
  /// The packet for which a quarantine was refused and no verdict was asked since.
  var unquarantined: Int?
  var body = MailBody()
  /// Hold the next packet that comes to its turn.
  var isStepping = false
  /// Set once the milter is gone, or from the start where there is none.
  private(set) var standIn: Controls.StandIn?
  var lastProgress: Moment?
  /// When a packet last left for the milter.
  var lastToMilter: Moment?
  var stopped = LegSet()
  private var closing: [Leg] = []
  private var sawQuit = false

  struct PendingChange: Sendable {
    var change: Change
    var cause: Cause
    /// The packet that it was given for.
    var packet: Int?
    /// Number of its message.
    var message: Int
  }

  /// What the milter believes.
  struct MilterSide: Sendable {
    var out = Divergence.Out.no
    /// It saw a message begin, and no end of it.
    var isInMessage = false
    var sawRcpt = false
    /// A recipient of this message was kept from it.
    var missesRcpt = false
    /// It wants no more of this body, but the MTA sends it.
    var skipsBody = false
    /// Body chunks of its own have gone to the MTA in this message.
    var replacedBody = false

    mutating func beginMessage() { self = MilterSide(out: out == .message ? .no : out) }
  }

  package init(connection: Int, standIn: Controls.StandIn? = nil) {
    self.connection = connection
    self.standIn = standIn
  }

  /// Hands itself over where it lies: large as it is, it is not moved out of its machine and back for each event.
  mutating func inPlace(_ body: (inout Steering) -> Void) { body(&self) }

  // MARK: - Events

  package mutating func received(
    _ packet: Packet, at now: Moment, _ controls: inout Controls, into effects: inout Effects
  ) {
    if packet.kind == .command(.quit) { sawQuit = true }
    let number = effects.takePacketNumber()
    if packet.sender == .mta { body.note(packet, keeps: controls.rules.rewritesParts) }
    let mayPass = mayPass(packet, controls)
    let passes = mayPass && !controls.rules.mayMatch(packet.kind, from: packet.sender)
    let place = effects.records.count
    let placement = record(
      .received(Received(number: number, packet: packet, forwarded: passes)), at: now, into: &effects)
    noteArrival(
      of: packet, number, isAnswered: placement?.answeredBefore != nil, at: now, into: &effects)
    let found = watch(packet, number, on: packet.sender, at: now, into: &effects)
    if !passes {
      var entry = LegQueue.Entry(number: number, packet)
      entry.findings = found
      entry.isUnasked = entry.settles && conversation.asked(behind: queues[.milter].answers()) == nil
      entry.orders = examine(entry, placement, at: now, &controls, into: &effects)
      guard mayPass, entry.orders.isEmpty else {
        queues[packet.sender].append(entry)
        return run(at: now, &controls, into: &effects)
      }
      // The rules were asked and want nothing: it passes after all.
      effects.records[place].event = .received(Received(number: number, packet: packet, forwarded: true))
      facts.passed(number, to: packet.sender.other, at: now)
    }
    watch(packet, number, on: packet.sender.other, known: found, at: now, into: &effects)
    effects.acts.append(.forward(to: packet.sender.other))
    noteStraight(packet, number, at: now, into: &effects)
    // A command may have waited for this reply.
    if !queues[.mta].isEmpty { run(at: now, &controls, into: &effects) }
  }

  /// Bytes that make no packet; whether they stay behind what waits in front of them, or go nowhere.
  package mutating func keeps(_ passed: Passed, into effects: inout Effects) -> Bool {
    if standIn != nil, passed.sender == .mta { return true }
    guard !queues[passed.sender].isEmpty else { return false }
    queues[passed.sender].append(LegQueue.Entry(passing: passed.bytes, from: passed.sender))
    throttle(into: &effects)
    return true
  }

  package mutating func tick(at now: Moment, _ controls: inout Controls, into effects: inout Effects) {
    meetDeadlines(at: now, &controls, into: &effects)
    run(at: now, &controls, into: &effects)
    keepWaiting(at: now, controls, into: &effects)
  }

  /// The milter cannot be reached, or is gone, and the operator has said what the MTA is to hear then.
  ///
  /// What it had said before still counts. An accepting stand-in declines every command, so that Postfix and Sendmail
  /// ask no more than they must.
  package mutating func milterFailed(
    _ verdict: Answer, at now: Moment, _ controls: inout Controls, into effects: inout Effects
  ) {
    let flags: ProtocolFlags = verdict == .accept ? .allNoCommand : []
    standIn = Controls.StandIn(
      verdict: verdict, answers: .everyCommand, why: "the milter failed", actions: [], protocolFlags: flags)
    for entry in queues[.milter].removeBehindVerdicts() { abandon(entry, at: now, into: &effects) }
    conversation.forgetAsked(butFirst: queues[.milter].answers())
    run(at: now, &controls, into: &effects)
  }

  /// The MTA said its last. What it wanted to know is abandoned, its farewell still reaches the milter.
  package mutating func mtaLeft(at now: Moment, into effects: inout Effects) {
    for entry in queues[.mta].removeAll() {
      if entry.isFarewell, case .forward = route(entry.original) {
        if let hold = entry.hold {
          let released = Released(number: entry.number, outcome: .forwarded, cause: hold.cause)
          record(.released(released), at: now, into: &effects)
        }
        send(entry, to: .milter, at: now, into: &effects)
      } else {
        abandon(entry, at: now, into: &effects)
      }
    }
    abandonAll(at: now, into: &effects)
  }

  /// The connection is over: nobody waits for what is held.
  package mutating func abandonAll(at now: Moment, into effects: inout Effects) {
    for leg in Leg.allCases {
      for entry in queues[leg].removeAll() { abandon(entry, at: now, into: &effects) }
    }
    endMessage("the connection ended", at: now, into: &effects)
  }

  /// Nobody is left to decide: everything that is held goes on as it came.
  package mutating func letGo(
    _ cause: Cause, at now: Moment, _ controls: inout Controls, into effects: inout Effects
  ) {
    for leg in Leg.allCases {
      for index in queues[leg].entries.indices where queues[leg].entries[index].hold != nil {
        queues[leg].entries[index].revert()
      }
    }
    releaseAll(cause, at: now, into: &effects)
    run(at: now, &controls, into: &effects)
  }

  /// The legs that instructions want closed.
  package mutating func takeClosing() -> [Leg] {
    defer { closing = [] }
    return closing
  }

  mutating func close(_ leg: Leg) { closing.append(leg) }

  /// Whether the MTA may still ask something: not once it said QUIT.
  package var isWanted: Bool { !sawQuit && standIn == nil }

  /// Whether we answer in the milter's place.
  package var hasStandIn: Bool { standIn != nil }

  /// Whether the milter was asked something that it has not answered.
  package var milterOwes: Bool { !trackers[.milter].pending.isEmpty }

  /// Whether packets of this direction still wait here.
  package func waits(from leg: Leg) -> Bool { !queues[leg].isEmpty }

  /// A peer said its last.
  package mutating func noteEnd(
    of leg: Leg, unfinished: Int, at now: Moment, into effects: inout Effects
  ) {
    var findings: [Finding] = []
    trackers[leg].closed(leg, at: now, unfinished: unfinished, findings: &findings)
    for finding in findings { record(.found(finding), at: now, into: &effects) }
    // The other peer sees the same end from us.
    findings.removeAll()
    trackers[leg.other].closed(leg, at: now, findings: &findings)
  }

  /// We ended a leg: nothing that the peers do about it is worth a remark.
  package mutating func noteOurEnd(of leg: Leg, at now: Moment) {
    var findings: [Finding] = []
    for side in Leg.allCases { trackers[side].closed(leg, at: now, findings: &findings) }
  }

  // MARK: - Records

  /// Lets the tracker of a leg see a packet that travels there, and records its remarks.
  ///
  /// - Parameters:
  ///   - known: what was remarked on the packet before, on the other leg; not said twice.
  ///   - wanted: what we do on purpose, knowing better than the tracker which MTA this is.
  @discardableResult
  mutating func watch(
    _ packet: Packet, _ number: Int, on leg: Leg, known: [Finding] = [], wanted: FindingRule? = nil,
    at now: Moment, into effects: inout Effects
  ) -> [Finding] {
    var findings: [Finding] = []
    _ = trackers[leg].received(packet, number: number, at: now, findings: &findings)
    for finding in findings
    where finding.rule != wanted && !known.contains(where: { $0.rule == finding.rule }) {
      record(.found(finding), at: now, into: &effects)
    }
    return findings
  }

  @discardableResult
  mutating func record(_ event: Record.Event, at now: Moment, into effects: inout Effects) -> Placement? {
    let record = Record(time: now, connection: connection, event: event)
    effects.records.append(record)
    return facts.apply(record)
  }

  private mutating func abandon(_ entry: LegQueue.Entry, at now: Moment, into effects: inout Effects) {
    guard !entry.isPassing else { return }
    let cause = entry.hold?.cause ?? .policy("its connection ended")
    record(
      .released(Released(number: entry.number, outcome: .abandoned, cause: cause)), at: now, into: &effects)
  }
}

extension Array {
  /// Of two that belong to the legs.
  subscript(leg: Leg) -> Element {
    get { self[Int(leg.rawValue)] }
    set { self[Int(leg.rawValue)] = newValue }
    _modify { yield &self[Int(leg.rawValue)] }
  }
}
