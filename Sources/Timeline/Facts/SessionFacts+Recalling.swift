import Dialogue
import MilterProtocol
import TraceModel

/// What the MTA sent, without what became of it.
extension SessionFacts {
  /// Folds in a command or macros: client, HELO, macros, envelope, headers and bytes become what they are after
  /// ``received(_:_:number:at:forwarded:payloadBytes:)``. Nothing else does: what is told from replies is not kept, and
  /// where messages begin is known to the caller.
  ///
  /// - Parameters:
  ///   - payloadBytes: of the packet as it came, where `packet` stands in for it without its content.
  ///   - inMessage: whether it belongs to ``message``.
  ///   - declined: the stage whose command these macros stand in for, since the milter declined it; nil for none.
  mutating func recalled(
    _ packet: Packet, number: Int, payloadBytes: Int, inMessage: Bool, declined: Stage? = nil
  ) {
    guard packet.sender == .mta else { return }
    let shape = Dissection(packet).shape
    if packet.kind != .command(.macro) {
      if inMessage { message?.commanded(packet, shape, payloadBytes: payloadBytes, number: number) }
      note(packet, shape)
    }
    dialogue.recall(packet, number: number)
    if let declined { noteAddress(announcedAt: declined, number: number) }
  }
}
