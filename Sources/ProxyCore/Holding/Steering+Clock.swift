import MilterProtocol
import TraceModel

/// Deadlines of what is held, and PROGRESS.
extension Steering {
  func profile(_ controls: Controls) -> MTAProfile { controls.mta ?? MTAProfile(trackers[.mta].mta) }

  /// When to act for somebody who has waited since then, before they do: a tenth of their patience earlier, a second at
  /// the least, half of it at most.
  private static func due(_ since: Moment, _ patience: Moment.Span, _ haste: Moment.Span = .seconds(0))
    -> Moment
  {
    let sure = max(0, patience.microseconds - haste.microseconds)
    return since + Moment.Span(microseconds: sure - max(sure / 10, min(1_000_000, sure / 2)))
  }

  /// When whoever waits for the packets of this leg gives up, less a margin; nil where nobody does.
  func deadline(of leg: Leg, at now: Moment, _ controls: Controls) -> Moment? {
    earlier(mtaDeadline(at: now, controls), leg == .mta ? milterDeadline(controls) : nil)
  }

  private func patience(of profile: MTAProfile, at stage: Stage, _ controls: Controls) -> Moment.Span {
    let wanted = controls.mtaTimeout
    if profile == .postfix, stage.isOfContent { return wanted?.content ?? profile.patience(at: stage) }
    return wanted?.command ?? profile.patience(at: stage)
  }

  private func mtaDeadline(at now: Moment, _ controls: Controls) -> Moment? {
    guard let owed = conversation.owed.first else { return nil }
    let profile = profile(controls)
    guard profile.takesProgress(at: owed.stage) else {
      return Self.due(owed.since, patience(of: profile, at: owed.stage, controls), profile.haste)
    }
    let total: Moment.Span
    if let limit = profile.total(at: owed.stage) {
      total = controls.mtaTimeout?.content ?? limit
    } else {
      // Nothing but the SMTP client ends this wait; an operator who watches may know better.
      if controls.isAttended { return nil }
      total = MTAProfile.clientPatience(at: owed.stage)
    }
    return Self.due(owed.since, total, profile.haste)
  }

  private func milterDeadline(_ controls: Controls) -> Moment? {
    guard !hasStandIn, let lastToMilter else { return nil }
    return Self.due(lastToMilter, controls.milterTimeout)
  }

  /// When PROGRESS is due, while we make the MTA wait.
  private func progressDue(_ controls: Controls) -> Moment? {
    guard queues.contains(where: { $0.kept != nil }), let owed = conversation.owed.first else { return nil }
    let profile = profile(controls)
    guard profile.takesProgress(at: owed.stage) else { return nil }
    let since = max(owed.since, lastProgress ?? owed.since)
    return since + patience(of: profile, at: owed.stage, controls) / 3
  }

  /// The next moment at which something is due; nil for none.
  package func nextMoment(_ controls: Controls) -> Moment? {
    // Nearly always: asked after every packet.
    guard !queues[.mta].isEmpty || !queues[.milter].isEmpty else { return nil }
    var next = progressDue(controls)
    for leg in Leg.allCases {
      guard let kept = queues[leg].kept else { continue }
      next = earlier(next, deadline(of: leg, at: .zero, controls))
      next = earlier(next, queues[leg].entries[kept].notBefore)
    }
    return next
  }

  mutating func keepWaiting(at now: Moment, _ controls: Controls, into effects: inout Effects) {
    guard let due = progressDue(controls), due <= now else { return }
    sendProgress(.policy("keeps the MTA waiting"), at: now, into: &effects)
  }

  mutating func sendProgress(_ cause: Cause, at now: Moment, into effects: inout Effects) {
    sendOurs(
      Packet(encoding: Reply.progress), to: .mta, cause, wanted: .progressTooEarly, at: now, into: &effects)
    lastProgress = now
  }

  /// Does what `--on-timeout` says about what is kept at the front, once its deadline has come.
  mutating func meetDeadlines(at now: Moment, _ controls: inout Controls, into effects: inout Effects) {
    for leg in Leg.allCases {
      while let index = queues[leg].kept, let due = deadline(of: leg, at: now, controls), due <= now {
        if case .answer(let answer) = controls.onTimeout, let turn = queues[leg].turn {
          carryOut(.answer(answer), on: leg, turn, .timeout, at: now, &controls, into: &effects)
        }
        release(leg, index, .timeout, at: now, into: &effects)
      }
    }
  }
}
