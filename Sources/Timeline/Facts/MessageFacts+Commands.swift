import MilterProtocol
import TraceModel

/// What each command adds to the message.
extension MessageFacts {
  /// - Parameter payloadBytes: of the packet as it came, also where its content was not read.
  mutating func commanded(_ packet: Packet, _ shape: PacketShape, payloadBytes: Int, number: Int) {
    switch shape {
    case .mail(let address, let arguments): sender = envelope(packet, address, arguments, number: number)
    case .rcpt(let address, let arguments):
      recipientCount += 1
      guard recipients.count < FactLimits.entries else { return }
      recipients.append(RecipientFact(envelope: envelope(packet, address, arguments, number: number)))
    case .header(let name, let value):
      addHeader(packet, name, value, payloadBytes: payloadBytes, number: number)
    case .body:
      bodyBytes += payloadBytes
      bodyChunks += 1
    case .bodyEOB: bodyBytes += payloadBytes
    default: break
    }
  }

  private mutating func envelope(
    _ packet: Packet, _ address: Range<Int>, _ arguments: Range<Int>, number: Int
  ) -> EnvelopeFact {
    let address = keep(packet.bytes[address])
    var heads: [Head] = []
    var list = StringList(arguments, of: packet)
    while heads.count < FactLimits.entries, let argument = list.next() {
      heads.append(keep(packet.bytes[argument]))
    }
    return EnvelopeFact(address: address, arguments: heads, packet: number)
  }

  /// Macros of a stage that the milter declined: all that it learns of the address.
  ///
  /// - Parameter value: of `{mail_addr}` or `{rcpt_addr}`.
  mutating func announced(_ stage: MacroStage, _ value: ArraySlice<UInt8>, number: Int) {
    var envelope: EnvelopeFact {
      EnvelopeFact(address: keep(value), arguments: [], packet: number, isMacro: true)
    }
    switch stage {
    case .mail: announcedSender = envelope
    case .rcpt:
      if announcedRecipients.count < FactLimits.entries {
        announcedRecipients.append(RecipientFact(envelope: envelope))
      }
    case .connect, .helo, .data, .eoh, .bodyEOB: break
    }
  }

  /// - Parameter forGood: with a 5xx.
  mutating func refuseLatestRecipient(forGood: Bool) {
    refusedCount += 1
    if forGood { refusedForGood = true }
    refusedBy = nil
    if recipientCount == recipients.count, !recipients.isEmpty {
      recipients[recipients.count - 1].isRefusedByMTA = true
    }
  }

  private mutating func addHeader(
    _ packet: Packet, _ name: Range<Int>, _ value: Range<Int>, payloadBytes: Int, number: Int
  ) {
    headerCount += 1
    // Two NULs in the packet; colon, blank, CR and LF in the mail.
    headerBytes += payloadBytes + 2
    // One whose content was not read is counted and no more.
    guard headerCount <= FactLimits.entries, payloadBytes == 0 || !packet.payload.isEmpty else { return }
    let name = packet.bytes[name]
    let index = 1 + (headers.last { $0.isNamed(name) }?.index ?? 0)
    headers.append(
      HeaderFact(name: keep(name), value: keep(packet.bytes[value]), index: index, packet: number))
  }
}

/// What each reply that reached the MTA means for the message.
extension MessageFacts {
  /// - Parameter mta: that heard it.
  mutating func settled(_ verdict: VerdictFact, command: Int, by mta: KnownMTA?) {
    let result = verdict.result(under: mta)
    switch verdict.stage {
    case .rcpt:
      settleRecipient(verdict, result, command: command)
      if verdict.kind == .accept || result.endsMail { decision = verdict }
    case .mail, .header, .eoh, .body:
      if verdict.kind != .continue, verdict.kind != .skip || result.endsMail { decision = verdict }
    case .data:
      // A refused DATA leaves the message open: both MTAs send further RCPT and DATA (protocol.md 6.2).
      let decides = result.refuses || verdict.kind == .accept || result.endsMail
      decision = decides ? verdict : nil
    case .bodyEOB: decision = verdict
    case .negotiation, .connect, .helo, .unknown: break
    }
  }

  private mutating func settleRecipient(_ verdict: VerdictFact, _ result: VerdictResult, command: Int) {
    guard let i = recipients.lastIndex(where: { $0.envelope.packet == command }) else { return }
    recipients[i].verdict = verdict
    recipients[i].isRefusedByMilter = result.refuses
    if result.refuses, !recipients[i].isRefusedByMTA {
      refusedCount += 1
      refusedBy = verdict.author
    }
    if result == .rejected { refusedForGood = true }
  }

  mutating func modified(_ modification: ModificationFact) {
    modificationCount += 1
    if modifications.count < FactLimits.entries { modifications.append(modification) }
  }

  mutating func changed(_ change: ChangeFact) {
    if changes.count < FactLimits.entries { changes.append(change) }
  }
}

extension VerdictResult {
  /// What so many recipients were refused with, if all of them were.
  static func ofAll(_ recipients: Int, refused: Int, forGood: Bool) -> VerdictResult? {
    guard recipients > 0, refused >= recipients else { return nil }
    return forGood ? .rejected : .tempfailed
  }

  package var refuses: Bool { self == .rejected || self == .tempfailed }

  /// Whatever the milter would say later, the MTA does not ask.
  fileprivate var endsMail: Bool { self == .discarded || self == .unfiltered || self == .failed }
}
