import Dialogue
import MilterProtocol
import TraceModel

/// Deadlines of what is held, and PROGRESS (``Deadlines``).
extension Steering {
  /// When what is kept of this leg goes on unasked: whoever waits for it gives up, less a margin; nil where nobody does.
  func deadline(of leg: Leg, _ settings: ProxySettings) -> Moment? {
    let patience = dialogue.patience
    let ofMTA = Deadlines.ofMTA(pending.owed, patience)
    let ofMilter = leg == .mta && !isMilter ? deadlines.ofMilter(patience) : nil
    let ofClient = settings.endsForClient ? Deadlines.beforeClient(pending.owed) : nil
    return earlier(earlier(ofMTA, ofMilter), ofClient)
  }

  /// What is told of a packet that stops here.
  func held(_ number: Int, _ leg: Leg, _ cause: Cause, _ settings: ProxySettings) -> Held {
    Held(
      number: number, cause: cause, deadline: deadline(of: leg, settings),
      client: Deadlines.ofClient(pending.owed))
  }

  /// When PROGRESS is due, while we make the MTA wait.
  private var progressDue: Moment? {
    queues.keepsSomething && !faulty.isPausing ? deadlines.progress(pending.owed, dialogue.patience) : nil
  }

  /// The next moment at which something is due; nil for none.
  package func nextMoment(_ settings: ProxySettings) -> Moment? {
    let silence = silence(settings)?.ends
    // Nearly always: asked after every packet.
    guard !queues.isEmpty || faulty.isUnderWay else { return silence }
    var next = earlier(earlier(progressDue, silence), faulty.nextMoment)
    for leg in Leg.allCases {
      guard let kept = queues[leg].kept else { continue }
      next = earlier(next, deadline(of: leg, settings))
      next = earlier(next, queues[leg].entries[kept].notBefore)
    }
    return next
  }

  /// Since when the milter says nothing, and when it counts as failed for that; nil where nobody would answer in its place,
  /// or the MTA does not wait for it.
  package func silence(_ settings: ProxySettings) -> (since: Moment, ends: Moment)? {
    guard settings.onMilterFailure != nil, isWanted, let owed = pending.owed, owed.isAsked,
      !owed.isAbandoned, !queues.keepsSomething
    else { return nil }
    let last = dialogue.mtaLeg.lastReply
    let ends = Deadlines.ofSilence(owed, since: last, dialogue.patience)
    return (max(owed.came, last ?? owed.came), ends)
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
        if case .about(_, let askedBy, let fallback?)? = queues[leg].entries[index].hold?.question {
          noteNoAnswer(queues[leg].entries[index].number, fallback, &turn)
          answerFront(of: leg, as: .answer(fallback), askedBy, &turn)
        } else {
          answerFront(of: leg, as: turn.settings.onTimeout ?? .forward, .timeout, &turn)
        }
        release(leg, index, .timeout, &turn)
      }
    }
  }

  /// Whoever was asked has not answered, and whoever waits does so no longer.
  private mutating func noteNoAnswer(_ number: Int, _ fallback: Answer, _ turn: inout Turn) {
    record(
      .noted(
        text: "no answer came while somebody waited for this packet: it gets \(fallback.name)", packet: number
      ),
      &turn)
  }

  /// Answers the packet whose turn it is, where that is what is to be done.
  mutating func answerFront(
    of leg: Leg, as act: ProxySettings.TimeoutAct, _ cause: Cause, _ turn: inout Turn
  ) {
    guard case .answer(let answer) = act, let front = queues[leg].turn else { return }
    carryOut(Asked(.answer(answer)), on: leg, front, cause, &turn)
  }

  /// The MTA left while it waited about what is kept here: how long it waits is known from now on, here and for others.
  mutating func noteGivingUp(_ turn: inout Turn) {
    guard queues.keepsSomething, !sawQuit, let owed = pending.owed, !owed.isAbandoned,
      let shown = dialogue.patience.shown(
        by: owed, last: dialogue.mtaLeg.lastReply, leavingAt: turn.now)
    else { return }
    let mta = dialogue.mta
    let name = mta?.name ?? "the MTA"
    let asItSeems = shown.isGuess ? ", as it seems" : ""
    guard shown.isNews else {
      gaveUp = "\(name) gave up after \(shown.after.words)\(asItSeems)"
      return
    }
    let words: Sentence =
      "\(name) gave up after \(shown.after.words)\(asItSeems): --mta-timeout \(shown.timeouts.typed)"
    gaveUp = words
    turn.settings.patience.told[gaveUp: mta] = shown.timeouts
    turn.act(.say("c\(connection): \(words.text)"))
  }
}
