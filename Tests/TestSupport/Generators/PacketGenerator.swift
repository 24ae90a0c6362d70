import MilterProtocol

/// Packets of every kind with any content, and packets broken in the ways that peers break them.
extension SeededGenerator {
  /// A well-formed packet of either side.
  package mutating func packet() -> Packet {
    Bool.random(using: &self) ? Packet(encoding: command()) : Packet(encoding: reply())
  }

  package mutating func command() -> Command {
    let kind: CommandKind = element(of: CommandKind.allCases)
    switch kind {
    case .optNeg: return .optNeg(optNeg(lists: 0))
    case .macro: return .macro(macros())
    case .connect: return .connect(connect())
    case .helo: return .helo(name: string())
    case .mail: return .mail(envelope())
    case .rcpt: return .rcpt(envelope())
    case .data: return .data
    case .header: return .header(header())
    case .eoh: return .eoh
    case .body: return .body(bytes(0...40))
    case .bodyEOB: return .bodyEOB(chance(1, in: 4) ? bytes(0...40) : [])
    case .unknown: return .unknown(line: string())
    case .abort: return .abort
    case .quit: return .quit
    case .quitNC: return .quitNC
    }
  }

  package mutating func reply() -> Reply {
    let kind: ReplyKind = element(of: ReplyKind.allCases)
    switch kind {
    case .optNeg: return .optNeg(optNeg(lists: Int.random(in: 0...3, using: &self)))
    case .continue: return .verdict(.continue)
    case .accept: return .verdict(.accept)
    case .reject: return .verdict(.reject)
    case .tempfail: return .verdict(.tempfail)
    case .discard: return .verdict(.discard)
    case .skip: return .verdict(.skip)
    case .shutdown: return .verdict(.shutdown)
    case .replyCode: return .verdict(.replyCode(string()))
    case .connFail: return .connFail
    case .progress: return .progress
    case .addHeader: return .modification(.addHeader(header()))
    case .insHeader: return .modification(.insHeader(index: number(), header()))
    case .chgHeader: return .modification(.chgHeader(index: number(), header()))
    case .addRcpt: return .modification(.addRcpt(address: string()))
    case .addRcptPar: return .modification(.addRcptPar(address: string(), parameters: optionalString()))
    case .delRcpt: return .modification(.delRcpt(address: string()))
    case .chgFrom: return .modification(.chgFrom(address: string(), parameters: optionalString()))
    case .replBody: return .modification(.replBody(bytes(0...40)))
    case .quarantine: return .modification(.quarantine(reason: string()))
    case .setSymList: return .setSymList(symbolList())
    }
  }

  /// A frame of either side whose payload is anything: mostly a good packet with bytes changed, cut or added.
  package mutating func brokenPacket() -> Packet {
    let good = packet()
    var payload = Array(good.bytes[good.payload])
    var code = good.code ?? 0
    for _ in 0..<Int.random(in: 1...3, using: &self) {
      switch Int.random(in: 0..<5, using: &self) {
      case 0: code = UInt8.random(in: .min ... .max, using: &self)
      case 1: payload.removeLast(min(payload.count, Int.random(in: 1...4, using: &self)))
      case 2: payload += bytes(1...4)
      case 3 where !payload.isEmpty:
        payload[Int.random(in: payload.indices, using: &self)] = UInt8.random(in: .min ... .max, using: &self)
      default: payload = bytes(0...24)
      }
    }
    let sender = chance(1, in: 8) ? good.sender.other : good.sender
    return chance(1, in: 40)
      ? Packet(frame: [0, 0, 0, 0], from: sender) : Packet(code: code, payload: payload, from: sender)
  }

  private mutating func number() -> UInt32 {
    chance(1, in: 3) ? UInt32.random(in: .min ... .max, using: &self) : UInt32.random(in: 0...4, using: &self)
  }

  private mutating func optionalString() -> [UInt8]? { Bool.random(using: &self) ? string() : nil }

  private mutating func optNeg(lists: Int) -> OptNeg {
    OptNeg(
      version: number(), actions: ActionFlags(rawValue: number()),
      protocolFlags: ProtocolFlags(rawValue: number()), symbolLists: (0..<lists).map { _ in symbolList() })
  }

  private mutating func symbolList() -> OptNeg.SymbolList {
    OptNeg.SymbolList(stage: number(), names: string())
  }

  private mutating func macros() -> MacroSet {
    let letter =
      chance(1, in: 8) ? UInt8.random(in: .min ... .max, using: &self) : element(of: bytes("CHMRTNE"))
    let count = Int.random(in: 0...3, using: &self)
    return MacroSet(
      command: letter, pairs: (0..<count).map { _ in MacroSet.Pair(name: string(), value: string()) })
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private mutating func connect() -> Connect {
    let family: Connect.Family
    switch Int.random(in: 0..<4, using: &self) {
    case 0: family = .unknown
    case 1: family = .unix(port: 0, path: string())
    case 2: family = .inet(port: UInt16.random(in: .min ... .max, using: &self), address: string())
    default: family = .inet6(port: UInt16.random(in: .min ... .max, using: &self), address: string())
    }
    return Connect(hostname: string(), family: family)
  }

  private mutating func envelope() -> Envelope {
    let count = Int.random(in: 0...3, using: &self)
    return Envelope(address: string(), arguments: (0..<count).map { _ in string() })
  }

  private mutating func header() -> Header { Header(name: string(1...12), value: string(0...40)) }
}
