import MilterProtocol

extension Assignment.Field {
  /// The fields of a packet that can be set, with what they hold, in the order in which they travel.
  package static func all(of packet: PacketValue) -> [(field: Assignment.Field, value: [UInt8])] {
    switch packet {
    case .command(let command): all(of: command)
    case .reply(.optNeg(let optNeg)): all(of: optNeg) + symbolLists(of: optNeg)
    case .reply(.setSymList(let list)): [(.symbolList(stage: list.stage), list.names)]
    case .reply(.verdict(.replyCode(let wire))): all(of: WireReply(wire), wire)
    case .reply(.modification(let modification)): all(of: modification)
    case .reply, .raw: []
    }
  }

  private static func all(of command: Command) -> [(field: Assignment.Field, value: [UInt8])] {
    switch command {
    case .optNeg(let optNeg): all(of: optNeg)
    case .macro(let set):
      [(.macroCommand, MacroSet.name(ofCommand: set.command))]
        + set.pairs.map { (.macro(bare($0.name)), $0.value) }
    case .connect(let connect):
      [(.clientHost, connect.hostname), (.clientFamily, connect.family.name)] + all(of: connect.family)
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

  private static func all(of optNeg: OptNeg) -> [(field: Assignment.Field, value: [UInt8])] {
    [
      (.version, digits(optNeg.version)), (.actions, Array(FlagNames.text(optNeg.actions).utf8)),
      (.protocolFlags, Array(FlagNames.text(optNeg.protocolFlags).utf8)),
    ]
  }

  /// Those asked for, in their order, then the stages that could be.
  private static func symbolLists(of optNeg: OptNeg) -> [(field: Assignment.Field, value: [UInt8])] {
    let there = optNeg.symbolLists.map { (Self.symbolList(stage: $0.stage), $0.names) }
    let free = OptNeg.SymbolList.stages.filter { stage in
      !optNeg.symbolLists.contains { $0.stage == stage.number }
    }
    return there + free.map { (.symbolList(stage: $0.number), []) }
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

extension Connect.Family {
  /// As `set client.family` has them, with the letter on the wire.
  package static let names: [(letter: UInt8, name: String)] = [
    (UInt8(ascii: "U"), "unknown"), (UInt8(ascii: "L"), "unix"), (UInt8(ascii: "4"), "inet"),
    (UInt8(ascii: "6"), "inet6"),
  ]

  fileprivate var name: [UInt8] {
    switch self {
    case .unknown: Array("unknown".utf8)
    case .unix: Array("unix".utf8)
    case .inet: Array("inet".utf8)
    case .inet6: Array("inet6".utf8)
    }
  }
}

extension MacroSet {
  /// Commands that macros may belong to, with their letters.
  static let commandNames: [(letter: UInt8, name: String)] = CommandKind.allCases.filter { $0 != .macro }.map
  {
    ($0.rawValue, $0.name.lowercased())
  }

  /// Its name, or the letter itself where no command has it.
  fileprivate static func name(ofCommand letter: UInt8) -> [UInt8] {
    commandNames.first { $0.letter == letter }.map { Array($0.name.utf8) } ?? [letter]
  }
}
