extension PacketValue {
  /// Owned values of a packet; `raw` where its payload is malformed, so that encoding always gives back `packet`.
  package init(decoding packet: Packet) {
    let dissection = Dissection(packet)
    if dissection.malformation == nil, let value = PacketValue(dissection.shape, of: packet) {
      self = value
    } else {
      self = .raw(code: packet.code, payload: Array(packet.bytes[packet.payload]))
    }
  }

  private init?(_ shape: PacketShape, of packet: Packet) {
    let fields = Fields(packet: packet)
    if let command = fields.command(shape) {
      self = .command(command)
    } else if let reply = fields.reply(shape) {
      self = .reply(reply)
    } else {
      return nil
    }
  }
}

/// Copies the ranges of a well-formed shape out of its packet.
private struct Fields {
  let packet: Packet

  func command(_ shape: PacketShape) -> Command? {
    switch shape {
    case .optNeg(let shape): packet.sender == .mta ? .optNeg(optNeg(shape)) : nil
    case .macro(let command, let strings): .macro(MacroSet(command: command, pairs: pairs(strings)))
    case .connect(let shape): connect(shape).map(Command.connect)
    case .helo(let name): .helo(name: bytes(name))
    case .mail(let address, let arguments): .mail(envelope(address, arguments))
    case .rcpt(let address, let arguments): .rcpt(envelope(address, arguments))
    case .data: .data
    case .header(let name, let value): .header(header(name, value))
    case .eoh: .eoh
    case .body(let chunk): .body(bytes(chunk))
    case .bodyEOB(let chunk): .bodyEOB(bytes(chunk))
    case .unknown(let line): .unknown(line: bytes(line))
    case .abort: .abort
    case .quit: .quit
    case .quitNC: .quitNC
    case .verdict, .replyCode, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar,
      .delRcpt, .chgFrom, .replBody, .quarantine, .setSymList, .connFail, .undecoded, .empty:
      nil
    }
  }

  func reply(_ shape: PacketShape) -> Reply? {
    switch shape {
    case .optNeg(let shape): .optNeg(optNeg(shape))
    case .verdict(let kind): verdict(kind).map(Reply.verdict)
    case .replyCode(let text): .verdict(.replyCode(bytes(text)))
    case .progress: .progress
    case .addHeader(let name, let value): .modification(.addHeader(header(name, value)))
    case .insHeader(let index, let name, let value):
      .modification(.insHeader(index: index, header(name, value)))
    case .chgHeader(let index, let name, let value):
      .modification(.chgHeader(index: index, header(name, value)))
    case .addRcpt(let address): .modification(.addRcpt(address: bytes(address)))
    case .addRcptPar(let address, let parameters):
      .modification(.addRcptPar(address: bytes(address), parameters: parameters.map(bytes)))
    case .delRcpt(let address): .modification(.delRcpt(address: bytes(address)))
    case .chgFrom(let address, let parameters):
      .modification(.chgFrom(address: bytes(address), parameters: parameters.map(bytes)))
    case .replBody(let chunk): .modification(.replBody(bytes(chunk)))
    case .quarantine(let reason): .modification(.quarantine(reason: bytes(reason)))
    case .setSymList(let stage, let names):
      .setSymList(OptNeg.SymbolList(stage: stage, names: bytes(names)))
    case .connFail: .connFail
    case .macro, .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .abort,
      .quit, .quitNC, .undecoded, .empty:
      nil
    }
  }

  private func verdict(_ kind: ReplyKind) -> Verdict? {
    switch kind {
    case .continue: .continue
    case .accept: .accept
    case .reject: .reject
    case .tempfail: .tempfail
    case .discard: .discard
    case .skip: .skip
    case .shutdown: .shutdown
    case .optNeg, .replyCode, .connFail, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt,
      .addRcptPar, .delRcpt, .chgFrom, .replBody, .quarantine, .setSymList:
      nil
    }
  }

  private func optNeg(_ shape: OptNegShape) -> OptNeg {
    let lists = SymbolLists(shape.symbolLists, of: packet).map {
      OptNeg.SymbolList(stage: $0.stage, names: bytes($0.names))
    }
    return OptNeg(
      version: shape.version, actions: shape.actions, protocolFlags: shape.protocolFlags,
      symbolLists: lists)
  }

  private func pairs(_ strings: Range<Int>) -> [MacroSet.Pair] {
    var list = StringList(strings, of: packet)
    var pairs: [MacroSet.Pair] = []
    while let name = list.next(), let value = list.next() {
      pairs.append(MacroSet.Pair(name: bytes(name), value: bytes(value)))
    }
    return pairs
  }

  private func connect(_ shape: ConnectShape) -> Connect? {
    let family: Connect.Family
    switch shape.family {
    case UInt8(ascii: "U"): family = .unknown
    case UInt8(ascii: "L"): family = .unix(port: shape.port, path: bytes(shape.address))
    case UInt8(ascii: "4"): family = .inet(port: shape.port, address: bytes(shape.address))
    case UInt8(ascii: "6"): family = .inet6(port: shape.port, address: bytes(shape.address))
    default: return nil
    }
    return Connect(hostname: bytes(shape.hostname), family: family)
  }

  private func envelope(_ address: Range<Int>, _ arguments: Range<Int>) -> Envelope {
    Envelope(address: bytes(address), arguments: StringList(arguments, of: packet).map(bytes))
  }

  private func header(_ name: Range<Int>, _ value: Range<Int>) -> Header {
    Header(name: bytes(name), value: bytes(value))
  }

  private func bytes(_ range: Range<Int>) -> [UInt8] { Array(packet.bytes[range]) }
}
