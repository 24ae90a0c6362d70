/// How an MTA waits for a reply, and what makes it wait longer.
package struct MTAWaits: Sendable, Equatable {
  /// As it is set where nobody has changed it.
  package let timeouts: MTATimeouts
  /// It waits for replies to the content of a mail as long as its second timeout says.
  package let hasContentTimeout: Bool
  /// Its second timeout is a limit from end of message to the verdict, keep-alives or not.
  package let limitsTheEnd: Bool
  package let progress: Progress
  /// It gives up at whole seconds of its timeout, so that what it is set to shows.
  package let isPunctual: Bool
  /// By how much it may give up before its time.
  package let haste: Moment.Span

  /// Where PROGRESS is taken, and makes it wait anew.
  package enum Progress: Sendable, Equatable {
    case afterNegotiation, inTheBody, atTheEnd

    package func isTaken(at stage: Stage) -> Bool {
      switch self {
      case .afterNegotiation: stage != .negotiation
      case .inTheBody: stage == .body || stage == .bodyEOB
      case .atTheEnd: stage == .bodyEOB
      }
    }
  }
}

extension KnownMTA {
  /// Postfix: `milter_command_timeout` and `milter_content_timeout` (`mail_params.h`), and any byte restarts them (`milter8.c`).
  /// Sendmail: `R` and `E` of `T=` (`milter_setup`), of which PROGRESS restarts R after end of message (`milter_data` in
  /// milter.c); it subtracts whole seconds of the clock (`curtime`), so R:2s is over after one to two. Stalwart: `timeout.data`
  /// for each read (`read` in client.rs; `timeout.command` is for connecting and writing). maddy: 10 s for each read (`Configure`
  /// in milter.go, `readAction` in client.go of go-milter 0.4.1).
  package var waits: MTAWaits {
    switch self {
    case .postfix:
      MTAWaits(
        timeouts: MTATimeouts(command: .seconds(30), content: .seconds(300)), hasContentTimeout: true,
        limitsTheEnd: false, progress: .afterNegotiation, isPunctual: true, haste: .seconds(0))
    case .sendmail, .generic:
      MTAWaits(
        timeouts: MTATimeouts(command: .seconds(10), content: .seconds(300)), hasContentTimeout: false,
        limitsTheEnd: true, progress: .atTheEnd, isPunctual: false, haste: .seconds(1))
    case .stalwart:
      MTAWaits(
        timeouts: MTATimeouts(command: .seconds(60), content: .seconds(60)), hasContentTimeout: false,
        limitsTheEnd: false, progress: .inTheBody, isPunctual: false, haste: .seconds(0))
    case .maddy:
      MTAWaits(
        timeouts: MTATimeouts(command: .seconds(10), content: .seconds(10)), hasContentTimeout: false,
        limitsTheEnd: false, progress: .afterNegotiation, isPunctual: false, haste: .seconds(0))
    }
  }
}
