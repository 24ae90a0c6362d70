import MilterProtocol

/// Which command a reply answers, on both legs of one connection at once.
///
/// The milter answers the commands that reached it, in order; the MTA takes answers for the commands that it sent,
/// in order, whoever gives them. The two drift apart when we answer, drop or make up a packet, so each command
/// remembers both sides. They also do when the milter answers unasked: that verdict lies in the MTA's socket and
/// answers the next command there is, and so does every later one (R01, R02; protocol.md 4.7). Commands negotiated
/// as no-reply wait on neither.
package struct Exchange: Hashable, Sendable {
  /// A command that somebody still waits about.
  struct Pending: Hashable, Sendable {
    /// Packet number.
    var command: Int
    var stage: Stage
    /// Of the connection; 0 for none.
    var message: Int
    var asked: Asked
    /// Whether the MTA still waits for an answer to it.
    var owed: Bool

    enum Asked: Hashable, Sendable {
      /// The milter has not been asked, or is not to answer.
      case no
      case at(Moment)
      /// It gave its verdict.
      case answered
    }

    var isOver: Bool {
      if owed { return false }
      if case .at = asked { return false }
      return true
    }
  }

  private var pending: [Pending] = []
  /// Verdicts that reached the MTA before it asked, oldest first.
  private var early: [VerdictFact] = []
  /// The stage that was answered last on the MTA's leg, and when.
  private var settledLast: Settled?

  private struct Settled: Hashable, Sendable {
    var stage: Stage
    var at: Moment
  }

  /// The command that a reply belongs to.
  struct Match {
    var command: Int
    var stage: Stage
    var message: Int
    var took: Moment.Span?

    init(_ pending: Pending, at time: Moment) {
      command = pending.command
      stage = pending.stage
      message = pending.message
      if case .at(let since) = pending.asked { took = time - since }
    }
  }

  /// The MTA sent a command. Returns the verdict that it takes for the answer where one had come before.
  mutating func commanded(_ entry: Pending, at time: Moment) -> VerdictFact? {
    var entry = entry
    var answer: VerdictFact?
    if entry.owed, !early.isEmpty {
      answer = early.removeFirst()
      entry.owed = false
      settledLast = Settled(stage: entry.stage, at: time)
    }
    if entry.isOver { return answer }
    if pending.count >= FactLimits.pending { pending.removeFirst() }
    pending.append(entry)
    return answer
  }

  func stage(ofCommand number: Int) -> Stage? { pending.first { $0.command == number }?.stage }

  /// A held command, or one that was not forwarded at once, reached the milter.
  mutating func asked(_ command: Int, at time: Moment) {
    guard let i = pending.firstIndex(where: { $0.command == command }), pending[i].asked == .no else {
      return
    }
    pending[i].asked = .at(time)
  }

  /// The milter said something; `settles` where it is a verdict, which the next reply cannot answer again.
  mutating func replied(at time: Moment, settles: Bool) -> Match? {
    for i in pending.indices {
      guard case .at = pending[i].asked else { continue }
      let match = Match(pending[i], at: time)
      if settles {
        pending[i].asked = .answered
        drop(at: i)
      }
      return match
    }
    return nil
  }

  /// A packet reached the MTA, whoever made it. Returns the command that it answers there.
  mutating func told(at time: Moment, settles: Bool) -> Match? {
    guard let i = pending.firstIndex(where: \.owed) else { return nil }
    let match = Match(pending[i], at: time)
    if settles {
      settledLast = Settled(stage: pending[i].stage, at: time)
      pending[i].owed = false
      drop(at: i)
    }
    return match
  }

  /// A verdict reached the MTA, which waited for none.
  ///
  /// - Parameter rules: of the MTA. Postfix's cleanup process reads the answers to the end of message and throws away
  ///   what came with them (protocol.md 4.7; seen with Postfix 3.7).
  mutating func cameEarly(_ verdict: VerdictFact, at time: Moment, under rules: DeliveryRules?) {
    if rules == .postfix, settledLast == Settled(stage: .bodyEOB, at: time) { return }
    if early.count < FactLimits.pending { early.append(verdict) }
  }

  private mutating func drop(at i: Int) {
    if pending[i].isOver { pending.remove(at: i) }
  }
}
