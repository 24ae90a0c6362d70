/// Findings about bytes that make no packet; whoever cuts the stream makes them.
extension Finding {
  /// A length field above what is taken for a packet (``Framing/Next/oversized(length:)``).
  package static func oversized(length: UInt32, from sender: Leg, packet: Int? = nil) -> Finding {
    let limit: Sentence =
      length > Limits.reasonableLength
      ? "no MTA takes more than \(Limits.reasonableLength)"
      : "passed by undecoded above \(Limits.decodedPayloadBytes + 1)"
    return Finding(
      .lengthAbsurd, packet: packet, "a length of \(length) from the \(sender.noun): \(limit)")
  }

  /// Somebody who does not speak milter, told from the first bytes of the connection.
  package static func wrongPeer(_ peer: WrongPeer, on leg: Leg) -> Finding {
    Finding(.notMilter, packet: nil, "\(peer.name) where the \(leg.noun) should be")
  }
}

extension Leg {
  /// `MTA`, `milter`: as a sentence has it.
  package var noun: String { self == .mta ? "MTA" : "milter" }
}
