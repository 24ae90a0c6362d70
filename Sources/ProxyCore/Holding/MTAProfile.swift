import MilterProtocol
import TraceModel

/// How long an MTA waits at each stage, and where PROGRESS makes it wait longer.
package enum MTAProfile: String, Sendable, Hashable, CaseIterable {
  /// Any byte restarts its timeout, PROGRESS is taken at every stage after negotiation (`milter8.c`).
  case postfix
  /// PROGRESS is taken only after end of message, and restarts R, not E (`milter.c`, `milter_data`).
  case sendmail
  /// Nobody knows yet: the shorter of both, PROGRESS only where both take it.
  case generic

  /// Told from the macros of CONNECT: `v` names Postfix; `{if_name}` without `{daemon_addr}` is Sendmail's habit.
  package static func detected(in facts: SessionFacts) -> MTAProfile {
    func value(_ name: String) -> ArraySlice<UInt8>? { facts.macros.value(Array(name.utf8))?.value.slice }
    if let version = value("v") {
      return version.starts(with: "Postfix".utf8) ? .postfix : .sendmail
    }
    if value("daemon_addr") != nil { return .postfix }
    return value("if_name") != nil || value("if_addr") != nil ? .sendmail : .generic
  }

  /// From the command to its reply: `milter_command_timeout` and `milter_content_timeout` (Postfix), R (Sendmail).
  package func patience(at stage: Stage) -> Moment.Span {
    switch (self, stage) {
    case (.postfix, .header), (.postfix, .eoh), (.postfix, .body), (.postfix, .bodyEOB): .seconds(300)
    case (.postfix, _): .seconds(30)
    case (.sendmail, _), (.generic, _): .seconds(10)
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

  package func takesProgress(at stage: Stage) -> Bool {
    switch self {
    case .postfix: stage != .negotiation
    case .sendmail, .generic: stage == .bodyEOB
    }
  }
}
