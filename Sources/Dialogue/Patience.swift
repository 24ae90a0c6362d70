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

  private func reply(
    at stage: Stage, among choose: (Moment.Span, Moment.Span) -> Moment.Span
  ) -> Moment.Span {
    if let mta { return reply(of: mta, at: stage) }
    return choose(reply(of: .postfix, at: stage), reply(of: .sendmail, at: stage))
  }

  /// `milter_command_timeout` and `milter_content_timeout` of Postfix; `R` of Sendmail's `T=` (`milter_setup`).
  private func reply(of mta: KnownMTA, at stage: Stage) -> Moment.Span {
    let timeouts = timeouts ?? .byDefault(mta)
    return mta == .postfix && stage.isOfContent ? timeouts.content : timeouts.command
  }

  /// Whose patience ``latest(at:)`` is.
  package var latestName: String { (mta ?? .postfix).name }

  /// Whether it is known by more than the defaults.
  package var isTold: Bool { timeouts != nil }

  /// From end of message to the verdict, keep-alives or not; nil for no such limit (`E` of Sendmail).
  package func total(at stage: Stage) -> Moment.Span? {
    guard stage == .bodyEOB, mta != .postfix else { return nil }
    return (timeouts ?? .byDefault(mta)).content
  }

  /// By how much it may give up before its time: Sendmail subtracts whole seconds of the clock (`curtime`, in
  /// `milter_read` and `milter_data`), so R:2s is over after anything from one second to two.
  package var haste: Moment.Span { mta == .postfix ? .seconds(0) : .seconds(1) }

  /// Where PROGRESS makes it wait longer: Postfix at every stage after negotiation, where any byte restarts its timeout
  /// (`milter8.c`); Sendmail only after end of message, where it restarts R and not E (`milter_data` in `milter.c`).
  package func takesProgress(at stage: Stage) -> Bool {
    mta == .postfix ? stage != .negotiation : stage == .bodyEOB
  }

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
    var after = Self.wholeSeconds(silence, of: mta)
    if total(at: command.stage) != nil, silence < soonest(at: command.stage) / 2 {
      // It got PROGRESS until now: the limit of all that takes was reached.
      after = Self.wholeSeconds(end - command.came, of: mta)
      timeouts.content = min(assumed.content, after)
    } else if command.stage.isOfContent, mta != .sendmail {
      timeouts.content = min(assumed.content, after)
      if mta == nil { timeouts.command = min(assumed.command, after) }
    } else {
      timeouts.command = min(assumed.command, after)
    }
    guard after > .seconds(0), mta != .postfix || silence <= after + Self.lateness else { return nil }
    return Shown(after: after, timeouts: timeouts, isNews: timeouts != assumed, isGuess: mta != .postfix)
  }

  /// How far from its time Postfix gives up, at most.
  private static let lateness = Moment.Span.milliseconds(250)

  /// MTAs count in seconds: Postfix gives up a little later than it is set to, others as much as a second earlier.
  private static func wholeSeconds(_ span: Moment.Span, of mta: KnownMTA?) -> Moment.Span {
    let slack: Int64 = mta == .postfix ? lateness.microseconds : 900_000
    return .seconds(max(0, span.microseconds + slack) / 1_000_000)
  }
}
