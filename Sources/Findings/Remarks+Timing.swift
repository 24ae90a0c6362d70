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
      } else if dialogue.mta != .postfix || due.stage == .negotiation {
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

  func remarkOnTime(
    _ due: PendingReply, _ scene: borrowing Scene, _ dialogue: Dialogue, _ findings: inout [Finding]
  ) {
    guard let waited = waited(due, scene), waited > .milliseconds(100) else { return }
    let patience = dialogue.patience
    let limit = patience.latest(at: due.stage)
    guard waited > limit / 2 else { return }
    if waited > limit, due.stage == .bodyEOB {
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
