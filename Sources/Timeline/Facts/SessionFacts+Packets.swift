import Dialogue
import MilterProtocol
import TraceModel

/// Packets as they come in.
extension SessionFacts {
  /// - Parameters:
  ///   - shape: the packet dissected.
  ///   - forwarded: whether it passed to the other leg as it came, at this moment.
  ///   - payloadBytes: of the packet as it came, where `packet` stands in for it without its content.
  @discardableResult
  package mutating func received(
    _ packet: Packet, _ shape: PacketShape, number: Int, at time: Moment, forwarded: Bool,
    payloadBytes: Int? = nil
  ) -> Placement {
    let placement = dialogue.travelled(packet, shape, number: number, forwarded ? .through : .came, at: time)
    if !forwarded { stop(packet, number) }
    switch packet.kind {
    case .command(let kind):
      enter(placement, number: number)
      if kind == .macro {
        if placement.message != 0 {
          noteQueueID(packet, number: number)
          noteEnvelope(number: number, placement)
        }
      } else {
        commanded(
          kind, packet, shape, payloadBytes: payloadBytes ?? packet.payload.count, number: number, placement)
      }
      notePhase()
    case .reply(let kind):
      if forwarded { heard(kind, packet, number: number, placement, author: .peer) }
    case .unknown, .empty: if forwarded { noteGivingUp(packet, number: number) }
    }
    return placement
  }

  private mutating func stop(_ packet: Packet, _ number: Int) {
    if stopped.count >= FactLimits.pending { stopped.removeFirst() }
    // Of long commands and modifications only what they are is asked for again.
    let isShort = packet.bytes.count <= FactLimits.stringBytes
    let isWhole: Bool
    if case .reply(let kind) = packet.kind { isWhole = isShort || kind.settles } else { isWhole = isShort }
    let kept =
      isWhole
      ? packet : Packet(frame: Array(packet.bytes.prefix(FactLimits.stringBytes)), from: packet.sender)
    stopped.append(Stopped(number: number, packet: kept))
  }

  private mutating func enter(_ placement: Placement, number: Int) {
    guard placement.message > message?.number ?? 0 else { return }
    earlier = message.map { EarlierMessage($0) }
    message = MessageFacts(number: placement.message, firstPacket: number)
    message?.heldSince = heldSince
  }

  private static let queueID: [UInt8] = [UInt8(ascii: "i")]

  private mutating func noteQueueID(_ packet: Packet, number: Int) {
    guard message?.queueID == nil, packet.announces(Self.queueID),
      let id = macros.value(named: Self.queueID), id.packet == number
    else { return }
    message?.queueID = id.value
    message?.queueIDPacket = number
  }

  /// Both MTAs send macros for MAIL and RCPT to a milter that declined these (protocol.md 2.3).
  private mutating func noteEnvelope(number: Int, _ placement: Placement) {
    guard let stage = placement.stage, negotiation.mtaFlags.declines(stage) else { return }
    // Of a recipient that the MTA refused, {rcpt_addr} is the text of the refusal.
    if stage == .rcpt, macros.bytes(of: "rcpt_mailer".utf8)?.elementsEqual("error".utf8) ?? false { return }
    noteAddress(announcedAt: stage, number: number)
  }

  /// The macros at hand stand in for the command of that stage.
  mutating func noteAddress(announcedAt stage: Stage, number: Int) {
    switch stage {
    case .mail: announce(.mail, "mail_addr", number)
    case .rcpt: announce(.rcpt, "rcpt_addr", number)
    case .negotiation, .connect, .helo, .data, .header, .eoh, .body, .bodyEOB, .unknown: break
    }
  }

  private mutating func announce(_ stage: MacroStage, _ name: String, _ number: Int) {
    guard let fact = macros.value(name.utf8), fact.packet == number else { return }
    message?.announced(stage, fact.value.slice, number: number)
  }

  private mutating func commanded(
    _ kind: CommandKind, _ packet: Packet, _ shape: PacketShape, payloadBytes: Int, number: Int,
    _ placement: Placement
  ) {
    if givenUp != nil, kind.stage != nil { goesOnAllTheSame() }
    if placement.message != 0 {
      message?.commanded(packet, shape, payloadBytes: payloadBytes, number: number)
    }
    if kind == .rcpt, isRefusedByMTA(placement) {
      let isForGood = macros.bytes(of: "rcpt_host".utf8)?.first != UInt8(ascii: "4")
      message?.refuseLatestRecipient(forGood: isForGood)
    }
    note(packet, shape)
    guard let early = placement.answeredBefore, let stage = placement.stage,
      let i = unheard.firstIndex(where: { $0.packet == early })
    else { return }
    var verdict = unheard.remove(at: i)
    verdict.stage = stage
    settle(verdict, command: number, message: placement.message, waited: placement.waited)
  }

  /// With RCPT_REJ, both MTAs name the mailer `error` for recipients that they refuse (protocol.md 3.6).
  private func isRefusedByMTA(_ placement: Placement) -> Bool {
    guard negotiation.mtaFlags.contains(.rejectedRcpt), let mailer = macros.value("rcpt_mailer".utf8) else {
      return false
    }
    return placement.macros.contains(mailer.packet) && mailer.value.bytes == Array("error".utf8)
  }

  /// Facts of the session that a command brings.
  mutating func note(_ packet: Packet, _ shape: PacketShape) {
    switch shape {
    case .connect(let connect):
      client = ClientFacts(connect, of: packet)
      helo = nil
    case .helo(let name): helo = packet.payload.isEmpty ? nil : Head(packet.bytes[name])
    default: break
    }
  }
}
