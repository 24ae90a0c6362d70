import MilterProtocol

/// Whose patience runs how long: the MTA's for a reply, the milter's for a command, and what is known of either.
///
/// Where the MTA is not known there are two answers: ``soonest(at:)`` is when one of those that are known would have
/// given up, for whoever makes it wait; ``latest(at:)`` is when all of them would, for whoever remarks on the wait.
package struct Patience: Sendable {
  /// Which MTA this is; nil where nobody knows.
  package var mta: KnownMTA?
  /// What the operator said of the MTA, and what it showed.
  package var told = MTAPatience()
  /// The milter's: libmilter closes after 7,210 s without a command (`MI_TIMEOUT`, `mfapi.h`).
  package var milter = Moment.Span.seconds(7210)

  package init() {}

  /// What the operator said of the MTA.
  package static func told(_ choice: MTAChoice) -> Patience {
    var patience = Patience()
    (patience.mta, patience.told.mta) = (choice.mta, choice)
    return patience
  }

  private var timeouts: MTATimeouts? { told.timeouts(of: mta) }

  /// From the command to its reply.
  package func soonest(at stage: Stage) -> Moment.Span { reply(at: stage, among: min) }

  package func latest(at stage: Stage) -> Moment.Span { reply(at: stage, among: max) }

  /// A client of which nothing is known but its version is as patient as any.
  private var known: KnownMTA? { mta == .generic ? nil : mta }
  /// Its ways, or of those that are known the least patient.
  private var waits: MTAWaits { (mta ?? .generic).waits }

  private func reply(
    at stage: Stage, among choose: (Moment.Span, Moment.Span) -> Moment.Span
  ) -> Moment.Span {
    if let known { return reply(of: known, at: stage) }
    return choose(reply(of: .postfix, at: stage), reply(of: .sendmail, at: stage))
  }

  private func reply(of mta: KnownMTA, at stage: Stage) -> Moment.Span {
    let timeouts = timeouts ?? .byDefault(mta)
    return mta.waits.hasContentTimeout && stage.isOfContent ? timeouts.content : timeouts.command
  }

  /// Whose patience ``latest(at:)`` is.
  package var latestName: String { (known ?? .postfix).name }

  /// Whether it is known by more than the defaults.
  package var isTold: Bool { timeouts != nil }

  /// From end of message to the verdict, keep-alives or not; nil for no such limit (`E` of Sendmail).
  package func total(at stage: Stage) -> Moment.Span? {
    guard stage == .bodyEOB, waits.limitsTheEnd else { return nil }
    return (timeouts ?? .byDefault(mta)).content
  }

  /// By how much it may give up before its time.
  package var haste: Moment.Span { waits.haste }

  /// Where PROGRESS makes it wait longer.
  package func takesProgress(at stage: Stage) -> Bool { waits.progress.isTaken(at: stage) }

  /// How long an SMTP client waits, whatever the MTA does: what ends a hold where PROGRESS keeps the MTA waiting for ever
  /// (RFC 5321, 4.5.3.2). What is asked about a mail's content is asked behind its final dot.
  package static func ofClient(at stage: Stage) -> Moment.Span {
    switch stage {
    case .negotiation, .connect, .helo, .mail, .rcpt, .unknown: .seconds(300)
    case .data: .seconds(120)
    case .header, .eoh, .body, .bodyEOB: .seconds(600)
    }
  }
}

/// What an MTA shows that leaves while it waits.
extension Patience {
  /// It gave up after so long, and its timeouts are these by that.
  package struct Shown: Sendable, Equatable {
    package let after: Moment.Span
    package let timeouts: MTATimeouts
    /// Shorter than was assumed.
    package let isNews: Bool
    /// It may have left for another reason: such an MTA shows nothing by the moment at which it leaves.
    package let isGuess: Bool
  }

  /// - Parameters:
  ///   - last: when it last got anything about that command.
  ///   - end: when it left.
  /// - Returns: nil where it left too soon to have run out of patience, and where Postfix left at no whole second: it was
  ///   stopped, or killed.
  package func shown(by command: PendingReply, last: Moment?, leavingAt end: Moment) -> Shown? {
    let assumed = timeouts ?? .byDefault(mta)
    var timeouts = assumed
    let silence = end - max(command.came, last ?? command.came)
    var after = wholeSeconds(silence)
    if total(at: command.stage) != nil, silence < soonest(at: command.stage) / 2 {
      // It got PROGRESS until now: the limit of all that takes was reached.
      after = wholeSeconds(end - command.came)
      timeouts.content = min(assumed.content, after)
    } else if command.stage.isOfContent, known?.waits.hasContentTimeout ?? true {
      timeouts.content = min(assumed.content, after)
      if known == nil { timeouts.command = min(assumed.command, after) }
    } else {
      timeouts.command = min(assumed.command, after)
    }
    guard after > .seconds(0), !waits.isPunctual || silence <= after + Self.lateness else { return nil }
    return Shown(after: after, timeouts: timeouts, isNews: timeouts != assumed, isGuess: !waits.isPunctual)
  }

  /// How far from its time Postfix gives up, at most.
  private static let lateness = Moment.Span.milliseconds(250)

  /// MTAs count in seconds: Postfix gives up a little later than it is set to, others as much as a second earlier.
  private func wholeSeconds(_ span: Moment.Span) -> Moment.Span {
    let slack: Int64 = waits.isPunctual ? Self.lateness.microseconds : 900_000
    return .seconds(max(0, span.microseconds + slack) / 1_000_000)
  }
}
