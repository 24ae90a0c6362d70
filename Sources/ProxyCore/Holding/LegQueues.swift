import MilterProtocol
import TraceModel

/// What has arrived and not left, in both directions, and what keeps it here.
struct LegQueues: Sendable {
  private var mta = LegQueue()
  private var milter = LegQueue()
  /// Hold the next packet that comes to its turn.
  var isStepping = false
  /// Legs that are not read for now, as their packets pile up here.
  private var stopped = LegSet()

  subscript(leg: Leg) -> LegQueue {
    get { leg == .mta ? mta : milter }
    _modify {
      switch leg {
      case .mta: yield &mta
      case .milter: yield &milter
      }
    }
  }

  var isEmpty: Bool { mta.isEmpty && milter.isEmpty }

  /// Something is kept at the front of either.
  var keepsSomething: Bool { mta.kept != nil || milter.kept != nil }

  /// Where the packet of that number waits.
  func place(of number: Int) -> (leg: Leg, index: Int)? {
    for leg in Leg.allCases {
      if let index = self[leg].index(of: number) { return (leg, index) }
    }
    return nil
  }

  // MARK: - Holding

  /// Returns whether it was not held before.
  ///
  /// - Parameter question: to whose answer it waits; nil: to what an operator says.
  mutating func hold(
    _ leg: Leg, _ index: Int, _ cause: Cause, at now: Moment, question: LegQueue.Asking? = nil
  ) -> Bool {
    if let hold = self[leg].entries[index].hold {
      if let question {
        self[leg].entries[index].hold?.question = question
      } else if hold.isForQuestion {
        // From here on it waits for both.
        self[leg].entries[index].hold?.isForQuestion = false
        self[leg].entries[index].hold?.cause = cause
        return true
      }
      return false
    }
    self[leg].entries[index].hold = LegQueue.Hold(
      cause: cause, since: now, question: question, isForQuestion: question != nil)
    return true
  }

  /// What it waited for was answered. Held for that alone, it is free.
  mutating func endQuestion(_ leg: Leg, _ index: Int) {
    if self[leg].entries[index].hold?.isForQuestion ?? false {
      self[leg].entries[index].hold = nil
    } else {
      self[leg].entries[index].hold?.question = nil
    }
  }

  /// It is held no more, unless somebody has stopped it again meanwhile. Returns what is to be recorded of one that goes on.
  mutating func goOn(_ leg: Leg, _ index: Int, _ cause: Cause) -> Released? {
    guard self[leg].entries[index].hold == nil else { return nil }
    self[leg].entries[index].wasReleased = true
    if self[leg].entries[index].cause == nil { self[leg].entries[index].cause = cause }
    guard case .forward = self[leg].entries[index].fate else { return nil }
    return Released(number: self[leg].entries[index].number, outcome: .forwarded, cause: cause)
  }

  /// Whether a step stops the entry whose turn it is; then it has done what it was asked for.
  mutating func stepStops(_ leg: Leg, _ index: Int) -> Bool {
    let entry = self[leg].entries[index]
    guard isStepping, entry.hold == nil, !entry.wasReleased, !entry.isPassing else { return false }
    isStepping = false
    return true
  }

  /// Lets go what is held or delayed. Returns what is to be recorded of one that goes on.
  mutating func release(_ leg: Leg, _ index: Int, _ cause: Cause) -> Released? {
    self[leg].entries[index].notBefore = nil
    guard self[leg].entries[index].hold != nil else { return nil }
    self[leg].entries[index].hold = nil
    return goOn(leg, index, cause)
  }

  /// - Parameter questions: those too that wait for no operator, but for an answer.
  mutating func releaseAll(_ cause: Cause, questions: Bool = true) -> [Released] {
    isStepping = false
    return Leg.allCases.flatMap { leg in
      self[leg].entries.indices.compactMap { index in
        let waitsForAnswer = self[leg].entries[index].hold?.isForQuestion ?? false
        return waitsForAnswer && !questions ? nil : release(leg, index, cause)
      }
    }
  }

  /// Takes back what anybody wanted changed of what an operator holds.
  mutating func revertHeld() {
    for leg in Leg.allCases {
      for index in self[leg].entries.indices where self[leg].entries[index].isForOperator {
        self[leg].entries[index].revert()
      }
    }
  }

  /// Delays that are over by then no longer keep anything up to that place.
  mutating func passDelays(_ leg: Leg, upTo index: Int, at now: Moment) {
    for i in self[leg].entries.startIndex...index {
      if let notBefore = self[leg].entries[i].notBefore, notBefore <= now {
        self[leg].entries[i].notBefore = nil
      }
    }
  }

  // MARK: - Room

  /// What may pile up here while something is held; then its sender waits.
  private static let costLimit = 4 << 20

  /// What all that is here costs.
  var cost: Int { mta.cost + milter.cost }

  /// Stops a sender whose packets pile up, and lets it go on at a quarter of the limit.
  mutating func throttle(_ turn: inout Turn) {
    for leg in Leg.allCases {
      if self[leg].cost > Self.costLimit, !stopped.contains(leg) {
        stopped.insert(leg)
        turn.act(.stopReading(leg))
      } else if self[leg].cost < Self.costLimit / 4, stopped.contains(leg) {
        stopped.remove(leg)
        turn.act(.resumeReading(leg))
      }
    }
  }
}
