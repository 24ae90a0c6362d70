/// Findings about bytes that make no packet; whoever cuts the stream makes them.
extension Finding {
  /// A length field above what is taken for a packet (``Framing/Next/oversized(length:)``).
  package static func oversized(length: UInt32, from sender: Leg) -> Finding {
    let field = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> UInt32($0)) }
    return Finding(
      .lengthAbsurd, packet: nil,
      "the \(sender.noun) announces a length of \(length), as text '\(wire: field)';"
        + " above \(Framing.ceiling) a packet is passed on without a look inside")
  }

  /// Somebody who does not speak milter, told from the first bytes of the connection.
  package static func wrongPeer(_ peer: WrongPeer, on leg: Leg, begins bytes: some Collection<UInt8>)
    -> Finding
  {
    let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }.prefix(60)
    let shown = Array(line.isEmpty ? Array(bytes.prefix(16)) : Array(line))
    return Finding(
      .notMilter, packet: nil, "\(peer.name) speaks here, in the place of the \(leg.noun): '\(wire: shown)'")
  }
}

extension Leg {
  /// `MTA`, `milter`: as a sentence has it.
  package var noun: String { self == .mta ? "MTA" : "milter" }
}
