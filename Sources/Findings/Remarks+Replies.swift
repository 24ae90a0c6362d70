import Dialogue
import MilterProtocol

/// Verdicts: what they answer, and what the MTA makes of them there.
extension Remarks {
  mutating func reply(
    _ kind: ReplyKind, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    if kind == .optNeg { return answer(scene, dialogue, &findings) }
    if scene.leg.position == .start || scene.due?.stage == .negotiation,
      dialogue.negotiation.answer(on: scene.place) == nil
    {
      scene.remark(.firstNotOptNeg, "\(kind.name) instead of an answer to OPTNEG", &findings)
    }
    switch kind.role {
    case .negotiation, .verdict: verdict(kind, scene, dialogue, &findings)
    case .keepAlive: if scene.way != .made { progress(scene, dialogue, &findings) }
    case .modification: modification(kind, scene, dialogue, &findings)
    case .misplaced where kind == .connFail && dialogue.takesConnFail:
      verdict(kind, scene, dialogue, &findings)
    case .misplaced:
      scene.remark(.notForMilters, "no MTA takes \(kind.name)\(logged(kind, scene))", &findings)
    }
  }

  private mutating func verdict(
    _ kind: ReplyKind, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    if scene.way.comes, scene.isNew, let asked = dialogue.pending.asked {
      surplus.answered(asked, scene)
      followGrowth(asked, scene, &findings)
    }
    if isSurplus(scene, dialogue), surplus(kind, scene, dialogue, &findings) { return }
    guard let due = scene.due else {
      if scene.leg.isLeftByMTA {
        scene.remark(.replyUnheard, "\(kind.name) after the MTA had left", &findings)
      }
      return
    }
    remark(on: kind, to: due, scene, dialogue, &findings)
    settle(scene, dialogue, &findings)
  }

  /// Whether the milter was not asked, as far as can be seen where the verdict is.
  private func isSurplus(_ scene: borrowing Scene, _ dialogue: Dialogue) -> Bool {
    switch scene.way {
    case .through, .came: dialogue.pending.asked == nil
    case .left: scene.due == nil && dialogue.pending.command(answeredBy: scene.number) == nil
    case .made: scene.due == nil
    }
  }

  /// A verdict that the milter was not asked for. Returns whether that is all that is to be said.
  private mutating func surplus(
    _ kind: ReplyKind, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) -> Bool {
    guard scene.leg.position != .start else { return true }
    if scene.leg.isLeftByMTA {
      scene.remark(.replyUnheard, "\(kind.name) after the MTA had left", &findings)
      return true
    }
    if !dialogue.isDesynchronised, dialogue.isLostAtEnd(at: scene.now) {
      surplus.take(kind, scene, dialogue, isLost: true, &findings)
      return true
    }
    surplus.take(kind, scene, dialogue, &findings)
    return false
  }

  /// The command that is due has its answer.
  mutating func settle(_ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    guard let due = scene.due else { return }
    if faults.isInForce { faults.settled(due, isOnlyOne: dialogue.pending.count == 1) }
    if !due.isAbandoned {
      // What was held here, or made here, is late by our own doing.
      if scene.way.comes { remarkOnTime(due, scene, dialogue, &findings) }
    } else if scene.leg.isLeftByMTA {
      scene.remark(.replyUnheard, "the MTA had left without the reply to \(due.named)", &findings)
    } else {
      scene.remark(.replyTooLate, "the MTA had given up waiting for \(due.named)", &findings)
    }
  }

  private func remark(
    on kind: ReplyKind, to due: PendingReply, _ scene: borrowing Scene, _ dialogue: Dialogue,
    _ findings: inout [Finding]
  ) {
    switch kind {
    case .continue, .optNeg: return
    case .skip:
      if !scene.flags.contains(.skip), dialogue.negotiation.answer(on: scene.place) != nil {
        scene.remark(.skipNotNegotiated, "SKIP is not among the flags answered", &findings)
      }
      if due.stage != .body { scene.remark(.skipElsewhere, "SKIP at \(due.stage.name)", &findings) }
    case .shutdown: scene.remark(.notForMilters, "Sendmail does not take SHUTDOWN", &findings)
    case .accept, .discard: remarkOnEnd(kind, due, scene, &findings)
    case .reject, .tempfail, .replyCode:
      if due.stage == .rcpt, said.isSuperset(of: [.localClient, .bareRcpt]) {
        scene.remark(.refusedLocal, "\(kind.name) for a recipient of local mail", &findings)
      }
    case .connFail, .progress, .addHeader, .insHeader, .chgHeader, .addRcpt, .addRcptPar, .delRcpt,
      .chgFrom, .replBody, .quarantine, .setSymList:
      return
    }
  }

  private func remarkOnEnd(
    _ kind: ReplyKind, _ due: PendingReply, _ scene: borrowing Scene, _ findings: inout [Finding]
  ) {
    switch due.stage {
    case .unknown: scene.remark(.acceptAtUnknown, "\(kind.name) at UNKNOWN", &findings)
    case .connect, .helo:
      if kind == .discard { scene.remark(.discardTooEarly, "DISCARD at \(due.stage.name)", &findings) }
    case .rcpt:
      if said.contains(.refusedRcpt) {
        scene.remark(.acceptOfRefused, "\(kind.name): {rcpt_mailer} is error", &findings)
      }
    case .negotiation, .mail, .data, .header, .eoh, .body, .bodyEOB: break
    }
  }
}
