import MilterProtocol
import ProxyCore
import TraceModel

/// A scripted MTA and a milter with libmilter's own table, with a session machine between them.
///
/// The MTA keeps to what it was told, waits for each reply that it is owed, and goes on as Postfix does. The milter
/// answers what its table takes and ignores the rest without a word. What either leg should not have seen becomes a
/// complaint.
package struct SteeringBench {
  private var machine: SessionMachine
  private var turn: Turn
  private var generator: SeededGenerator
  private var mta: BenchMTA
  private var milter: BenchMilter
  private var legs = [Follower(), Follower()]
  private var travelled: [(packet: Packet, leg: Leg, isOurs: Bool)] = []
  private var wakesAt: Moment?
  /// Not answered so far.
  private var questions: [Question] = []
  /// How the milter ends once its last replies are delivered.
  private var milterEnds: BenchMilter.End?
  /// Changes of the milter's lie at the MTA, and its verdict has not come.
  private var hasHalfAChange = false
  private var hasClosedMTA = false
  /// We answer in the milter's place.
  private var hasLetMilterGo = false
  private var findings: [Finding] = []
  package private(set) var complaints: [String] = []
  /// Everything that the machine recorded.
  package private(set) var records: [Record] = []

  /// - Parameters:
  ///   - declined: the protocol flags that the milter answers with.
  ///   - end: how the milter fails, with so many replies given; nil where it does not.
  package init(
    controls: ProxySettings, declined: ProtocolFlags, generator: SeededGenerator,
    end: (how: BenchMilter.End, replies: Int)? = nil
  ) {
    turn = Turn(controls)
    machine = SessionMachine(
      connection: 1, Opened(peer: "unix:", local: "unix:", milter: nil), &turn)
    self.generator = generator
    mta = BenchMTA()
    milter = BenchMilter(flags: declined, end: end)
  }

  /// Plays until the MTA has left.
  package mutating func play() {
    perform(nil)
    machine.milterConnected(&turn)
    perform(nil)
    var idle = 0
    for _ in 0..<2000 {
      turn.now = turn.now + .milliseconds(1)
      answerQuestions()
      if mta.hasLeft, wakesAt == nil { break }
      if mta.owed == nil, !mta.hasLeft {
        let packets = mta.next(&generator)
        for packet in packets { deliver(packet) }
        idle = 0
      } else if let wake = wakesAt {
        turn.now = max(turn.now, wake)
        wakesAt = nil
        machine.tick(&turn)
        perform(nil)
        idle += 1
        if turn.settings.isAttended || mta.hasLeft, idle % 20 == 0 {
          machine.instructed(
            .forwardAll, packet: nil, .operator, &turn)
          perform(nil)
        }
      } else {
        idle = .max
      }
      if idle > 1000 {
        complaints.append("the MTA waits for ever for the reply to \(mta.owed?.name ?? "nothing")")
        return
      }
    }
    // Somebody may hold the QUIT, or delay it.
    turn.now = turn.now + .seconds(3600)
    for _ in 0..<20 {
      machine.instructed(.forwardAll, packet: nil, .operator, &turn)
      perform(nil)
      machine.tick(&turn)
      perform(nil)
    }
    if mta.hasLeft, hasLetMilterGo, turn.settings.onMilterFailure != nil, !hasClosedMTA {
      complaints.append("in the milter's place we did not close after QUIT")
    }
    for finding in findings where finding.severity == .error { complaints.append("\(finding)") }
  }

  /// Whoever is asked answers something, or nothing, sooner or later.
  private mutating func answerQuestions() {
    guard !questions.isEmpty, generator.chance(1, in: 3) else { return }
    let question = questions.remove(at: Int.random(in: 0..<questions.count, using: &generator))
    let answers = [
      [], ["reject"], ["continue"], ["add-header X-Asked yes"], ["hold"], ["drop"], ["what?"],
      ["quarantine \"odd\"", "accept"], ["delay 1s"], ["tempfail", "note done"],
    ]
    machine.answered(question, Advice(lines: generator.element(of: answers)), &turn)
    perform(nil)
  }

  /// The packets that left on a leg.
  package func bytes(to leg: Leg) -> [Packet] {
    travelled.filter { $0.leg == leg && $0.isOurs }.map(\.packet)
  }

  /// The packets that a peer sent.
  package func bytes(from leg: Leg) -> [Packet] {
    travelled.filter { $0.leg == leg && !$0.isOurs }.map(\.packet)
  }

  private mutating func deliver(_ packet: Packet) {
    travelled.append((packet, packet.sender, false))
    watch(packet, on: packet.sender)
    machine.received(packet, &turn)
    perform(packet)
  }

  private mutating func watch(_ packet: Packet, on leg: Leg) {
    let index = leg == .mta ? 0 : 1
    legs[index].received(packet, number: travelled.count, at: turn.now, findings: &findings)
  }

  private mutating func perform(_ current: Packet?) {
    let acts = turn.effects.acts
    turn.effects.acts.removeAll()
    records += turn.effects.records
    turn.effects.records.removeAll()
    var replies: [Packet] = []
    for act in acts {
      switch act {
      case .forward(let leg):
        if let current {
          replies += arrive(current, on: leg)
        } else {
          complaints.append("half a packet left")
        }
      case .send(let packet, let leg): replies += arrive(packet, on: leg)
      case .wake(let time): wakesAt = time
      case .close(.mta): hasClosedMTA = true
      case .close(.milter): hasLetMilterGo = true
      case .sendBytes, .connectMilter, .finish, .close, .reset, .stopReading, .resumeReading, .say: break
      case .ask(let question): questions.append(question)
      }
    }
    let end = milterEnds.take()
    for reply in replies { deliver(reply) }
    if let end { endMilter(end) }
  }

  private mutating func endMilter(_ end: BenchMilter.End) {
    guard end != .hangs else { return }
    if end == .tears {
      machine.passed(
        Passed(sender: .milter, bytes: [0, 0, 0, 9, 0x79], reason: .incomplete), start: nil, &turn)
      perform(nil)
    }
    machine.closed(.milter, .peer, &turn)
    perform(nil)
  }

  /// What the peer says to it at once.
  private mutating func arrive(_ packet: Packet, on leg: Leg) -> [Packet] {
    travelled.append((packet, leg, true))
    watch(packet, on: leg)
    switch leg {
    case .mta:
      noteChange(packet)
      if let complaint = mta.received(packet) { complaints.append(complaint) }
      return []
    case .milter:
      let answer = milter.received(packet, &generator)
      milterEnds = answer.end ?? milterEnds
      return answer.replies
    }
  }

  /// Half of what the milter wanted changed is never accepted.
  private mutating func noteChange(_ packet: Packet) {
    guard case .reply(let kind) = packet.kind else { return }
    if packet == Milter.addHeader() || packet == Milter.replBody("Theirs.\r\n") { hasHalfAChange = true }
    guard kind.settles else { return }
    if hasHalfAChange, milter.hasFailed, mta.owed == .bodyEOB, kind == .accept || kind == .continue {
      complaints.append("half a change was accepted")
    }
    hasHalfAChange = false
  }
}
