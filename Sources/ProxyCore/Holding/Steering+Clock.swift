import MilterProtocol
import TraceModel

/// Deadlines of what is held, and PROGRESS (``Deadlines``).
extension Steering {
  /// When whoever waits for the packets of this leg gives up, less a margin; nil where nobody does.
  func deadline(of leg: Leg, _ settings: ProxySettings) -> Moment? {
    let patience = dialogue.patience
    let ofMTA = Deadlines.ofMTA(pending.owed, patience, isAttended: settings.isAttended)
    return earlier(ofMTA, leg == .mta && !isMilter ? deadlines.ofMilter(patience) : nil)
  }

  /// When PROGRESS is due, while we make the MTA wait.
  private var progressDue: Moment? {
    queues.keepsSomething ? deadlines.progress(pending.owed, dialogue.patience) : nil
  }

  /// The next moment at which something is due; nil for none.
  package func nextMoment(_ settings: ProxySettings) -> Moment? {
    // Nearly always: asked after every packet.
    guard !queues.isEmpty else { return nil }
    var next = progressDue
    for leg in Leg.allCases {
      guard let kept = queues[leg].kept else { continue }
      next = earlier(next, deadline(of: leg, settings))
      next = earlier(next, queues[leg].entries[kept].notBefore)
    }
    return next
  }

  mutating func keepWaiting(_ turn: inout Turn) {
    guard let due = progressDue, due <= turn.now else { return }
    sendProgress(.policy("keeps the MTA waiting"), &turn)
  }

  mutating func sendProgress(_ cause: Cause, _ turn: inout Turn) {
    sendOurs(Packet(encoding: Reply.progress), to: .mta, cause, &turn)
    deadlines.sentProgress(at: turn.now)
  }

  /// Does what `--on-timeout` says about what is kept at the front, once its deadline has come.
  mutating func meetDeadlines(_ turn: inout Turn) {
    for leg in Leg.allCases {
      while let index = queues[leg].kept, let due = deadline(of: leg, turn.settings), due <= turn.now {
        if case .answer(let answer) = turn.settings.onTimeout, let front = queues[leg].turn {
          carryOut(.answer(answer), on: leg, front, .timeout, &turn)
        }
        release(leg, index, .timeout, &turn)
      }
    }
  }
}
