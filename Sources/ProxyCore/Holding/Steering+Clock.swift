import MilterProtocol
import TraceModel

/// Deadlines of what is held, and PROGRESS.
extension Steering {
  func profile(_ controls: Controls) -> MTAProfile { controls.mta ?? .detected(in: facts) }

  /// Act this long before the other side would: a tenth of its patience, a second at the least.
  private static func margin(of patience: Moment.Span) -> Moment.Span {
    Moment.Span(microseconds: max(patience.microseconds / 10, min(1_000_000, patience.microseconds / 2)))
  }

  /// When whoever waits for this packet gives up, less a margin; nil where nobody does.
  func deadline(
    of entry: LegQueue.Entry, from leg: Leg, at now: Moment, _ controls: Controls
  ) -> Moment? {
    [mtaDeadline(at: now, controls), leg == .mta ? milterDeadline(controls) : nil].compactMap { $0 }.min()
  }

  private func mtaDeadline(at now: Moment, _ controls: Controls) -> Moment? {
    guard let owed = conversation.owed.first else { return nil }
    let profile = profile(controls)
    let patience = controls.mtaTimeout ?? profile.patience(at: owed.stage)
    guard profile.takesProgress(at: owed.stage) else {
      return owed.since + patience - Self.margin(of: patience)
    }
    guard let total = profile.total(at: owed.stage) else { return nil }
    return owed.since + total - Self.margin(of: total)
  }

  private func milterDeadline(_ controls: Controls) -> Moment? {
    guard standIn == nil, let lastToMilter else { return nil }
    return lastToMilter + controls.milterTimeout - Self.margin(of: controls.milterTimeout)
  }

  private var isHolding: Bool {
    queues.contains { queue in queue.entries.contains { $0.hold != nil || $0.notBefore != nil } }
  }

  /// When PROGRESS is due, while we make the MTA wait.
  private func progressDue(_ controls: Controls) -> Moment? {
    guard isHolding, let owed = conversation.owed.first else { return nil }
    let profile = profile(controls)
    guard profile.takesProgress(at: owed.stage) else { return nil }
    let patience = controls.mtaTimeout ?? profile.patience(at: owed.stage)
    let since = max(owed.since, lastProgress ?? owed.since)
    return since + patience / 3
  }

  /// The next moment at which something is due; nil for none.
  package func nextMoment(_ controls: Controls) -> Moment? {
    var moments = [progressDue(controls)].compactMap { $0 }
    for leg in Leg.allCases {
      for entry in queues[leg].entries {
        if entry.hold != nil, let due = deadline(of: entry, from: leg, at: .zero, controls) {
          moments.append(due)
        }
        if let notBefore = entry.notBefore { moments.append(notBefore) }
      }
    }
    return moments.min()
  }

  mutating func keepWaiting(at now: Moment, _ controls: Controls, into effects: inout Effects) {
    guard let due = progressDue(controls), due <= now else { return }
    sendOurs(
      Packet(encoding: Reply.progress), to: .mta, .policy("keeps the MTA waiting"), at: now, into: &effects)
    lastProgress = now
  }

  /// Does what `--on-timeout` says about everything whose deadline has come.
  mutating func meetDeadlines(at now: Moment, _ controls: inout Controls, into effects: inout Effects) {
    for leg in Leg.allCases {
      for number in queues[leg].entries.filter({ $0.hold != nil }).map(\.number) {
        guard let index = queues[leg].index(of: number),
          let due = deadline(of: queues[leg].entries[index], from: leg, at: now, controls), due <= now
        else { continue }
        switch controls.onTimeout {
        case .forward: break
        case .answer(let answer):
          carryOut(.answer(answer), on: leg, index, .timeout, at: now, &controls, into: &effects)
        }
        if let index = queues[leg].index(of: number) {
          release(leg, index, .timeout, at: now, into: &effects)
        }
      }
    }
  }
}

extension MTAProfile {
  /// As the operator says it.
  package var name: String {
    switch self {
    case .postfix: "Postfix"
    case .sendmail: "Sendmail"
    case .generic: "this MTA"
    }
  }
}
