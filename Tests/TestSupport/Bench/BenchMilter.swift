import MilterProtocol

/// A milter that is made with libmilter: what its table does not take it ignores without a word.
package struct BenchMilter {
  private let flags: ProtocolFlags
  private var state = LibmilterState()
  /// How it ends, at the latest with so many of its replies given.
  private var end: (how: End, replies: Int)?
  /// It has come to its end.
  private(set) var hasFailed = false

  /// In what way a milter fails.
  package enum End: CaseIterable, Sendable {
    /// It closes its connection.
    case closes
    /// The same, within a reply.
    case tears
    /// It says nothing more.
    case hangs
  }

  init(flags: ProtocolFlags, end: (how: End, replies: Int)? = nil) { (self.flags, self.end) = (flags, end) }

  /// What it says, and how it ends behind that; nil where it goes on.
  mutating func received(
    _ packet: Packet, _ generator: inout SeededGenerator
  ) -> (replies: [Packet], end: End?) {
    guard !hasFailed else { return ([], nil) }
    let replies = replies(to: packet, &generator)
    guard let end else { return (replies, nil) }
    self.end?.replies -= replies.count
    guard replies.count > end.replies else { return (replies, nil) }
    hasFailed = true
    return (Array(replies.prefix(end.replies)), end.how)
  }

  private mutating func replies(to packet: Packet, _ generator: inout SeededGenerator) -> [Packet] {
    guard case .command(let kind) = packet.kind else { return [] }
    let isTaken = state.accepts(kind)
    state.received(kind)
    guard isTaken, let stage = kind.stage else { return [] }
    if stage == .negotiation {
      state.negotiated(flags)
      return [Milter.optNeg([.addHeaders, .changeBody], flags)]
    }
    if let flag = stage.noReplyFlag, flags.contains(flag) { return [] }
    let verdict = verdict(at: stage, &generator)
    if case .reply(let kind) = verdict.kind { state.replied(kind, to: stage) }
    guard stage == .bodyEOB, generator.chance(1, in: 2) else { return [verdict] }
    return [Milter.addHeader(), Milter.replBody("Theirs.\r\n"), verdict]
  }

  private func verdict(at stage: Stage, _ generator: inout SeededGenerator) -> Packet {
    guard generator.chance(1, in: 6) else { return Milter.continue }
    switch stage {
    case .negotiation, .unknown: return Milter.continue
    case .connect, .helo: return generator.element(of: [Milter.continue, Milter.reject])
    case .body where flags.contains(.skip): return generator.element(of: [Milter.skip, Milter.accept])
    case .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB:
      return generator.element(of: [Milter.accept, Milter.reject, Milter.tempfail, Milter.discard])
    }
  }
}
