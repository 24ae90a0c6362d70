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
    } else {
      noteGivingUp(packet, number: number)
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
    if placement.answers != nil, let stage = placement.stage {
      noteGivingUp(packet, number: number, at: stage, ofMessage: placement.message)
    }
    switch kind == .connFail && dialogue.takesConnFail ? .verdict : kind.role {
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
      guard placement.answers != nil, !isGivenUp else { return }
      let isEarly = placement.stage != .bodyEOB
      if kind == .quarantine, isEarly {
        holdBeforeTheEnd(
          VerdictFact(kind, packet, number: number, stage: placement.stage ?? .unknown, author: author))
      }
      if !isEarly || kind == .quarantine || givenUp == nil {
        message?.modified(ModificationFact(kind: kind, packet: number, author: author))
      }
    case .negotiation, .keepAlive, .misplaced: break
    }
  }

  /// Postfix holds what is in hand: in a mail's content this mail, which is not shown any further, and before that all mails of
  /// the session (R05; seen with Postfix 3.7).
  private mutating func holdBeforeTheEnd(_ quarantine: VerdictFact) {
    if quarantine.stage.isOfContent, dialogue.mta == .postfix {
      message?.decision = quarantine
    } else {
      heldSince = heldSince ?? quarantine.packet
      message?.heldSince = heldSince
    }
  }

  // MARK: The milter is given up

  /// A packet of the milter that is no reply reached the MTA.
  mutating func noteGivingUp(_ packet: Packet, number: Int) {
    guard packet.sender == .milter, let command = dialogue.pending.owed else { return }
    noteGivingUp(packet, number: number, at: command.stage, ofMessage: command.message)
  }

  /// - Parameters:
  ///   - stage: of the command that the MTA waits about.
  ///   - ofMessage: 0 outside any.
  private mutating func noteGivingUp(
    _ packet: Packet, number: Int, at stage: Stage, ofMessage: Int
  ) {
    let mtas = KnownMTA.allCases.filter { packet.isGivenUpOver(by: $0, at: stage) }
    guard !mtas.isEmpty, !isGivenUp else { return }
    givenUp = GivenUp(packet: number, name: packet.kind.name, stage: stage, mtas: mtas)
    if ofMessage != 0, ofMessage == message?.number { message?.givenUp = givenUp }
  }

  /// Whatever the milter says, the MTA that this is does not listen.
  private var isGivenUp: Bool { givenUp?.counts(for: dialogue.mta) ?? false }

  /// The MTA asks on: it is not one that gave the milter up.
  mutating func goesOnAllTheSame() {
    givenUp = nil
    message?.givenUp = nil
  }

  /// The MTA has its answer to a command.
  mutating func settle(_ verdict: VerdictFact, command: Int, message number: Int, waited: Moment.Span?) {
    latest = Settled(verdict: verdict, command: command, message: number, waited: waited)
    switch verdict.stage {
    case .connect: connectVerdict = verdict
    case .helo: heloVerdict = verdict
    case .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown, .negotiation: break
    }
    if number != 0, number == message?.number, !isGivenUp {
      message?.settled(verdict, command: command, by: dialogue.mta)
    }
  }
}
