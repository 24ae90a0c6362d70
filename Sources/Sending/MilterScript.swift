import MilterProtocol

/// The milter's side of a conversation, played: what it does about each packet of an MTA.
package protocol MilterScript: Sendable {
  mutating func moves(on packet: Packet) -> [MilterMove]
}

/// What a played milter does.
package enum MilterMove: Equatable, Sendable {
  case say(Packet)
  /// In pieces of so many bytes with a pause between two.
  case sayPiecewise(Packet, bytes: Int, pause: Moment.Span)
  /// Bytes that make no packet.
  case sayBytes([UInt8])
  case pause(Moment.Span)
  case close
  /// The connection breaks (RST).
  case reset
}
