import Dialogue
import MilterProtocol

/// What a shadow negotiated against what the MTA says to its milter: the form in which it gets that, and what it lacks.
struct ShadowWants: Sendable {
  private(set) var isTold = false
  /// The next recipient is one that the MTA has refused, and the shadow did not ask for those.
  private var skipsRecipient = false

  /// What it wants and cannot have, as the MTA does not say it; nil for nothing. Asked once.
  ///
  /// - Parameters:
  ///   - answer: of the shadow to OPTNEG.
  ///   - milter: the answer by which the MTA goes.
  mutating func lacks(_ answer: OptNeg, of milter: OptNeg?) -> Sentence? {
    isTold = true
    guard let milter else { return nil }
    let (wanted, said) = (answer.effectiveFlags, milter.effectiveFlags)
    var lacking = Self.stages.filter { said.declines($0) && !wanted.declines($0) }.map(\.name)
    if wanted.contains(.rejectedRcpt), !said.contains(.rejectedRcpt) { lacking.append("refused recipients") }
    let macros = MacroStage.allCases.filter { stage in
      guard milter.requestsMacros(at: stage) else { return false }
      let given = Self.names(milter, stage)
      return !Self.names(answer, stage).isSubset(of: given)
    }
    if !macros.isEmpty {
      lacking.append("macros of its list at \(macros.map(\.stage.name).joined(separator: ", "))")
    }
    guard !lacking.isEmpty else { return nil }
    return
      "the shadow goes without \(lacking.joined(separator: ", ")): the MTA does not send what its milter did not ask for"
  }

  private static let stages: [Stage] = [.connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .unknown]

  private static func names(_ answer: OptNeg, _ stage: MacroStage) -> Set<[UInt8]> {
    let lists = answer.symbolLists.filter { $0.stage == stage.rawValue }
    return Set(lists.flatMap { $0.names.split { " ,\0".utf8.contains($0) }.map(Array.init) })
  }

  /// The packets that the shadow gets in the place of one; nil for none.
  mutating func form(
    of packet: Packet, _ kind: CommandKind?, _ negotiation: Negotiation, mta: ProtocolFlags
  ) -> [Packet]? {
    let own = negotiation.flags(on: .mta)
    switch kind {
    case .macro where mta.contains(.rejectedRcpt) && !own.contains(.rejectedRcpt):
      skipsRecipient = Self.isRefused(packet)
      return skipsRecipient ? nil : [packet]
    case .rcpt where skipsRecipient:
      skipsRecipient = false
      return nil
    case .header: return [Self.header(packet, own, mta)]
    case .body, .bodyEOB: return Self.chunks(packet, most: Self.chunkBytes(own))
    case .optNeg, .connect, .helo, .mail, .rcpt, .data, .eoh, .unknown, .abort, .quit, .quitNC, .macro, nil:
      return [packet]
    }
  }

  /// Both MTAs say of a recipient that they refuse it by the macro {rcpt_mailer}.
  private static func isRefused(_ packet: Packet) -> Bool {
    guard case .macro(let command, let strings) = Dissection(packet).shape,
      command == CommandKind.rcpt.rawValue
    else { return false }
    let words = Array(StringList(strings, of: packet))
    return stride(from: 0, to: words.count - 1, by: 2).contains { place in
      packet.bytes[words[place]].elementsEqual("{rcpt_mailer}".utf8)
        && packet.bytes[words[place + 1]].elementsEqual("error".utf8)
    }
  }

  private static func header(_ packet: Packet, _ own: ProtocolFlags, _ mta: ProtocolFlags) -> Packet {
    guard own.contains(.headerLeadingSpace) != mta.contains(.headerLeadingSpace),
      case .header(let name, let value) = Dissection(packet).shape
    else { return packet }
    var bytes = packet.bytes[value]
    if own.contains(.headerLeadingSpace) {
      bytes.insert(UInt8(ascii: " "), at: bytes.startIndex)
    } else if bytes.first == UInt8(ascii: " ") {
      bytes.removeFirst()
    }
    return Packet(
      code: CommandKind.header.rawValue, payload: packet.bytes[name] + [0] + bytes + [0], from: .mta)
  }

  private static func chunkBytes(_ flags: ProtocolFlags) -> Int {
    if flags.contains(.packets1M) { return 1_048_575 }
    return flags.contains(.packets256K) ? 262_143 : Limits.chunkBytes
  }

  private static func chunks(_ packet: Packet, most: Int) -> [Packet] {
    var rest = packet.bytes[packet.payload]
    guard rest.count > most, let code = packet.code else { return [packet] }
    var pieces: [Packet] = []
    while rest.count > most {
      pieces.append(Packet(code: CommandKind.body.rawValue, payload: rest.prefix(most), from: .mta))
      rest = rest.dropFirst(most)
    }
    return pieces + [Packet(code: code, payload: rest, from: .mta)]
  }
}
