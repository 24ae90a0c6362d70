import MilterProtocol

/// What lines say of the milter's packet.
extension LogOccasion {
  /// Four bytes where a length belongs.
  var announcedLength: UInt32? {
    let bytes = foreign ?? packet?.bytes
    guard let bytes, bytes.count >= 4 else { return nil }
    return bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Postfix allows no more (`milter8_read_resp` in milter8.c).
  static let longestPacket: UInt32 = 0x3FFF_FFFF

  var postfixResponse: String? {
    switch packet?.kind {
    case .reply(let kind): "SMFIR_\(kind.name)"
    case .unknown, .command: "(unknown filter reply)"
    case .empty, nil: nil
    }
  }

  var sendmailHelo: String { client.helo.map(Self.escaped) ?? "HELO" }

  var replyKind: ReplyKind? {
    guard case .reply(let kind)? = packet?.kind else { return nil }
    return kind
  }

  var dissection: Dissection? { packet.map(Dissection.init) }

  /// What the milter answered to OPTNEG.
  var answer: OptNegShape? {
    guard case .optNeg(let answer)? = dissection?.shape else { return nil }
    return answer
  }

  /// Of the symbol lists in it, the first stage that there is not.
  var unknownMacroStage: UInt32? {
    guard let packet, let answer else { return nil }
    return SymbolLists(answer.symbolLists, of: packet).first { MacroStage(rawValue: $0.stage) == nil }?.stage
  }

  /// The text of REPLYCODE up to its NUL, and what comes behind it.
  var replyText: (text: ArraySlice<UInt8>, ending: ReplyText.Ending)? {
    guard let packet, case .replyCode(let text)? = dissection?.shape else { return nil }
    return (packet.bytes[text], ReplyText.Ending(of: packet))
  }

  /// Words of the parameters of ADDRCPT_PAR and CHGFROM.
  var parameters: [String] {
    guard let packet else { return [] }
    let range: Range<Int>? =
      switch dissection?.shape {
      case .addRcptPar(_, let parameters), .chgFrom(_, let parameters): parameters
      default: nil
      }
    return (range.map { packet.bytes[$0].split(separator: 0x20) } ?? []).map(Self.printable)
  }

  /// The first of the parameters that Postfix does not know in that packet.
  var unknownParameter: String? {
    let known = replyKind == .chgFrom ? ["RET", "ENVID"] : ["NOTIFY", "ORCPT"]
    return parameters.first { word in !known.contains(word.prefix { $0 != "=" }.uppercased()) }
  }

  /// The address of a modification of the envelope.
  var address: String? {
    guard let packet else { return nil }
    switch dissection?.shape {
    case .addRcpt(let address), .addRcptPar(let address, _), .delRcpt(let address), .chgFrom(let address, _):
      return Self.printable(packet.bytes[address])
    default: return nil
    }
  }

  var surplus: Int? {
    guard case .surplus(let bytes)? = dissection?.malformation?.fault else { return nil }
    return bytes
  }

  static func hex(_ number: UInt32) -> String { "0x" + String(number, radix: 16) }
}
