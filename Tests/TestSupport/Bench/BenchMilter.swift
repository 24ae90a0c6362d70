import MilterProtocol

/// A milter that is made with libmilter: what its table does not take it ignores without a word.
struct BenchMilter {
  private let flags: ProtocolFlags
  private var state = LibmilterState()

  init(flags: ProtocolFlags) { self.flags = flags }

  mutating func received(_ packet: Packet, _ generator: inout SeededGenerator) -> [Packet] {
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
