import MilterProtocol

/// Who waits for what: the commands that the MTA wants answered, and those that the milter was asked about.
///
/// Without us the two lists are the same. They drift apart when we answer, drop or make up something; each command is
/// known by its packet number in both. So they do where a milter answers unasked: the MTA takes that verdict for the
/// answer to its next command, and every later one as well (R01, R02; `docs/protocol.md`, 4.7).
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
    /// The MTA took an earlier verdict of the milter for the answer to this command: the milter's own, when it comes, is
    /// the answer to a later one.
    var isAnsweredEarly = false
  }

  /// Commands still here whose answer the MTA had already.
  private var answeredEarly: [Int] = []
  private(set) var owed: [Owed] = []
  private(set) var asked: [Asked] = []

  mutating func arrived(_ number: Int, _ stage: Stage, at now: Moment) {
    owed.append(Owed(number: number, stage: stage, since: now))
  }

  /// The MTA sent a command for whose answer it takes a verdict that it had already.
  mutating func arrivedAnswered(_ number: Int) { answeredEarly.append(number) }

  /// - Parameter isAsked: false where the milter does not answer it.
  mutating func forwarded(_ number: Int, _ stage: Stage, isAsked: Bool) {
    let isEarly = isAnsweredEarly(number)
    left(number)
    if isAsked { asked.append(Asked(number: number, stage: stage, told: nil, isAnsweredEarly: isEarly)) }
  }

  /// A command went to the milter or nowhere.
  mutating func left(_ number: Int) {
    if !answeredEarly.isEmpty { answeredEarly.removeAll { $0 == number } }
  }

  /// Whether the MTA had the answer to that command, which is still here, from an earlier verdict.
  func isAnsweredEarly(_ number: Int) -> Bool { answeredEarly.contains(number) }

  func owes(_ number: Int) -> Bool { owed.contains { $0.number == number } }

  /// The MTA has its answer about that command.
  mutating func settled(_ number: Int, _ told: ReplyKind) {
    owed.removeAll { $0.number == number }
    if let i = asked.firstIndex(where: { $0.number == number }) { asked[i].told = told }
  }

  /// A verdict that was meant for none, or for an earlier command, reached the MTA, which takes it for the answer to this.
  mutating func settledEarly(_ number: Int) {
    owed.removeAll { $0.number == number }
    if let i = asked.firstIndex(where: { $0.number == number }) {
      asked[i].isAnsweredEarly = true
    } else {
      answeredEarly.append(number)
    }
  }

  /// The milter settled the oldest command that it was asked about.
  mutating func replied() -> Asked? { asked.isEmpty ? nil : asked.removeFirst() }

  /// The command that the reply behind `earlier` other verdicts answers; nil where nobody asked.
  func asked(behind earlier: Int) -> Asked? { earlier < asked.count ? asked[earlier] : nil }

  /// The milter is gone: it owes nothing but what it has said already.
  mutating func forgetAsked(butFirst count: Int) { asked = Array(asked.prefix(count)) }
}
