extension ReplyText {
  /// What comes behind the text of REPLYCODE in its packet. The MTAs differ in what they make of it.
  package enum Ending: Equatable, Sendable {
    case nul
    /// Nothing: the NUL is missing.
    case missing
    /// A NUL, and more bytes.
    case more

    /// Of a REPLYCODE packet.
    package init(of packet: Packet) {
      let payload = packet.bytes[packet.payload]
      guard let nul = payload.firstIndex(of: 0) else {
        self = .missing
        return
      }
      self = nul + 1 == payload.endIndex ? .nul : .more
    }
  }
}
