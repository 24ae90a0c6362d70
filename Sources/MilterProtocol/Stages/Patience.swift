/// How long an MTA waits by its default settings.
struct Patience {
  let reply: Moment.Span

  /// `milter_command_timeout` and `milter_content_timeout` of Postfix; `R` of Sendmail's `T=` (`milter_setup`).
  static func of(_ mta: MTAKind, at stage: Stage) -> Patience {
    switch (mta, stage) {
    case (.sendmail, _): Patience(reply: .seconds(10))
    case (_, .header), (_, .eoh), (_, .body), (_, .bodyEOB): Patience(reply: .seconds(300))
    case (_, .negotiation), (_, .connect), (_, .helo), (_, .mail), (_, .rcpt), (_, .data), (_, .unknown):
      Patience(reply: .seconds(30))
    }
  }
}

extension MTAKind {
  var patienceName: String { self == .sendmail ? "Sendmail" : "Postfix" }
}

extension Moment.Span {
  var milliseconds: Int64 { microseconds / 1000 }
}
