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
}
