/// OPTNEG, offered and answered.
extension StageTracker {
  mutating func offer(_ arrival: Arrival, _ findings: inout [Finding]) {
    guard case .optNeg(let shape) = arrival.shape else { return }
    let offer = OptNeg(shape, of: arrival.packet)
    negotiated = Negotiated(offered: offer)
    for remark in NegotiationLint.remarks(offer: offer) {
      arrival.remark(remark.rule, remark.text, &findings)
    }
  }

  mutating func answer(_ arrival: Arrival, _ findings: inout [Finding]) -> Place {
    guard case .optNeg(let shape) = arrival.shape else { return Place(stage: .negotiation, message: 0) }
    guard let head = queue.first, head.stage == .negotiation else {
      if marks.contains(.began) {
        arrival.remark(.secondOptNeg, "OPTNEG, but none awaits an answer", &findings)
      } else {
        arrival.remark(.firstNotOptNeg, "the milter speaks before the MTA", &findings)
      }
      return Place(stage: .negotiation, message: 0)
    }
    let answer = OptNeg(shape, of: arrival.packet)
    for remark in NegotiationLint.remarks(answer: answer, to: negotiated.offered) {
      arrival.remark(remark.rule, remark.text, &findings)
    }
    negotiated.answered = answer
    libmilter.negotiated(answer.protocolFlags)
    unseenNames = answer.symbolLists.flatMap { list in
      let stage = MacroStage(rawValue: list.stage)
      return list.macroNames.compactMap { name -> UnseenName? in
        guard let stage, KnownMacro.named(name) == nil else { return nil }
        return UnseenName(stage: stage, name: Array(KnownMacro.bareName(name)))
      }
    }
    if position == .negotiating { position = .ready }
    return settle(arrival, &findings)
  }
}
