import MilterProtocol
import TraceModel

/// What the facts of the connection say of the message, after each packet of it.
extension MessageEntry {
  /// - Parameter session: the facts after the packet; those of another message add nothing. They are not changed: what is
  ///   lent for changing is not copied.
  mutating func note(_ kind: PacketKind, row: Int, _ session: inout SessionFacts, _ numbers: PacketNumbers) {
    switch kind {
    case .reply: update(&session, numbers)
    case .command(let command): note(command, row: row, &session, numbers)
    case .unknown, .empty: break
    }
  }

  private mutating func note(
    _ command: CommandKind, row: Int, _ session: inout SessionFacts, _ numbers: PacketNumbers
  ) {
    guard session.message?.number == number else { return }
    switch command {
    case .mail: mailRow = row
    case .rcpt:
      if rcptRow == nil { rcptRow = row }
      recipientCount = session.message?.recipientCount ?? 0
      refusedCount = session.message?.refusedCount ?? 0
      refusedForGood = session.message?.refusedForGood ?? false
    case .header:
      bytes = session.message?.bytes ?? 0
      if subjectRow == nil, session.message?.headers.last?.isNamed("Subject".utf8) ?? false {
        subjectRow = row
      }
    case .body: bytes = session.message?.bytes ?? 0
    case .bodyEOB:
      bytes = session.message?.bytes ?? 0
      endRow = row
    case .macro:
      if queueRow == nil, let packet = session.message?.queueIDPacket { queueRow = numbers.row(packet) }
      noteAnnounced(&session, numbers)
    case .abort: if let phase = session.message?.phase { self.phase = phase }
    case .optNeg, .connect, .helo, .data, .eoh, .unknown, .quit, .quitNC: break
    }
  }

  /// Whom the macros name, where the milter declined MAIL or RCPT.
  private mutating func noteAnnounced(_ session: inout SessionFacts, _ numbers: PacketNumbers) {
    if mailRow == nil, let sender = session.message?.announcedSender { mailRow = numbers.row(sender.packet) }
    guard let recipients = session.message?.announcedRecipients, let first = recipients.first else { return }
    if rcptRow == nil { rcptRow = numbers.row(first.envelope.packet) }
    recipientCount = recipients.count
  }

  /// What has been decided and changed by now.
  mutating func update(_ session: inout SessionFacts, _ numbers: PacketNumbers) {
    guard session.message?.number == number, let phase = session.message?.phase else { return }
    self.phase = phase
    refusedCount = session.message?.refusedCount ?? 0
    refusedForGood = session.message?.refusedForGood ?? false
    refusedBy = (session.message?.refusedBy).map { Decision.By($0) }
    modificationCount = session.message?.modificationCount ?? 0
    if session.message?.heldSince != nil
      || session.message?.modifications.last?.kind == .quarantine
        && session.dialogue.mta?.keepsQuarantined != false
    {
      isQuarantined = true
    }
    isGivenUp = session.message?.givenUp?.counts(for: session.dialogue.mta) ?? false
    guard let verdict = session.message?.decision else {
      decision = nil
      return
    }
    if decision?.row == nil || decision?.kind != verdict.kind {
      decision = Decision(verdict, by: session.dialogue.mta, row: numbers.row(verdict.packet))
    }
  }
}
