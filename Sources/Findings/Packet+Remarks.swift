import MilterProtocol

extension Packet {
  /// What would be remarked on the packet by itself, before it is sent.
  ///
  /// - Parameters:
  ///   - flags: the protocol flags that were negotiated.
  ///   - stage: that a reply is about.
  ///   - offered: what an OPTNEG of the milter answers.
  package func remarks(
    flags: ProtocolFlags, mta: KnownMTA?, stage: Stage?, offered: OptNeg? = nil
  ) -> [(rule: FindingRule, text: Sentence)] {
    var lint = PacketLint(self, Dissection(self), flags: flags, mta: mta, stage: stage)
    lint.run()
    switch PacketValue(decoding: self) {
    case .command(.optNeg(let offer)): return lint.remarks + NegotiationLint.remarks(offer: offer)
    case .reply(.optNeg(let answer)):
      return lint.remarks + NegotiationLint.remarks(answer: answer, to: offered)
    case .command, .reply, .raw: return lint.remarks
    }
  }
}
