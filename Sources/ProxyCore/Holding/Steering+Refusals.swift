import Dialogue
import MilterProtocol
import TraceModel

/// Verdicts that cannot be given where they are asked for, with the reason in the operator's words.
///
/// What an MTA would take for something else, or die of, is refused; `raw` sends it all the same.
extension Steering {
  /// Instead of the milter.
  func refusal(
    toAnswer kind: CommandKind, _ number: Int, with answer: Answer
  ) -> Refusal? {
    guard let stage = kind.stage else {
      return Refusal("\(kind.name) is never answered: the MTA would take this for its next command's answer")
    }
    if let refusal = refusal(of: answer, at: stage) { return refusal }
    guard pending.owes(number) else {
      if pending.command(number)?.mta == .toldByAnother { return .answeredEarly(kind.name) }
      if isMilter {
        return Refusal(
          "--no-reply promised none to \(kind.name): the MTA would take this as the answer to its next command"
        )
      }
      return Refusal(
        "the milter promised no reply to \(kind.name): the MTA would take this as the answer to its next "
          + "command; use --negotiation all")
    }
    return nil
  }

  /// Macros of a command that the milter declined are all that the MTA sends at that stage; nil where the command comes too.
  func refusal(toAnswerMacros packet: Packet) -> Refusal? {
    guard let letter = packet.bytes[packet.payload].first,
      let stage = MacroStage(command: letter)?.stage, dialogue.negotiation.milterDeclines(stage)
    else {
      return nil
    }
    return Refusal(
      "the milter declined \(stage.name), so the MTA sends only its macros and waits for nothing; use --negotiation all"
    )
  }

  /// In place of the milter's reply that waits at `index`.
  func refusal(
    toReplace kind: ReplyKind, at index: Int, with answer: Answer
  ) -> Refusal? {
    switch kind.role {
    case .verdict: break
    case .negotiation: return refusal(of: answer, at: .negotiation)
    case .keepAlive, .modification, .misplaced:
      return Refusal("\(kind.name) settles nothing, so no verdict can take its place")
    }
    let asked = pending.command(answeredBy: queues[.milter].entries[index].number)
    switch asked?.mta {
    case .told: return Refusal("the MTA has its answer already: this one goes nowhere")
    case .waits, .expectsNone: if let asked { return refusal(of: answer, at: asked.stage) }
    case .toldByAnother, nil: break
    }
    if let owed = pending.owed { return refusal(of: answer, at: owed.stage) }
    return asked.map { .answeredEarly($0.stage.name) } ?? Refusal("the MTA waits for no verdict here")
  }

  /// Why a verdict of the milter cannot be kept from the MTA; nil where it is one too many.
  func refusal(toDropVerdictAt index: Int) -> Refusal? {
    switch pending.command(answeredBy: queues[.milter].entries[index].number)?.mta {
    case .waits, .expectsNone:
      return Refusal("the MTA waits for a verdict: give another one, or close the connection")
    case .told, .toldByAnother, nil: return nil
    }
  }

  /// By what MTAs make of it (protocol.md 3.2, 4.3).
  func refusal(of answer: Answer, at stage: Stage) -> Refusal? {
    if stage == .negotiation {
      return Refusal("OPTNEG is answered by OPTNEG: anything else fails the negotiation on both MTAs")
    }
    switch answer {
    case .accept, .discard:
      guard stage == .unknown else { return nil }
      return Refusal(
        "\(answer.name) at UNKNOWN: Postfix's server process dies of it at the next MAIL, Sendmail discards "
          + "the next message")
    case .connFail where dialogue.takesConnFail: return nil
    case .connFail: return Refusal("neither Postfix nor Sendmail takes CONN_FAIL: both give the milter up")
    case .shutdown:
      guard dialogue.mta != .postfix, dialogue.mta != .stalwart else { return nil }
      return Refusal("Postfix and Stalwart take SHUTDOWN; others give the milter up")
    case .skip: return refusalOfSkip(at: stage)
    case .continue, .reject, .tempfail, .custom: return nil
    }
  }

  private func refusalOfSkip(at stage: Stage) -> Refusal? {
    if stage == .body { return nil }
    if stage == .bodyEOB { return Refusal("nothing is left to skip at end of message") }
    guard dialogue.mta != .postfix else { return nil }
    if let mta = dialogue.mta, mta.profile != nil {
      return Refusal("SKIP at \(stage.name): \(mta.name) gives the milter up over it")
    }
    return Refusal("SKIP at \(stage.name): Sendmail ignores the milter for the rest of the session")
  }
}

extension Refusal {
  static func answeredEarly(_ command: String) -> Refusal {
    Refusal(
      "the MTA had its answer to \(command) before it asked: the milter sent a second verdict for one command, and "
        + "since then each answers the next command of the MTA; drop one")
  }
}
