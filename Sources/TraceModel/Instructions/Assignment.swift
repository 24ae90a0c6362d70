import MilterProtocol

/// `set FIELD VALUE` on a held packet: which field, and the bytes that it gets.
package struct Assignment: Hashable, Sendable {
  package let field: Field
  package let value: [UInt8]

  /// Refuses a value that the field cannot hold, whatever the packet.
  package init(_ field: Field, _ value: [UInt8]) throws(Refusal) {
    self.field = field
    self.value = value
    switch field {
    case .clientPort: _ = try number(below: 0x1_0000)
    case .headerIndex, .version: _ = try number(below: 0x1_0000_0000)
    case .replyCode: _ = try code()
    case .body: break
    case .mailAddress, .mailArguments, .rcptAddress, .rcptArguments, .heloName, .clientHost,
      .clientAddress, .headerName, .headerValue, .replyText, .unknownLine, .reason, .macro:
      if value.contains(0) { throw Refusal("\(field.name) cannot have a NUL in it: it ends the string") }
    }
  }

  package enum Field: Hashable, Sendable {
    case mailAddress, mailArguments
    case rcptAddress, rcptArguments
    case heloName
    case clientHost, clientAddress, clientPort
    case headerName, headerValue, headerIndex
    case body
    case replyCode, replyText
    case unknownLine
    case reason
    case version
    /// By its name without braces, in the macro set that travels with the packet.
    case macro([UInt8])

    /// All but `macro`, which is written `macro["i"]`.
    package static let plain: [Field] = [
      .mailAddress, .mailArguments, .rcptAddress, .rcptArguments, .heloName, .clientHost, .clientAddress,
      .clientPort, .headerName, .headerValue, .headerIndex, .body, .replyCode, .replyText, .unknownLine,
      .reason, .version,
    ]

    package var name: String {
      switch self {
      case .mailAddress: "mail.address"
      case .mailArguments: "mail.args"
      case .rcptAddress: "rcpt.address"
      case .rcptArguments: "rcpt.args"
      case .heloName: "helo.name"
      case .clientHost: "client.host"
      case .clientAddress: "client.address"
      case .clientPort: "client.port"
      case .headerName: "header.name"
      case .headerValue: "header.value"
      case .headerIndex: "header.index"
      case .body: "body"
      case .replyCode: "reply.code"
      case .replyText: "reply.text"
      case .unknownLine: "unknown.line"
      case .reason: "reason"
      case .version: "version"
      case .macro: "macro"
      }
    }
  }

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
    case (.clientAddress, .connect(let connect)):
      return .connect(Connect(hostname: connect.hostname, family: connect.family.with(address: value)))
    case (.clientPort, .connect(let connect)):
      let port = UInt16(try number(below: 0x1_0000))
      guard let family = connect.family.with(port: port) else { throw absent(in: command.kind.name) }
      return .connect(Connect(hostname: connect.hostname, family: family))
    case (.version, .optNeg(var optNeg)):
      optNeg.version = UInt32(try number(below: 0x1_0000_0000))
      return .optNeg(optNeg)
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
    case (.version, .optNeg(var optNeg)):
      optNeg.version = UInt32(try number(below: 0x1_0000_0000))
      return .optNeg(optNeg)
    case (_, .modification(let modification)):
      return .modification(try applied(to: modification))
    default: throw absent(in: reply.kind.name)
    }
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

  private func absent(in packet: String) -> Refusal { Refusal("\(packet) has no \(field.name)") }

  private var words: [[UInt8]] { value.split(separator: UInt8(ascii: " ")).map(Array.init) }

  private func number(below limit: Int) throws(Refusal) -> Int {
    guard let text = String(validating: value, as: UTF8.self), let number = Int(text), number >= 0,
      number < limit
    else { throw Refusal("\(field.name) is a number from 0 to \(limit - 1)") }
    return number
  }

  private func code() throws(Refusal) -> [UInt8] {
    guard value.count == 3, value.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw Refusal("reply.code is three digits")
    }
    return value
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
