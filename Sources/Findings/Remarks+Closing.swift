import Dialogue
import MilterProtocol

/// The end of the connection.
extension Remarks {
  /// The peer at the far end of a leg closed it, or lost it.
  ///
  /// - Parameters:
  ///   - isOurs: we closed it, because the peer said nothing.
  ///   - unfinished: bytes that had come of a packet that is not whole.
  ///   - before: the dialogue as it is without the close.
  package mutating func remark(
    onEndOf leg: Leg, isOurs: Bool = false, unfinished: Int = 0, before dialogue: Dialogue, at now: Moment,
    into findings: inout [Finding]
  ) {
    let start = findings.count
    surplus.ended(into: &findings)
    describe(leg, isOurs: isOurs, unfinished: unfinished, dialogue, now, &findings)
    if findings.count > start { faults.attribute(&findings, from: start, end: leg) }
  }

  /// What was not answered first, what follows from that behind it.
  private func describe(
    _ leg: Leg, isOurs: Bool, unfinished: Int, _ dialogue: Dialogue, _ now: Moment,
    _ findings: inout [Finding]
  ) {
    func remark(_ rule: FindingRule, _ text: Sentence, packet: Int? = nil) {
      findings.append(Finding(rule, packet: packet, text))
    }
    let state = dialogue.leg(leg)
    let isOver = state.isLeftByMTA || state.marks.contains(.milterClosed)
    let awaited = isOver ? nil : dialogue.pending.awaited(on: leg)
    // That of OPTNEG is W06, where the milter closed.
    if let awaited, awaited.stage != .negotiation || leg == .mta || isOurs {
      remark(.noVerdict, text(of: awaited, leg, isOurs: isOurs, now), packet: awaited.number)
    }
    if unfinished > 0 {
      remark(
        .endsInPacket,
        "the \(leg.noun) \(isOurs ? "had sent" : "closed with") \(counted(unfinished, "byte")) of an unfinished packet"
      )
    }
    if isOver { return }
    switch leg {
    case .mta:
      if !state.marks.contains(.began) {
        remark(.probe, "the MTA closed without a packet")
      } else if let awaited {
        remark(.closedWhilePending, "the MTA closed while the reply to \(awaited.named) was due")
      } else if !state.marks.contains(.settled) {
        remark(.noQuit, "the MTA closed after \(state.positionName)")
      }
    case .milter:
      guard state.marks.contains(.began), !isOurs else { return }
      if awaited?.stage == .negotiation {
        remark(.milterRefused, "OPTNEG was not answered", packet: awaited?.number)
      } else if !state.marks.contains(.settled) {
        remark(.milterLeft, "the milter closed after \(state.positionName)")
      }
    }
  }

  /// A close is not a timeout: the MTA goes on at once.
  private func text(of awaited: PendingReply, _ leg: Leg, isOurs: Bool, _ now: Moment) -> Sentence {
    let thought = (awaited.thought(until: now) ?? now - awaited.came).milliseconds
    switch leg {
    case .milter where isOurs: return "\(awaited.named) was not answered in \(thought) ms"
    case .milter: return "the milter closed instead of answering \(awaited.named), after \(thought) ms"
    case .mta where awaited.stage == .negotiation:
      return "\(awaited.named) was not answered in \(thought) ms"
    case .mta: return "\(awaited.named) was never answered"
    }
  }
}
