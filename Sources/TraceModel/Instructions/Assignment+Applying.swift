import MilterProtocol

extension Assignment {
  /// The packet with the field changed.
  ///
  /// `macro["…"]` is for MACRO packets: of a held command it changes the set that travels with it, which
  /// is a packet of its own.
  package func applied(to packet: PacketValue) throws(Refusal) -> PacketValue {
    switch packet {
    case .command(let command): .command(try applied(to: command))
    case .reply(let reply): .reply(try applied(to: reply))
    case .raw: throw Refusal("the packet has no fields: its bytes can only be set as a whole, by raw")
    }
  }

  private func applied(to command: Command) throws(Refusal) -> Command {
    switch (field, command) {
    case (.mailAddress, .mail(var envelope)):
      envelope.address = value
      return .mail(envelope)
    case (.mailArguments, .mail(var envelope)):
      envelope.arguments = words
      return .mail(envelope)
    case (.rcptAddress, .rcpt(var envelope)):
      envelope.address = value
      return .rcpt(envelope)
    case (.rcptArguments, .rcpt(var envelope)):
      envelope.arguments = words
      return .rcpt(envelope)
    case (.heloName, .helo): return .helo(name: value)
    case (.headerName, .header(var header)):
      header.name = value
      return .header(header)
    case (.headerValue, .header(var header)):
      header.value = value
      return .header(header)
    case (.body, .body): return .body(value)
    case (.body, .bodyEOB): return .bodyEOB(value)
    case (.unknownLine, .unknown): return .unknown(line: value)
    case (.clientHost, .connect(var connect)):
      connect.hostname = value
      return .connect(connect)
    case (.clientFamily, .connect(let connect)):
      let letter = try letter(among: Connect.Family.names)
      return .connect(Connect(hostname: connect.hostname, family: connect.family.with(letter: letter)))
    case (.clientAddress, .connect(let connect)):
      return .connect(Connect(hostname: connect.hostname, family: connect.family.with(address: value)))
    case (.clientPort, .connect(let connect)):
      let port = UInt16(try number(below: 0x1_0000))
      guard let family = connect.family.with(port: port) else { throw absent(in: command.kind.name) }
      return .connect(Connect(hostname: connect.hostname, family: family))
    case (_, .optNeg(let optNeg)):
      if case .symbolList = field {
        throw Refusal("only a milter asks for macros: the MTA's OPTNEG has no \(field.name)")
      }
      return .optNeg(try applied(to: optNeg))
    case (.macroCommand, .macro(var set)):
      set.command = try letter(among: MacroSet.commandNames)
      return .macro(set)
    case (.macro(let name), .macro(var set)):
      set.assign(value, to: name)
      return .macro(set)
    default: throw absent(in: command.kind.name)
    }
  }

  private func applied(to reply: Reply) throws(Refusal) -> Reply {
    switch (field, reply) {
    case (.replyCode, .verdict(.replyCode(let wire))):
      return .verdict(.replyCode(WireReply(wire).with(code: try code())))
    case (.replyText, .verdict(.replyCode(let wire))):
      return .verdict(.replyCode(WireReply(wire).with(text: value)))
    case (_, .optNeg(let optNeg)): return .optNeg(try applied(to: optNeg))
    case (.symbolList(let stage), .setSymList):
      return .setSymList(OptNeg.SymbolList(stage: stage, names: value))
    case (_, .modification(let modification)):
      return .modification(try applied(to: modification))
    default: throw absent(in: reply.kind.name)
    }
  }

  private func applied(to optNeg: OptNeg) throws(Refusal) -> OptNeg {
    var optNeg = optNeg
    switch field {
    case .version: optNeg.version = UInt32(try number(below: 0x1_0000_0000))
    case .actions: optNeg.actions = try flags()
    case .protocolFlags: optNeg.protocolFlags = try flags()
    case .symbolList(let stage): optNeg.assign(value, to: stage)
    default: throw absent(in: "OPTNEG")
    }
    return optNeg
  }

  private func applied(to modification: Modification) throws(Refusal) -> Modification {
    switch (field, modification) {
    case (.headerName, .addHeader(let header)): return .addHeader(Header(name: value, value: header.value))
    case (.headerValue, .addHeader(let header)): return .addHeader(Header(name: header.name, value: value))
    case (.headerName, .insHeader(let index, let header)):
      return .insHeader(index: index, Header(name: value, value: header.value))
    case (.headerValue, .insHeader(let index, let header)):
      return .insHeader(index: index, Header(name: header.name, value: value))
    case (.headerIndex, .insHeader(_, let header)):
      return .insHeader(index: UInt32(try number(below: 0x1_0000_0000)), header)
    case (.headerName, .chgHeader(let index, let header)):
      return .chgHeader(index: index, Header(name: value, value: header.value))
    case (.headerValue, .chgHeader(let index, let header)):
      return .chgHeader(index: index, Header(name: header.name, value: value))
    case (.headerIndex, .chgHeader(_, let header)):
      return .chgHeader(index: UInt32(try number(below: 0x1_0000_0000)), header)
    case (.rcptAddress, .addRcpt): return .addRcpt(address: value)
    case (.rcptAddress, .addRcptPar(_, let parameters)):
      return .addRcptPar(address: value, parameters: parameters)
    case (.rcptArguments, .addRcptPar(let address, _)):
      return .addRcptPar(address: address, parameters: value)
    case (.rcptAddress, .delRcpt): return .delRcpt(address: value)
    case (.mailAddress, .chgFrom(_, let parameters)):
      return .chgFrom(address: value, parameters: parameters)
    case (.mailArguments, .chgFrom(let address, _)): return .chgFrom(address: address, parameters: value)
    case (.body, .replBody): return .replBody(value)
    case (.reason, .quarantine): return .quarantine(reason: value)
    default: throw absent(in: modification.kind.name)
    }
  }

