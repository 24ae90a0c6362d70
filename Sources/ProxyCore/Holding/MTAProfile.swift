import MilterProtocol

/// How long an MTA waits at each stage, and where PROGRESS makes it wait longer.
package enum MTAProfile: String, Sendable, Hashable, CaseIterable {
  /// Any byte restarts its timeout, PROGRESS is taken at every stage after negotiation (`milter8.c`).
  case postfix
  /// PROGRESS is taken only after end of message, and restarts R, not E (`milter.c`, `milter_data`).
  case sendmail
  /// Nobody knows yet: the shorter of both, PROGRESS only where both take it.
  case generic

  /// As far as its macros have told.
  package init(_ kind: MTAKind) {
    switch kind {
    case .postfix: self = .postfix
    case .sendmail: self = .sendmail
    case .unknown: self = .generic
    }
  }

  /// As the operator says it.
  package var name: String {
    switch self {
    case .postfix: "Postfix"
    case .sendmail: "Sendmail"
    case .generic: "this MTA"
    }
  }

  /// From the command to its reply: `milter_command_timeout` and `milter_content_timeout` (Postfix), R (Sendmail).
  package func patience(at stage: Stage) -> Moment.Span {
    switch self {
    case .postfix: stage.isOfContent ? .seconds(300) : .seconds(30)
    case .sendmail, .generic: .seconds(10)
    }
  }

  /// How long an SMTP client waits, whatever the MTA does: what ends a hold that nobody watches where PROGRESS keeps the
  /// MTA waiting for ever (RFC 5321, 4.5.3.2).
  package static func clientPatience(at stage: Stage) -> Moment.Span {
    switch stage {
    case .negotiation, .connect, .helo, .mail, .rcpt, .unknown: .seconds(300)
    case .data: .seconds(120)
    case .header, .eoh, .body, .bodyEOB: .seconds(600)
    }
  }

  /// From end of message to the verdict, keep-alives or not; nil for no such limit (E of Sendmail).
  package func total(at stage: Stage) -> Moment.Span? {
    guard stage == .bodyEOB else { return nil }
    switch self {
    case .postfix: return nil
    case .sendmail, .generic: return .seconds(300)
    }
  }

  /// By how much it may give up before its time: Sendmail subtracts whole seconds of the clock (`curtime`, in
  /// `milter_read` and `milter_data`), so R:2s is over after anything from one second to two.
  package var haste: Moment.Span {
    switch self {
    case .postfix: .seconds(0)
    case .sendmail, .generic: .seconds(1)
    }
  }

  package func takesProgress(at stage: Stage) -> Bool {
    switch self {
    case .postfix: stage != .negotiation
    case .sendmail, .generic: stage == .bodyEOB
    }
  }
}
