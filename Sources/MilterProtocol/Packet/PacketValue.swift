/// A packet taken apart into owned values such that encoding gives back the very same bytes.
package enum PacketValue: Equatable, Sendable {
  case command(Command)
  case reply(Reply)
  /// A code or payload that has no exact value: unknown letter, cut short, surplus bytes. Nothing is lost.
  case raw(code: UInt8?, payload: [UInt8])
}
