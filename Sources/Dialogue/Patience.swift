import MilterProtocol

/// Whose patience runs how long: the MTA's for a reply, the milter's for a command, and what the operator said of either.
///
/// Where the MTA is not known there are two answers: ``soonest(at:)`` is when one of those that are known would have
/// given up, for whoever makes it wait; ``latest(at:)`` is when all of them would, for whoever remarks on the wait.
package struct Patience: Sendable {
  /// Which MTA this is; nil where nobody knows.
  package var mta: KnownMTA?
  /// The operator said which it is, or that it is none that is known: its signs do not count.
  package var isMTATold = false
  /// Of the MTA, where it is set otherwise than by default.
  package var timeouts: Timeouts?
  /// The milter's: libmilter closes after 7,210 s without a command (`MI_TIMEOUT`, `mfapi.h`).
  package var milter = Moment.Span.seconds(7210)

  package struct Timeouts: Sendable, Equatable {
    /// `milter_command_timeout` of Postfix, `R` of Sendmail.
    package var command: Moment.Span
    /// `milter_content_timeout` of Postfix, `E` of Sendmail.
    package var content: Moment.Span

    package init(command: Moment.Span, content: Moment.Span) {
      self.command = command
      self.content = content
    }
  }

  package init() {}

  /// What the operator said of the MTA.
  package static func told(_ mta: KnownMTA?) -> Patience {
    var patience = Patience()
    (patience.mta, patience.isMTATold) = (mta, true)
    return patience
  }

  /// From the command to its reply.
  package func soonest(at stage: Stage) -> Moment.Span { reply(of: mta, at: stage, among: min) }

  package func latest(at stage: Stage) -> Moment.Span { reply(of: mta, at: stage, among: max) }

  private func reply(
    of mta: KnownMTA?, at stage: Stage, among choose: (Moment.Span, Moment.Span) -> Moment.Span
  ) -> Moment.Span {
    if let mta { return reply(of: mta, at: stage) }
    return choose(reply(of: .postfix, at: stage), reply(of: .sendmail, at: stage))
  }

  /// `milter_command_timeout` and `milter_content_timeout` of Postfix; `R` of Sendmail's `T=` (`milter_setup`).
  private func reply(of mta: KnownMTA, at stage: Stage) -> Moment.Span {
    switch mta {
    case .postfix where stage.isOfContent: timeouts?.content ?? .seconds(300)
    case .postfix: timeouts?.command ?? .seconds(30)
    case .sendmail: timeouts?.command ?? .seconds(10)
    }
  }

  /// Whose patience ``latest(at:)`` is.
  package var latestName: String { (mta ?? .postfix).name }

  /// Whether the operator said how long it is.
  package var isTold: Bool { timeouts != nil }

  /// From end of message to the verdict, keep-alives or not; nil for no such limit (`E` of Sendmail).
  package func total(at stage: Stage) -> Moment.Span? {
    guard stage == .bodyEOB, mta != .postfix else { return nil }
    return timeouts?.content ?? .seconds(300)
  }

  /// By how much it may give up before its time: Sendmail subtracts whole seconds of the clock (`curtime`, in
  /// `milter_read` and `milter_data`), so R:2s is over after anything from one second to two.
  package var haste: Moment.Span { mta == .postfix ? .seconds(0) : .seconds(1) }

  /// Where PROGRESS makes it wait longer: Postfix at every stage after negotiation, where any byte restarts its timeout
  /// (`milter8.c`); Sendmail only after end of message, where it restarts R and not E (`milter_data` in `milter.c`).
  package func takesProgress(at stage: Stage) -> Bool {
    mta == .postfix ? stage != .negotiation : stage == .bodyEOB
  }

  /// How long an SMTP client waits, whatever the MTA does: what ends a hold that nobody watches where PROGRESS keeps the
  /// MTA waiting for ever (RFC 5321, 4.5.3.2).
  package static func ofClient(at stage: Stage) -> Moment.Span {
    switch stage {
    case .negotiation, .connect, .helo, .mail, .rcpt, .unknown: .seconds(300)
    case .data: .seconds(120)
    case .header, .eoh, .body, .bodyEOB: .seconds(600)
    }
  }
}