  func absent(in packet: String) -> Refusal { Refusal("\(packet) has no \(field.name)") }

  var words: [[UInt8]] { value.split(separator: UInt8(ascii: " ")).map(Array.init) }

  func number(below limit: Int) throws(Refusal) -> Int {
    guard let text = String(validating: value, as: UTF8.self), let number = Int(text), number >= 0,
      number < limit
    else { throw Refusal("\(field.name) is a number from 0 to \(limit - 1)") }
    return number
  }

  func code() throws(Refusal) -> [UInt8] {
    guard value.count == 3, value.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw Refusal("reply.code is three digits")
    }
    return value
  }

  func flags<Flags: NamedFlags>() throws(Refusal) -> Flags {
    do throws(FlagNames.Unknown) {
      return try FlagNames.read(String(decoding: value, as: UTF8.self), all: .current)
    } catch {
      throw Refusal(
        "\(field.name) has no flag '\(others: error.word)': \(Flags.table.map(\.name).joined(separator: " "))"
      )
    }
  }

  /// By its name or itself.
  func letter(among names: [(letter: UInt8, name: String)]) throws(Refusal) -> UInt8 {
    let word = String(decoding: value, as: UTF8.self).lowercased()
    if let row = names.first(where: { $0.name == word || [$0.letter] == value }) { return row.letter }
    throw Refusal("\(field.name) is one of \(names.map(\.name).joined(separator: ", "))")
  }
}

extension Connect.Family {
  /// The same family with another address; a client of unknown family gets one by the look of the address.
  fileprivate func with(address: [UInt8]) -> Connect.Family {
    switch self {
    case .unix(let port, _): .unix(port: port, path: address)
    case .inet(let port, _): .inet(port: port, address: address)
    case .inet6(let port, _): .inet6(port: port, address: address)
    case .unknown:
      address.contains(UInt8(ascii: ":"))
        ? .inet6(port: 0, address: address) : .inet(port: 0, address: address)
    }
  }

  /// Another family, with port and address as far as it has them.
  fileprivate func with(letter: UInt8) -> Connect.Family {
    let (port, address): (UInt16, [UInt8]) =
      switch self {
      case .unknown: (0, [])
      case .unix(let port, let address), .inet(let port, let address), .inet6(let port, let address):
        (port, address)
      }
    switch letter {
    case UInt8(ascii: "L"): return .unix(port: port, path: address)
    case UInt8(ascii: "4"): return .inet(port: port, address: address)
    case UInt8(ascii: "6"): return .inet6(port: port, address: address)
    default: return .unknown
    }
  }

  /// nil for a client of unknown family, which has no port.
  fileprivate func with(port: UInt16) -> Connect.Family? {
    switch self {
    case .unix(_, let path): .unix(port: port, path: path)
    case .inet(_, let address): .inet(port: port, address: address)
    case .inet6(_, let address): .inet6(port: port, address: address)
    case .unknown: nil
    }
  }
}

extension MacroSet {
  /// Replaces the first value of that name, braces or not; a new name is appended, in braces unless it is one letter.
  fileprivate mutating func assign(_ value: [UInt8], to name: [UInt8]) {
    let braced = [UInt8(ascii: "{")] + name + [UInt8(ascii: "}")]
    if let index = pairs.firstIndex(where: { $0.name == name || $0.name == braced }) {
      pairs[index].value = value
    } else {
      pairs.append(Pair(name: name.count == 1 ? name : braced, value: value))
    }
  }
}

extension OptNeg {
  /// Another list for that stage, in the place of the one there is; an empty one goes.
  fileprivate mutating func assign(_ names: [UInt8], to stage: UInt32) {
    let index = symbolLists.firstIndex { $0.stage == stage }
    switch (index, names.isEmpty) {
    case (let index?, true): symbolLists.remove(at: index)
    case (let index?, false): symbolLists[index].names = names
    case (nil, true): break
    case (nil, false): symbolLists.append(SymbolList(stage: stage, names: names))
    }
  }
}
