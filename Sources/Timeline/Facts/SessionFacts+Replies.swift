import Dialogue
import MilterProtocol
import TraceModel

/// What leaves by our doing, and what reaches the MTA.
extension SessionFacts {
  /// A packet left other than by plain forwarding. Returns the place of one that has a number of its own.
  @discardableResult
  package mutating func sent(_ sent: Sent, at time: Moment) -> Placement? {
    guard let original = sent.original else { return made(sent, at: time) }
    if sent.packet != nil { changed(.edited, original, sent.cause) }
    left(original, sent.packet, at: time, author: sent.packet == nil ? .peer : .ours(sent.cause))
    return nil
  }

  /// A packet that was received as stopped went on at once, as it came, before anybody was told.
  package mutating func passed(_ number: Int, at time: Moment) {
    left(number, nil, at: time, author: .peer)
  }

  /// - Parameter edited: what leaves instead of what came.
  private mutating func left(_ number: Int, _ edited: Packet?, at time: Moment, author: Author) {
    let i = stopped.lastIndex { $0.number == number }
    let original = i.map { stopped.remove(at: $0).packet }
    guard let packet = edited ?? original else { return }
    let placement = dialogue.travelled(packet, Dissection(packet).shape, number: number, .left, at: time)
    if case .reply(let kind) = packet.kind {
      heard(kind, packet, number: number, placement, author: author)
    }
  }

  private mutating func made(_ sent: Sent, at time: Moment) -> Placement? {
    guard let packet = sent.packet, let number = sent.number else { return nil }
    changed(.injected, number, sent.cause)
    let placement = dialogue.travelled(packet, Dissection(packet).shape, number: number, .made, at: time)
    if case .reply(let kind) = packet.kind {
      heard(kind, packet, number: number, placement, author: .ours(sent.cause))
    }
    return placement
  }

  /// A reply reached the MTA.
  mutating func heard(
    _ kind: ReplyKind, _ packet: Packet, number: Int, _ placement: Placement, author: Author
  ) {
    switch kind.role {
    case .verdict:
      let verdict = VerdictFact(
        kind, packet, number: number, stage: placement.stage ?? .unknown, author: author)
      if let command = placement.answers {
        settle(verdict, command: command, message: placement.message, waited: placement.waited)
      } else if dialogue.pending.isEarly(number) {
        unheard.append(verdict)
      }
      notePhase()
    case .modification:
      // One that the MTA reads as the answer to its next command changes nothing (R08; protocol.md 4.7).
      guard placement.answers != nil else { return }
      if kind == .quarantine, placement.stage != .bodyEOB {
        // Sendmail gives the milter up for it.
        if dialogue.mta == .sendmail { return }
        heldSince = heldSince ?? number
        message?.heldSince = heldSince
      }
      message?.modified(ModificationFact(kind: kind, packet: number, author: author))
    case .negotiation, .keepAlive, .misplaced: break
    }
  }

  /// The MTA has its answer to a command.
  mutating func settle(_ verdict: VerdictFact, command: Int, message number: Int, waited: Moment.Span?) {
    latest = Settled(verdict: verdict, command: command, message: number, waited: waited)
    switch verdict.stage {
    case .connect: connectVerdict = verdict
    case .helo: heloVerdict = verdict
    case .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .negotiation: break
    }
    if number != 0, number == message?.number {
      message?.settled(verdict, command: command, by: dialogue.mta)
    }
  }
}
