import MilterProtocol

/// What an MTA takes for an answer, and what it gives its milter up over.
extension Packet {
  /// Whether an MTA that reads this packet where it awaits the reply to a command is done with the milter: what is configured for
  /// a milter that fails decides about this mail and the rest of the session.
  ///
  /// REPLYCODE, SHUTDOWN and SKIP are verdicts, whatever comes of them. Postfix gives up over whatever it cannot read, over data
  /// behind a verdict, and over modifications before the end of message but QUARANTINE (`milter8_event` in milter8.c); Sendmail
  /// over those, over PROGRESS before the end of message, and over letters that it does not know, but ignores modifications that
  /// it cannot read (`milter_send_command`, `milter_data` in milter.c). Seen with Postfix 3.7 and Sendmail 8.17.
  ///
  /// - Parameter stage: of the command.
  package func isGivenUpOver(by mta: KnownMTA, at stage: Stage) -> Bool {
    guard stage != .negotiation else { return false }
    if let profile = mta.profile { return isGivenUpOver(by: mta, profile, at: stage) }
    guard case .reply(let kind) = kind else { return true }
    switch kind.role {
    case .negotiation, .misplaced: return true
    case .verdict: return mta == .postfix && kind != .replyCode && !payload.isEmpty
    case .keepAlive: return mta == .postfix ? !payload.isEmpty : stage != .bodyEOB
    case .modification:
      if mta == .postfix, kind == .quarantine { return false }
      return stage != .bodyEOB || mta == .postfix && Dissection(self).malformation != nil
    }
  }

  /// By its row of the table: over what it does not know, over PROGRESS where it takes none, over modifications before the end, and
  /// over what it cannot read.
  private func isGivenUpOver(by mta: KnownMTA, _ profile: MTAProfile, at stage: Stage) -> Bool {
    guard case .reply(let kind) = kind else { return true }
    if let result = profile.result(kind, at: stage) { return result == .failed }
    if kind.role == .keepAlive { return !mta.waits.progress.isTaken(at: stage) }
    guard kind.role == .modification, stage == .bodyEOB else { return true }
    if profile.isStrange(kind) { return true }
    if profile.habits.contains(.needsParameters), lacksParameters { return true }
    return Dissection(self).malformation != nil
  }

  /// CHGFROM or ADDRCPT_PAR with one string.
  private var lacksParameters: Bool {
    let shape = Dissection(self).shape
    if case .chgFrom(_, parameters: nil) = shape { return true }
    if case .addRcptPar(_, parameters: nil) = shape { return true }
    return false
  }
}
