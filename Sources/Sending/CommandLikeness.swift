import MilterProtocol

/// What of a command is compared with recorded ones: digests of this run of the program, so that a long recording takes little room.
package struct CommandLikeness: Sendable {
  /// Of all that it says; the white space in front of a header's value is none of it, for that is how it was negotiated.
  let whole: Int
  /// Of what it is about: client without port, address without arguments, name of the header, first word of an unknown command.
  let subject: Int

  package init(_ packet: Packet) {
    var whole = Hasher()
    var subject = Hasher()
    switch PacketValue(decoding: packet) {
    case .command(.connect(let connect)):
      packet.bytes[packet.payload].hash(into: &whole)
      connect.hostname.hash(into: &subject)
      switch connect.family {
      case .unknown: break
      case .unix(_, let path): path.hash(into: &subject)
      case .inet(_, let address), .inet6(_, let address): address.hash(into: &subject)
      }
    case .command(.mail(let envelope)), .command(.rcpt(let envelope)):
      packet.bytes[packet.payload].hash(into: &whole)
      envelope.address.hash(into: &subject)
    case .command(.header(let header)):
      let name = header.name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
      name.hash(into: &whole)
      header.value.drop { $0 == 0x20 || $0 == 0x09 }.hash(into: &whole)
      name.hash(into: &subject)
    case .command(.unknown(let line)):
      line.hash(into: &whole)
      line.prefix { $0 != 0x20 }.hash(into: &subject)
    case _:
      packet.bytes[packet.payload].hash(into: &whole)
      packet.bytes[packet.payload].hash(into: &subject)
    }
    self.whole = whole.finalize()
    self.subject = subject.finalize()
  }
}
