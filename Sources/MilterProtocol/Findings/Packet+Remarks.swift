extension Packet {
  /// What would be remarked on the packet by itself, before it is sent.
  ///
  /// - Parameters:
  ///   - flags: the protocol flags that were negotiated.
  ///   - stage: that a reply is about.
  package func remarks(
    flags: ProtocolFlags, mta: MTAKind, stage: Stage?
  ) -> [(rule: FindingRule, text: String)] {
    var lint = PacketLint(self, Dissection(self), flags: flags, mta: mta, stage: stage)
    lint.run()
    return lint.remarks
  }
}
