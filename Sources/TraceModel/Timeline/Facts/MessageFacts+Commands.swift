import MilterProtocol

/// What each command adds to the message.
extension MessageFacts {
  /// - Parameter payloadBytes: of the packet as it came, also where its content was not read.
  mutating func commanded(_ kind: CommandKind, _ packet: Packet, payloadBytes: Int, number: Int) {
    switch kind {
    case .mail: sender = envelope(packet, number: number)
    case .rcpt: addRecipient(packet, number: number)
    case .header: addHeader(packet, payloadBytes: payloadBytes, number: number)
    case .body:
      bodyBytes += payloadBytes
      bodyChunks += 1
    case .bodyEOB: bodyBytes += payloadBytes
    case .abort: phase = .aborted
    case .optNeg, .macro, .connect, .helo, .data, .eoh, .unknown, .quit, .quitNC: break
    }
  }

  private mutating func envelope(_ packet: Packet, number: Int) -> EnvelopeFact {
    var strings = WireStrings(packet)
    let address = keep(strings.next() ?? [])
    var arguments: [Head] = []
    while arguments.count < FactLimits.entries, let argument = strings.next() {
      arguments.append(keep(argument))
    }
    return EnvelopeFact(address: address, arguments: arguments, packet: number)
  }

  private mutating func addRecipient(_ packet: Packet, number: Int) {
    recipientCount += 1
    guard recipients.count < FactLimits.entries else { return }
    recipients.append(RecipientFact(envelope: envelope(packet, number: number)))
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

  private mutating func addHeader(_ packet: Packet, payloadBytes: Int, number: Int) {
    headerCount += 1
    // Two NULs in the packet; colon, blank, CR and LF in the mail.
    headerBytes += payloadBytes + 2
    // One whose content was not read is counted and no more.
    guard headerCount <= FactLimits.entries, payloadBytes == 0 || !packet.payload.isEmpty else { return }
    var strings = WireStrings(packet)
    let name = strings.next() ?? []
    let value = strings.next() ?? []
    let index = 1 + (headers.last { $0.isNamed(name) }?.index ?? 0)
    headers.append(HeaderFact(name: keep(name), value: keep(value), index: index, packet: number))
  }
}

/// What each reply that reached the MTA means for the message.
extension MessageFacts {
  mutating func settled(_ verdict: VerdictFact, command: Int) {
    switch verdict.stage {
    case .rcpt:
      if let i = recipients.lastIndex(where: { $0.envelope.packet == command }) {
        recipients[i].verdict = verdict
        if verdict.refuses, !recipients[i].isRefusedByMTA {
          refusedCount += 1
          refusedBy = verdict.author
        }
        if verdict.replyClass == 5 { refusedForGood = true }
      }
      if verdict.kind == .accept || verdict.kind == .discard { decide(verdict) }
    case .mail, .header, .eoh, .body:
      if verdict.kind != .continue && verdict.kind != .skip { decide(verdict) }
    case .data:
      // A refused DATA leaves the message open: both MTAs send further RCPT and DATA (protocol.md 6.2).
      if verdict.refuses {
        decision = verdict
      } else if verdict.kind == .accept || verdict.kind == .discard {
        decide(verdict)
      } else {
        decision = nil
      }
    case .bodyEOB: decide(verdict)
    case .negotiation, .connect, .helo, .unknown: break
    }
  }

  private mutating func decide(_ verdict: VerdictFact) {
    decision = verdict
    if phase == .open { phase = .decided }
  }

  mutating func modified(_ modification: ModificationFact) {
    modificationCount += 1
    if modifications.count < FactLimits.entries { modifications.append(modification) }
  }

  mutating func changed(_ change: ChangeFact) {
    if changes.count < FactLimits.entries { changes.append(change) }
  }
}
