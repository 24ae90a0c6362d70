import MilterProtocol

/// What the MTA sent, without what became of it.
extension SessionFacts {
  /// Folds in a command or macros: client, HELO, macros, envelope, headers and bytes become what they are after
  /// ``received(_:number:at:forwarded:payloadBytes:)``. Nothing else does: what is told from replies is not kept, and where
  /// messages begin is known to the caller.
  ///
  /// - Parameters:
  ///   - payloadBytes: of the packet as it came, where `packet` stands in for it without its content.
  ///   - inMessage: whether it belongs to ``message``.
  mutating func recalled(_ packet: Packet, number: Int, payloadBytes: Int, inMessage: Bool) {
    switch packet.kind {
    case .command(.macro): macros.announced(packet, number: number)
    case .command(let kind):
      if inMessage { message?.commanded(kind, packet, payloadBytes: payloadBytes, number: number) }
      note(kind, packet, forwarded: true)
      macros.commanded(kind)
    case .reply, .unknown, .empty: break
    }
  }
}
