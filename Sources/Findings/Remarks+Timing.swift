import Dialogue
import MilterProtocol

/// How long the milter took, measured by the MTA's patience.
///
/// Each packet of the milter starts the wait anew, in Postfix at any stage and in Sendmail at end of message. Where the MTA
/// is not known, only what would be too long for every one is remarked on.
extension Remarks {
  mutating func progress(_ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]) {
    if let due = scene.due {
      if due.stage == .bodyEOB {
        remarkOnSilence(due, scene, dialogue, &findings)
      } else if !dialogue.patience.takesProgress(at: due.stage) {
        scene.remark(.progressTooEarly, "PROGRESS at \(due.stage.name)", &findings)
      }
    } else {
      scene.remark(.progressTooEarly, "PROGRESS while no reply is due", &findings)
    }
    if let last = scene.leg.lastProgress, scene.now - last < .seconds(1), !said.contains(.progressStorm) {
      said.insert(.progressStorm)
      scene.remark(.progressStorm, "less than a second after the last", &findings)
    }
  }

  /// Packets that are late again and again by as much as TCP makes them.
  mutating func followWaits(_ scene: borrowing Scene, _ findings: inout [Finding]) {
    let sender = scene.packet.sender
    guard let wait = timing.acknowledgements.passed(scene.packet.kind, from: sender, at: scene.now),
      let kind = timing.acknowledgements.note(wait, from: sender, answering: scene.due?.stage)
    else { return }
    let times = timing.acknowledgements.count(of: kind)
    switch kind {
    case .milter:
      scene.remark(.delayedAck, "40 ms between packets of the milter, \(times) times by now", &findings)
    case .mta: scene.remark(.delayedAck, "40 ms between packets of the MTA, \(times) times by now", &findings)
    case .reply:
      scene.remark(
        .delayedAck, "40 ms from a command to its reply, \(times) times by now and at several stages",
        &findings)
    }
  }

  /// Whether the milter grows slower from mail to mail.
  mutating func followGrowth(
    _ due: PendingReply, _ scene: borrowing Scene, _ findings: inout [Finding]
  ) {
    guard due.stage == .bodyEOB, let took = due.thought(until: scene.now), timing.growth.take(took) else {
      return
    }
    let growth = timing.growth
    scene.remark(
      .growsSlower,
      "the latest \(SlowingMilter.compared) mails took \(growth.quickest.milliseconds) ms and more each, the first \(SlowingMilter.compared) of the connection \(growth.slowest.milliseconds) ms and less",
      &findings)
  }

  mutating func remarkOnTime(
    _ due: PendingReply, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    guard let waited = waited(due, scene), waited > .milliseconds(100) else { return }
    let patience = dialogue.patience
    let limit = patience.latest(at: due.stage)
    guard waited > limit / 10 else { return }
    if !(waited > limit / 2) {
      // What was held here is late by our own doing.
      guard scene.isNew, let thought = due.thought(until: scene.now), thought > limit / 10,
        timing.isFirst(at: due.stage)
      else { return }
      scene.remark(
        .notableReply, "\(waited.milliseconds) ms at \(due.stage.name), \(Self.wait(patience, limit))",
        &findings)
    } else if waited > limit, due.stage == .bodyEOB {
      remarkOnSilence(due, scene, dialogue, &findings)
    } else {
      scene.remark(.slowReply, "\(waited.milliseconds) ms, \(Self.wait(patience, limit))", &findings)
    }
  }

  private func remarkOnSilence(
    _ due: PendingReply, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    guard let waited = waited(due, scene) else { return }
    let patience = dialogue.patience
    let limit = patience.latest(at: due.stage)
    guard waited > limit else { return }
    scene.remark(
      .noKeepAlive, "\(waited.milliseconds) ms of silence, \(Self.wait(patience, limit))", &findings)
  }

  private static func wait(_ patience: Patience, _ limit: Moment.Span) -> String {
    "\(patience.isTold ? "" : "by default ")\(patience.latestName) waits \(limit.milliseconds) ms"
  }

  private func waited(_ due: PendingReply, _ scene: borrowing Scene) -> Moment.Span? {
    if let last = scene.leg.lastReply { return scene.now - last }
    return scene.place == .mta ? scene.now - due.came : due.thought(until: scene.now)
  }
}
