import Dialogue
import MilterProtocol

extension Dialogue {
  /// When the MTA waits no longer for the answer that it is owed.
  package func giveUpTime(of due: PendingReply) -> Moment {
    var since = due.came
    if let last = mtaLeg.lastReply, patience.takesProgress(at: due.stage) { since = max(since, last) }
    let end = since + patience.soonest(at: due.stage)
    return patience.total(at: due.stage).map { min(end, due.came + $0) } ?? end
  }
}
