import MilterProtocol

/// What the logs of MTA and milter say, or will say, about a finding or a reply.
package enum LogForecast {
  /// - Parameter mta: nil where nothing tells which it is; then there is one for each, said to be assumed. What others than
  ///   Postfix and Sendmail log is not known.
  /// - Returns: for each program that writes something.
  package static func logs(of finding: Finding, _ occasion: LogOccasion, at mta: KnownMTA?) -> [ExpectedLog] {
    // Of what follows from another finding, that one's lines tell.
    guard finding.cause == nil else { return [] }
    let rows = LogExpectation.of(finding.rule).filter {
      $0.place.contains(occasion.stage) && $0.applies(occasion)
    }
    return logs(at: mta) { speaker in
      rows.filter { $0.speaker == speaker }.map { $0.lines(occasion) }
    }
  }

  /// Whether any program writes anything about what breaks that rule.
  package static func isLogged(_ rule: FindingRule) -> Bool { !LogExpectation.of(rule).isEmpty }

  /// Of a reply of the milter that is in order, and of one that is not what is logged besides.
  package static func logs(
    of kind: ReplyKind, _ occasion: LogOccasion, at mta: KnownMTA?
  ) -> [ExpectedLog] {
    logs(at: mta) { speaker in
      MeasuredMTA.allCases.filter { Speaker($0) == speaker }
        .map { VerdictLog.lines(kind, occasion, at: $0) }
    }
  }

  private static func logs(
    at mta: KnownMTA?, _ lines: (Speaker) -> [[ExpectedLine]]
  ) -> [ExpectedLog] {
    let mtas = mta.map { [$0.measured].compactMap(\.self) } ?? MeasuredMTA.allCases
    let speakers = mtas.map { Speaker($0) } + [.libmilter]
    return speakers.compactMap { speaker in
      var told: [ExpectedLine] = []
      // Two rows may begin with the same line: it is written once, with what follows it.
      for more in lines(speaker) where !(more.first.map(told.contains) ?? true) { told += more }
      let isAssumed = mta == nil && speaker != .libmilter
      return told.isEmpty ? nil : ExpectedLog(speaker, told, isAssumed: isAssumed)
    }
  }

  /// The texts that the rule leads to, by who writes them, each with when; for the page of findings.
  package static func texts(of rule: FindingRule) -> [(speaker: Speaker, format: String, when: String?)] {
    // Of what the MTA sends, libmilter alone has something to say.
    let rows = LogExpectation.of(rule).filter { rule.sender != .mta || $0.speaker == .libmilter }
    return rows.map { row in
      let when = [row.place.words, row.condition].compactMap { $0 }.joined(separator: ", ")
      return (row.speaker, row.format, when.isEmpty ? nil : when)
    }
  }
}
