import MilterProtocol

/// Who waits for what: the commands that the MTA wants answered, and those that the milter was asked about.
///
/// Without us the two lists are the same. They drift apart when we answer, drop or make up something; each command is
/// known by its packet number in both.
struct Conversation: Sendable {
  /// A command that the MTA waits about.
  struct Owed: Sendable, Hashable {
    var number: Int
    var stage: Stage
    /// When it arrived: the MTA's patience runs from there.
    var since: Moment
  }

  /// A command that the milter has not settled yet.
  struct Asked: Sendable, Hashable {
    var number: Int
    var stage: Stage
    /// What the MTA was told meanwhile; nil while it still waits.
    var told: ReplyKind?
  }

  private(set) var owed: [Owed] = []
  private(set) var asked: [Asked] = []

  mutating func arrived(_ number: Int, _ stage: Stage, at now: Moment) {
    owed.append(Owed(number: number, stage: stage, since: now))
  }

  mutating func forwarded(_ number: Int, _ stage: Stage) {
    asked.append(Asked(number: number, stage: stage, told: nil))
  }

  func owes(_ number: Int) -> Bool { owed.contains { $0.number == number } }

  /// The MTA has its answer about that command.
  mutating func settled(_ number: Int, _ told: ReplyKind) {
    owed.removeAll { $0.number == number }
    if let i = asked.firstIndex(where: { $0.number == number }) { asked[i].told = told }
  }

  /// The milter settled the oldest command that it was asked about.
  mutating func replied() -> Asked? { asked.isEmpty ? nil : asked.removeFirst() }

  /// The command that the reply behind `earlier` other verdicts answers; nil where nobody asked.
  func asked(behind earlier: Int) -> Asked? { earlier < asked.count ? asked[earlier] : nil }

  /// The milter is gone: it owes nothing but what it has said already.
  mutating func forgetAsked(butFirst count: Int) { asked = Array(asked.prefix(count)) }
}
