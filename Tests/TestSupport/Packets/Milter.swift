import MilterProtocol

/// Packets of a milter, short enough to be read in a row: `Milter.reply("550 5.7.1 not here")`.
package enum Milter {
  /// A milter that asks for nothing special: version 6, all actions, every stage, every reply.
  package static func optNeg(
    version: UInt32 = 6, _ actions: ActionFlags = .current, _ flags: ProtocolFlags = [],
    symbols: [(stage: UInt32, names: String)] = []
  ) -> Packet {
    let lists = symbols.map { OptNeg.SymbolList(stage: $0.stage, names: bytes($0.names)) }
    let optNeg = OptNeg(version: version, actions: actions, protocolFlags: flags, symbolLists: lists)
    return Packet(encoding: .optNeg(optNeg) as Reply)
  }

  package static let `continue` = verdict(.continue)
  package static let accept = verdict(.accept)
  package static let reject = verdict(.reject)
  package static let tempfail = verdict(.tempfail)
  package static let discard = verdict(.discard)
  package static let skip = verdict(.skip)
  package static let shutdown = verdict(.shutdown)
  package static let progress = Packet(encoding: Reply.progress)
  package static let connFail = Packet(encoding: Reply.connFail)

  /// REPLYCODE with that text, `%` already doubled.
  package static func reply(_ text: String) -> Packet { verdict(.replyCode(bytes(text))) }

  package static func addHeader(_ name: String = "X-Test", _ value: String = "yes") -> Packet {
    modification(.addHeader(Header(name: bytes(name), value: bytes(value))))
  }

  package static func insHeader(_ index: UInt32, _ name: String, _ value: String) -> Packet {
    modification(.insHeader(index: index, Header(name: bytes(name), value: bytes(value))))
  }

  /// An empty value deletes.
  package static func chgHeader(_ index: UInt32, _ name: String, _ value: String) -> Packet {
    modification(.chgHeader(index: index, Header(name: bytes(name), value: bytes(value))))
  }

  package static func addRcpt(_ address: String) -> Packet {
    modification(.addRcpt(address: bytes(address)))
  }

  package static func addRcptPar(_ address: String, _ parameters: String?) -> Packet {
    modification(.addRcptPar(address: bytes(address), parameters: parameters.map(bytes)))
  }

  package static func delRcpt(_ address: String) -> Packet {
    modification(.delRcpt(address: bytes(address)))
  }

  package static func chgFrom(_ address: String, _ parameters: String? = nil) -> Packet {
    modification(.chgFrom(address: bytes(address), parameters: parameters.map(bytes)))
  }

  package static func replBody(_ text: String) -> Packet { modification(.replBody(bytes(text))) }

  package static func quarantine(_ reason: String = "looks odd") -> Packet {
    modification(.quarantine(reason: bytes(reason)))
  }

  /// Any code and payload.
  package static func raw(_ code: Unicode.Scalar, _ payload: [UInt8] = []) -> Packet {
    Packet(code: UInt8(ascii: code), payload: payload, from: .milter)
  }

  private static func verdict(_ verdict: Verdict) -> Packet { Packet(encoding: Reply.verdict(verdict)) }
  private static func modification(_ modification: Modification) -> Packet {
    Packet(encoding: Reply.modification(modification))
  }
}
