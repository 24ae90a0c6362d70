import Dialogue
import Findings
import MilterProtocol
import Timeline
import TraceModel

/// Follows one connection that somebody may hold, edit, answer or inject into.
///
/// Its jobs:
/// 1. keep what arrives in a queue for each direction, so that order stands whatever is held (``LegQueues``);
/// 2. let rules look at each packet as it arrives, and carry their instructions out when its turn comes;
/// 3. keep both conversations legal where they drift apart (``Divergence``); who waits for what it asks the ``Dialogue``;
/// 4. keep modifications until the final reply of end of message, and send them before it (``PendingModifications``);
/// 5. watch the clock: PROGRESS where that MTA takes it, the timeout act where it does not (``Deadlines``);
/// 6. have remarked on both legs, on what peers send and on what we send (``Remarks``).
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
  private(set) var facts: SessionFacts
  private var remarks = Remarks()
  var queues = LegQueues()
  var modifications = PendingModifications()
  var deadlines = Deadlines()
  var divergence = Divergence()
  /// Frames above 1 MiB of which not all has come, by their senders.
  var longFrames = LongFrames()
  /// Set once the milter is gone, or from the start where there is none: we answer in its place.
  private(set) var role: ProxySettings.MilterRole?
  /// What was done wrong on purpose.
  var faulty = Faulty()
  private var closing: [Closing] = []
  private(set) var sawQuit = false
  /// That the MTA left while it waited, and after how long; nil unless it did.
  var gaveUp: Sentence?

  /// A leg that is to be closed by us.
  package struct Closing: Sendable {
    package let leg: Leg
    package let why: Sentence
    /// As a connection that breaks.
    package let resets: Bool
  }

  package init(
    connection: Int, _ opened: Opened? = nil, patience: Patience = Patience(),
    role: ProxySettings.MilterRole? = nil
  ) {
    self.connection = connection
    self.role = role
    facts = SessionFacts(Dialogue(patience: patience), opened: opened)
  }

  var dialogue: Dialogue { _read { yield facts.dialogue } }
  /// Who waits for what.
  var pending: PendingReplies { _read { yield facts.dialogue.pending } }

  /// Hands itself over where it lies: large as it is, it is not moved out of its machine and back for each event.
  mutating func inPlace(_ body: (inout Steering) -> Void) { body(&self) }

  // MARK: - Events

  package mutating func received(_ packet: Packet, _ turn: inout Turn) {
    if packet.kind == .command(.quit) { sawQuit = true }
    let number = turn.effects.takePacketNumber()
    if packet.sender == .mta {
      modifications.note(packet, bodyFor: turn.settings.rules.bodyUse)
    }
    let mayPass = mayPass(packet, turn.settings)
    let passes = mayPass && !turn.settings.rules.mayMatch(packet.kind, from: packet.sender)
    let dissection = Dissection(packet)
    var findings: [Finding] = []
    remarks.remark(
      onArrivalOf: packet, dissection, number: number, passes ? .through : .came, before: facts.dialogue,
      turn.now, into: &findings)
    let place = turn.effects.records.count
    turn.record(.received(Received(number: number, packet: packet, forwarded: passes)), of: connection)
    let placement = facts.received(
      packet, dissection.shape, number: number, at: turn.now, forwarded: passes)
    noteArrival(of: packet, placement, &turn)
    for finding in findings { record(.found(finding), &turn) }
    if !passes {
      var entry = LegQueue.Entry(number: number, packet, dissection)
      entry.findings = findings
      entry.placement = placement
      entry.orders = examine(entry, placement, &turn)
      guard mayPass, entry.orders.isEmpty else {
        queues[packet.sender].append(entry)
        return run(&turn)
      }
      // The rules were asked and want nothing: it passes after all.
      turn.effects.records[place].event = .received(Received(number: number, packet: packet, forwarded: true))
      watch(packet, dissection, number, .left, known: findings, &turn)
      facts.passed(number, at: turn.now)
    }
    turn.act(.forward(to: packet.sender.other))
    noteStraight(packet, &turn)
    // A command may have waited for this reply.
    if !queues[.mta].isEmpty { run(&turn) }
  }

  /// Bytes that make no packet; whether they stay behind what waits in front of them, or go nowhere.
  package mutating func keeps(_ passed: Passed, _ start: Inflow.Start?, _ turn: inout Turn) -> Bool {
    if role != nil, passed.sender == .mta { return true }
    if keepsLong(passed, start, &turn) || mutes(passed.sender.other, nil, &turn) { return true }
    letJoinedGo(&turn, all: true)
    guard !queues[passed.sender].isEmpty else { return false }
    queues[passed.sender].append(LegQueue.Entry(passing: passed.bytes, from: passed.sender))
    queues.throttle(&turn)
    return true
  }

  package mutating func tick(_ turn: inout Turn) {
    meetDeadlines(&turn)
    letJoinedGo(&turn)
    run(&turn)
    keepWaiting(&turn)
  }

  /// The milter cannot be reached, or is gone, and the operator has said what the MTA is to hear then.
  ///
  /// What it had said before still counts. Where all is accepted every command is declined, so that Postfix and Sendmail
  /// ask no more than they must.
  package mutating func milterFailed(_ verdict: Answer, _ turn: inout Turn) {
    let flags: ProtocolFlags = verdict == .accept ? .allNoCommand : []
    role = ProxySettings.MilterRole(
      verdict: verdict, answers: .everyCommand, why: "the milter failed", actions: [], protocolFlags: flags)
    for entry in queues[.milter].removeBehindVerdicts() { abandon(entry, &turn) }
    run(&turn)
  }

  /// The MTA said its last. What it wanted to know is abandoned, its farewell still reaches the milter.
  package mutating func mtaLeft(_ turn: inout Turn) {
    for entry in queues[.mta].removeAll() {
      if entry.isFarewell, case .forward = route(entry.original) {
        if let hold = entry.hold {
          let released = Released(number: entry.number, outcome: .forwarded, cause: hold.cause)
          record(.released(released), &turn)
        }
        send(entry, to: .milter, &turn)
      } else {
        abandon(entry, &turn)
      }
    }
    abandonAll(&turn)
  }

  /// The connection is over: nobody waits for what is held.
  package mutating func abandonAll(_ turn: inout Turn) {
    for leg in Leg.allCases {
      for entry in queues[leg].removeAll() { abandon(entry, &turn) }
    }
    giveUpModifications("the connection ended", &turn)
  }

  /// Nobody is left to decide: what waits for somebody is answered as the operator said, or goes on as it came.
  package mutating func letGo(_ cause: Cause, _ turn: inout Turn) {
    queues.revertHeld()
    for leg in Leg.allCases where queues[leg].kept.map({ queues[leg].entries[$0].isForOperator }) ?? false {
      answerFront(of: leg, as: turn.settings.unattendedAct, cause, &turn)
    }
    releaseAll(cause, questions: false, &turn)
    run(&turn)
  }

  /// The legs that are to be closed.
  package mutating func takeClosing() -> [Closing] {
    defer { closing = [] }
    return closing
  }

  mutating func close(_ leg: Leg, because why: Sentence, resets: Bool = false) {
    closing.append(Closing(leg: leg, why: why, resets: resets))
  }

  /// Whether the MTA may still ask something: not once it said QUIT.
  package var isWanted: Bool { !sawQuit && role == nil }

  /// Whether we answer in the milter's place.
  package var isMilter: Bool { role != nil }

  /// Whether the milter was asked something that it has not answered.
  package var milterOwes: Bool { pending.asked != nil }

  /// Bytes of the peers that are kept here; not copied, as with the machine.
  package mutating func kept() -> Int { queues.cost + modifications.body.count }

  /// What is held, in order.
  package mutating func held() -> [(packet: Int, since: Moment)] {
    Leg.allCases.flatMap { leg in
      queues[leg].entries.compactMap { entry in entry.hold.map { (entry.number, $0.since) } }
    }
  }

  /// Whether packets of this direction still wait here.
  package func waits(from leg: Leg) -> Bool { !queues[leg].isEmpty }

  /// A peer said its last.
  package mutating func noteEnd(of leg: Leg, _ how: Closed.Ending, unfinished: Int, _ turn: inout Turn) {
    if leg == .mta, !how.isOurs { noteGivingUp(&turn) }
    letJoinedGo(&turn, all: true)
    var findings: [Finding] = []
    remarks.remark(
      onEndOf: leg, isOurs: how.isOurs, unfinished: unfinished, before: facts.dialogue, at: turn.now,
      into: &findings)
    record(.closed(Closed(leg: leg, how: how)), &turn)
    for finding in findings { record(.found(finding), &turn) }
  }

  // MARK: - Records

  /// Remarks on a packet that leaves by itself, and records them.
  ///
  /// - Parameter known: what was remarked on it when it came; not said twice.
  private mutating func watch(
    _ packet: Packet, _ dissection: Dissection, _ number: Int, _ way: Dialogue.Way, known: [Finding] = [],
    _ turn: inout Turn
  ) {
    var findings: [Finding] = []
    remarks.remark(
      on: packet, dissection, number: number, way, before: facts.dialogue, turn.now, into: &findings)
    for finding in findings where !known.contains(where: { $0.rule == finding.rule }) {
      record(.found(finding), &turn)
    }
  }

  mutating func record(_ event: Record.Event, _ turn: inout Turn) {
    let record = Record(time: turn.now, connection: connection, event: event)
    turn.effects.records.append(record)
    facts.apply(record)
  }

  // MARK: - Leaving

  mutating func send(_ entry: LegQueue.Entry, to leg: Leg, _ turn: inout Turn) {
    guard entry.faults.isEmpty else {
      faulty.ofAnswer = nil
      return leave(entry.current, of: entry, to: leg, with: entry.faults, entry.cause ?? .operator, &turn)
    }
    if mutes(leg, entry, &turn) { return }
    let isEdited = entry.isEdited
    let sent = Sent(
      leg: leg, original: entry.number, number: nil, packet: isEdited ? entry.current : nil,
      cause: entry.cause ?? .policy("in its turn"))
    leave(sent, entry.current, isEdited ? Dissection(entry.current) : entry.dissection, entry.findings, &turn)
  }

  mutating func sendOurs(_ packet: Packet, to leg: Leg, _ cause: Cause, _ turn: inout Turn) {
    if mutes(leg, nil, &turn) { return }
    let number = turn.effects.takePacketNumber()
    let sent = Sent(leg: leg, original: nil, number: number, packet: packet, cause: cause)
    leave(sent, packet, Dissection(packet), [], &turn)
  }

  private mutating func leave(
    _ sent: Sent, _ packet: Packet, _ dissection: Dissection, _ known: [Finding], _ turn: inout Turn
  ) {
    announce(sent, packet, dissection, known, &turn)
    if faulty.isUnderWay { return put(packet.bytes, on: sent.leg, [], &turn) }
    turn.act(.send(packet, to: sent.leg))
  }

  /// The record first, what is odd about it behind.
  mutating func announce(
    _ sent: Sent, _ packet: Packet, _ dissection: Dissection, _ known: [Finding], _ turn: inout Turn
  ) {
    var findings: [Finding] = []
    remarks.remark(
      on: packet, dissection, number: sent.original ?? sent.number ?? 0,
      sent.original == nil ? .made : .left, before: facts.dialogue, turn.now, into: &findings)
    record(.sent(sent), &turn)
    for finding in findings where !known.contains(where: { $0.rule == finding.rule }) {
      record(.found(finding), &turn)
    }
  }

  /// What others learnt of the MTA since this connection began.
  mutating func adopt(_ patience: Patience) { facts.tell(patience.told) }

  mutating func drop(_ entry: LegQueue.Entry, _ cause: Cause, _ turn: inout Turn) {
    record(.released(Released(number: entry.number, outcome: .dropped, cause: cause)), &turn)
  }

  private mutating func abandon(_ entry: LegQueue.Entry, _ turn: inout Turn) {
    guard !entry.isPassing else { return }
    let cause = gaveUp.map(Cause.policy) ?? entry.hold?.cause ?? .policy("its connection ended")
    record(.released(Released(number: entry.number, outcome: .abandoned, cause: cause)), &turn)
  }
}
