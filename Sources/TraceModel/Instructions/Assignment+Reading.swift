import MilterProtocol

extension Assignment.Field {
  /// The fields of a packet that can be set, with what they hold, in the order in which they travel.
  package static func all(of packet: PacketValue) -> [(field: Assignment.Field, value: [UInt8])] {
    switch packet {
    case .command(let command): all(of: command)
    case .reply(.optNeg(let optNeg)): [(.version, digits(optNeg.version))]
    case .reply(.verdict(.replyCode(let wire))): all(of: WireReply(wire), wire)
    case .reply(.modification(let modification)): all(of: modification)
    case .reply, .raw: []
    }
  }

  private static func all(of command: Command) -> [(field: Assignment.Field, value: [UInt8])] {
    switch command {
    case .optNeg(let optNeg): [(.version, digits(optNeg.version))]
    case .macro(let set):
      set.pairs.map { (.macro(bare($0.name)), $0.value) }
    case .connect(let connect): [(.clientHost, connect.hostname)] + all(of: connect.family)
    case .helo(let name): [(.heloName, name)]
    case .mail(let envelope):
      [(.mailAddress, envelope.address), (.mailArguments, joined(envelope.arguments))]
    case .rcpt(let envelope):
      [(.rcptAddress, envelope.address), (.rcptArguments, joined(envelope.arguments))]
    case .header(let header): [(.headerName, header.name), (.headerValue, header.value)]
    case .body(let bytes), .bodyEOB(let bytes): [(.body, bytes)]
    case .unknown(let line): [(.unknownLine, line)]
    case .data, .eoh, .abort, .quit, .quitNC: []
    }
  }

  private static func all(of family: Connect.Family) -> [(field: Assignment.Field, value: [UInt8])] {
    switch family {
    case .unknown: [(.clientAddress, [])]
    case .unix(let port, let address), .inet(let port, let address), .inet6(let port, let address):
      [(.clientAddress, address), (.clientPort, digits(UInt32(port)))]
    }
  }

  private static func all(
    of reply: WireReply, _ wire: [UInt8]
  ) -> [(field: Assignment.Field, value: [UInt8])] {
    [(.replyCode, Array(wire.prefix(3))), (.replyText, reply.text)]
  }

  private static func all(of modification: Modification) -> [(field: Assignment.Field, value: [UInt8])] {
    switch modification {
    case .addHeader(let header): [(.headerName, header.name), (.headerValue, header.value)]
    case .insHeader(let index, let header), .chgHeader(let index, let header):
      [(.headerIndex, digits(index)), (.headerName, header.name), (.headerValue, header.value)]
    case .addRcpt(let address), .delRcpt(let address): [(.rcptAddress, address)]
    case .addRcptPar(let address, let parameters):
      [(.rcptAddress, address), (.rcptArguments, parameters ?? [])]
    case .chgFrom(let address, let parameters):
      [(.mailAddress, address), (.mailArguments, parameters ?? [])]
    case .replBody(let bytes): [(.body, bytes)]
    case .quarantine(let reason): [(.reason, reason)]
    }
  }

  private static func digits(_ number: UInt32) -> [UInt8] { Array(String(number).utf8) }

  private static func joined(_ words: [[UInt8]]) -> [UInt8] { Array(words.joined(separator: [0x20])) }

  /// A macro's name without its braces, as `set macro["…"]` has it.
  private static func bare(_ name: [UInt8]) -> [UInt8] {
    guard name.count > 2, name.first == UInt8(ascii: "{"), name.last == UInt8(ascii: "}") else { return name }
    return Array(name.dropFirst().dropLast())
  }
}
