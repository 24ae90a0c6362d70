import Dialogue
import MilterProtocol

/// What breaks a conversation once and is then seen again and again: the first finding is the cause, and what follows from it
/// refers to it.
///
/// A fault stays in force until the conversation shows that it goes on all the same: a later command is answered, and nothing
/// else is due. Out of step it stays for good, and so do gaps.
struct Faults: Sendable {
  private var latest: Fault?

  private struct Fault: Sendable {
    let cause: Finding.Cause
    let kind: Kind
  }

  private enum Kind {
    /// Replies and commands no longer belong together: everything that depends on who answers what is in doubt.
    case outOfStep
    /// The same, but what was too many is thrown away by the MTA (``Dialogue/isLostAtEnd(at:)``).
    case discarded
    /// What was thrown away is past, and the conversation went on; more of the same is the same mistake.
    case discardedBefore
    /// The MTA gives the milter up: it closes, or says no more to it.
    case mtaGivesUp
    /// The MTA keeps commands from the milter that it would have had: what it sees has gaps.
    case mtaHides
    /// The milter closes, or is silent.
    case milterStops
  }

  var isInForce: Bool { latest != nil }

  /// A command had its answer.
  mutating func settled(_ command: PendingReply, isOnlyOne: Bool) {
    guard let latest, isOnlyOne, command.number > latest.cause.packet ?? 0 else { return }
    switch latest.kind {
    case .outOfStep, .mtaHides: return
    case .discarded, .discardedBefore: self.latest = Fault(cause: latest.cause, kind: .discardedBefore)
    case .mtaGivesUp, .milterStops: self.latest = nil
    }
  }

  /// Says of new findings what they follow from.
  ///
  /// - Parameters:
  ///   - start: the first new one.
  ///   - end: the leg whose end they are about; nil for those about a packet.
  ///   - isLost: what is too many goes nowhere.
  mutating func attribute(
    _ findings: inout [Finding], from start: Int, end: Leg? = nil, isLost: Bool = false
  ) {
    for i in findings.indices[start...] where findings[i].cause == nil {
      let finding = findings[i]
      let cause = Finding.Cause(finding.rule, packet: finding.packet)
      if let latest, cause != latest.cause, Self.explains(latest.kind, finding.rule, end) {
        findings[i].cause = latest.cause
      } else if let kind = Self.kind(of: finding.rule, isLost: isLost) {
        latest = Fault(cause: cause, kind: kind)
      }
    }
  }

  // MARK: - Tables

  private static func kind(of rule: FindingRule, isLost: Bool) -> Kind? {
    if surplusReplies.contains(rule.id) { return isLost ? .discarded : .outOfStep }
    if hides.contains(rule.id) { return .mtaHides }
    if endsMilter.contains(rule.id), rule.sender != .milter { return .milterStops }
    return endsTrust.contains(rule.id) && rule.sender != .mta ? .mtaGivesUp : nil
  }

  private static func explains(_ kind: Kind, _ rule: FindingRule, _ end: Leg?) -> Bool {
    // A milter that closes has a reason of its own; the MTA's malformed packets and its own silence are some.
    if end == .milter, kind != .milterStops { return false }
    return switch kind {
    case .outOfStep: ends.contains(rule.id) || misplaced.contains(rule.id)
    case .discardedBefore: surplusReplies.contains(rule.id)
    case .discarded: surplusReplies.contains(rule.id) || misplaced.contains(rule.id)
    case .mtaGivesUp:
      ends.contains(rule.id) || surplusReplies.contains(rule.id) || tooEarly.contains(rule.id)
    case .mtaHides: gaps.contains(rule.id) || tooEarly.contains(rule.id)
    case .milterStops: ends.contains(rule.id)
    }
  }

  private static let surplusReplies = ids(.replyNotWanted, .secondVerdict)

  /// After these the MTA gives the milter up, one of the two at least.
  private static let endsTrust = ids(
    .lengthZero, .unknownCode, .needlessPayload, .wrongDirection, .unterminated, .tooFewStrings,
    .surplusBytes,
    .truncated, .answerTooShort, .versionTooHigh, .actionNotOffered, .flagNotOffered, .listUnterminated,
    .editTooEarly, .progressTooEarly, .editAfterVerdict,
    .acceptAtUnknown,
    .notForMilters, .bodyInterleaved, .replyCodeInvalid, .replySeparator, .replyClass)

  /// After these Postfix holds what comes, or hides commands of a kind, and Sendmail gives the milter up.
  private static let hides = ids(.quarantineTooEarly, .skipElsewhere)

  /// How it looks where commands are hidden, or no more of them come.
  private static let gaps = ids(.outOfOrder, .tooEarly, .mailWithoutEnd, .noQuit, .replyUnheard)

  /// After these libmilter closes or never answers; or it is gone already, or was not waited for.
  private static let endsMilter = ids(
    .lengthZero, .unknownCode, .wrongDirection, .unterminated, .tooFewStrings, .surplusBytes, .truncated,
    .unknownFamily, .addressUnparsable, .headerNameEmpty, .bodyEmpty, .firstNotOptNeg, .secondOptNeg,
    .offerTooOld, .outOfOrder, .tooEarly, .noVerdict, .milterLeft, .milterRefused, .unreachable,
    .endsInPacket,
    .closedWhilePending, .didNotWait)

  /// How a conversation ends that is broken.
  private static let ends = ids(
    .endsInPacket, .tooEarly, .noQuit, .closedWhilePending, .didNotWait, .noVerdict, .replyUnheard,
    .replyTooLate, .milterLeft, .milterRefused)

  /// Where a modification of a milter stands that is not listened to.
  private static let tooEarly = ids(
    .editTooEarly, .quarantineTooEarly, .progressTooEarly, .editAfterVerdict, .notForMilters)

  /// What is said where replies and commands do not belong together.
  private static let misplaced: Set<String> = tooEarly.union(
    ids(
      .replyNotWanted, .secondVerdict, .skipElsewhere, .discardTooEarly, .acceptAtUnknown, .acceptOfRefused,
      .refusedLocal, .outOfOrder, .mailWithoutEnd, .afterRefusedData, .slowReply, .notableReply, .noKeepAlive)
  )

  private static func ids(_ rules: FindingRule...) -> Set<String> { Set(rules.map(\.id)) }
}
