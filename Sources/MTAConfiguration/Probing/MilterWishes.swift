import MilterProtocol

/// What a milter wants, by its answer to OPTNEG, in words.
enum MilterWishes {
  /// Rows of a table: what kind, and which.
  static func rows(_ answer: OptNeg) -> [[String]] {
    let flags = answer.protocolFlags
    var rows = [["version", String(answer.version)]]
    add(
      "changes", FlagMeanings.words(answer.actions.subtracting(.setSymbolList)), else: "nothing of a mail",
      to: &rows)
    add("switched off", FlagMeanings.words(flags.intersection(.allNoCommand)), else: "nothing", to: &rows)
    add("is silent", FlagMeanings.words(flags.intersection(.allNoReply)), else: "at no stage", to: &rows)
    let others = flags.subtracting(.allNoCommand).subtracting(.allNoReply)
    add("besides", FlagMeanings.words(others), else: nil, to: &rows)
    for list in answer.symbolLists {
      let names = InertText.string(escaping: list.names)
      rows.append([
        "macros", "at \(OptNeg.SymbolList.name(ofStage: list.stage)): \(names.isEmpty ? "none" : names)",
      ])
    }
    if answer.symbolLists.isEmpty { rows.append(["macros", "those that the MTA sends by its own lists"]) }
    return rows
  }

  private static func add(_ title: String, _ words: [String], else none: String?, to rows: inout [[String]]) {
    if words.isEmpty {
      if let none { rows.append([title, none]) }
      return
    }
    for (index, word) in words.enumerated() { rows.append([index == 0 ? title : "", word]) }
  }

  /// Stages of the probes beside each other: outcome and time.
  static func times(_ probes: [ProbedMilter]) -> [[String]] {
    let probes = probes.filter { !$0.steps.isEmpty }
    guard let first = probes.first else { return [] }
    var rows = [["stage"] + probes.map { "as \($0.mta.name)" }]
    let stages = probes.flatMap(\.steps).map(\.stage).reduce(into: [Stage]()) { stages, stage in
      if !stages.contains(stage) { stages.append(stage) }
    }
    for stage in stages where stage != .negotiation || first.isMilter {
      rows.append([stage.name] + probes.map { cell($0, stage) })
    }
    return rows
  }

  private static func cell(_ probed: ProbedMilter, _ stage: Stage) -> String {
    guard let step = probed.steps.first(where: { $0.stage == stage }) else { return "not asked" }
    guard let took = step.took else { return step.outcome.words }
    return "\(milliseconds(took))  \(step.outcome.words)"
  }

  /// `0.4 ms`
  private static func milliseconds(_ span: Moment.Span) -> String {
    let tenths = (max(0, span.microseconds) + 50) / 100
    return "\(tenths / 10).\(tenths % 10) ms"
  }
}
