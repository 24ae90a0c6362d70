import MilterProtocol

/// Which command a reply answers, on both legs of one connection at once.
///
/// The milter answers the commands that reached it, in order; the MTA takes answers for the commands that it sent,
/// in order, whoever gives them. The two drift apart when we answer, drop or make up a packet, so each command
/// remembers both sides. Commands negotiated as no-reply wait on neither.
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
      /// It gave its verdict, in this packet.
      case answered(reply: Int)
    }

    var isOver: Bool {
      if owed { return false }
      if case .at = asked { return false }
      return true
    }
  }

  private var pending: [Pending] = []

  /// The command that a reply belongs to.
  struct Match {
    var command: Int
    var stage: Stage
    var message: Int
    var took: Moment.Span?

    init(_ pending: Pending, took: Moment.Span? = nil) {
      command = pending.command
      stage = pending.stage
      message = pending.message
      self.took = took
    }
  }

  mutating func commanded(_ entry: Pending) {
    if entry.isOver { return }
    if pending.count >= FactLimits.pending { pending.removeFirst() }
    pending.append(entry)
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
  mutating func replied(_ reply: Int, at time: Moment, settles: Bool) -> Match? {
    for i in pending.indices {
      guard case .at(let since) = pending[i].asked else { continue }
      let match = Match(pending[i], took: time - since)
      if settles {
        pending[i].asked = .answered(reply: reply)
        drop(at: i)
      }
      return match
    }
    return nil
  }

  /// The milter's reply reached the MTA, as it was or edited. Returns the command that it answers there.
  mutating func passed(_ reply: Int, settles: Bool) -> Match? {
    let own = pending.firstIndex { $0.asked == .answered(reply: reply) }
    guard let i = own ?? pending.firstIndex(where: \.owed) else { return nil }
    return settle(at: i, settles: settles)
  }

  /// A packet of our own making reached the MTA.
  mutating func answered(settles: Bool) -> Match? {
    guard let i = pending.firstIndex(where: \.owed) else { return nil }
    return settle(at: i, settles: settles)
  }

  private mutating func settle(at i: Int, settles: Bool) -> Match {
    let match = Match(pending[i])
    if settles {
      pending[i].owed = false
      drop(at: i)
    }
    return match
  }

  private mutating func drop(at i: Int) {
    if pending[i].isOver { pending.remove(at: i) }
  }
}
