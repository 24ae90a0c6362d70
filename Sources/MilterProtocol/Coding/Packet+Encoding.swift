/// Values into bytes. Strings get their NUL here; a NUL inside one is written as it is and cuts the string short.
extension Packet {
  package init(encoding command: Command) {
    self.init(code: command.kind.rawValue, payload: Encoder.payload { $0.append(command) }, from: .mta)
  }

  package init(encoding reply: Reply) {
    self.init(code: reply.kind.rawValue, payload: Encoder.payload { $0.append(reply) }, from: .milter)
  }

  /// - Parameter sender: whose packet it is, where the value does not say so (`raw`).
  package init(encoding value: PacketValue, from sender: Leg) {
    switch value {
    case .command(let command): self.init(encoding: command)
    case .reply(let reply): self.init(encoding: reply)
    case .raw(let code?, let payload): self.init(code: code, payload: payload, from: sender)
    case .raw(code: nil, _): self.init(frame: [0, 0, 0, 0], from: sender)
    }
  }
}

/// A payload being written.
private struct Encoder {
  private var bytes: [UInt8] = []

  static func payload(_ write: (inout Encoder) -> Void) -> [UInt8] {
    var encoder = Encoder()
    write(&encoder)
    return encoder.bytes
  }

  mutating func append(_ command: Command) {
    switch command {
    case .optNeg(let optNeg): append(optNeg)
    case .macro(let set):
      bytes.append(set.command)
      for pair in set.pairs { append(strings: pair.name, pair.value) }
    case .connect(let connect): append(connect)
    case .helo(let name): append(strings: name)
    case .mail(let envelope), .rcpt(let envelope):
      append(strings: envelope.address)
      for argument in envelope.arguments { append(strings: argument) }
    case .header(let header): append(strings: header.name, header.value)
    case .body(let chunk), .bodyEOB(let chunk): bytes.append(contentsOf: chunk)
    case .unknown(let line): append(strings: line)
    case .data, .eoh, .abort, .quit, .quitNC: break
    }
  }

  mutating func append(_ reply: Reply) {
    switch reply {
    case .optNeg(let optNeg): append(optNeg)
    case .verdict(.replyCode(let text)): append(strings: text)
    case .verdict(.continue), .verdict(.accept), .verdict(.reject), .verdict(.tempfail), .verdict(.discard),
      .verdict(.skip), .verdict(.shutdown), .progress, .connFail:
      break
    case .modification(let modification): append(modification)
    case .setSymList(let list): append(list)
    }
  }

  private mutating func append(_ modification: Modification) {
    switch modification {
    case .addHeader(let header): append(strings: header.name, header.value)
    case .insHeader(let index, let header), .chgHeader(let index, let header):
      append(index)
      append(strings: header.name, header.value)
    case .addRcpt(let address), .delRcpt(let address): append(strings: address)
    case .addRcptPar(let address, let parameters), .chgFrom(let address, let parameters):
      append(strings: address)
      if let parameters { append(strings: parameters) }
    case .replBody(let chunk): bytes.append(contentsOf: chunk)
    case .quarantine(let reason): append(strings: reason)
    }
  }

  private mutating func append(_ optNeg: OptNeg) {
    append(optNeg.version)
    append(optNeg.actions.rawValue)
    append(optNeg.protocolFlags.rawValue)
    for list in optNeg.symbolLists { append(list) }
  }

  private mutating func append(_ list: OptNeg.SymbolList) {
    append(list.stage)
    append(strings: list.names)
  }

  private mutating func append(_ connect: Connect) {
    append(strings: connect.hostname)
    bytes.append(connect.family.letter)
    switch connect.family {
    case .unknown: break
    case .unix(let port, let address), .inet(let port, let address), .inet6(let port, let address):
      bytes.append(UInt8(truncatingIfNeeded: port >> 8))
      bytes.append(UInt8(truncatingIfNeeded: port))
      append(strings: address)
    }
  }

  private mutating func append(_ number: UInt32) {
    for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  private mutating func append(strings: [UInt8]...) {
    for string in strings {
      bytes.append(contentsOf: string)
      bytes.append(0)
    }
  }
}

extension Connect.Family {
  /// The family byte of CONNECT (`SMFIA_*`, libmilter `mfdef.h`).
  package var letter: UInt8 {
    switch self {
    case .unknown: UInt8(ascii: "U")
    case .unix: UInt8(ascii: "L")
    case .inet: UInt8(ascii: "4")
    case .inet6: UInt8(ascii: "6")
    }
  }
}
