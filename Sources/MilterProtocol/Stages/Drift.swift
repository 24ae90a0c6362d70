/// How far the two sides of a leg are apart after a verdict that nobody had asked for (R01, R02).
///
/// Such a verdict lies in the MTA's socket until the MTA reads the answer to its next command, and every later one is
/// read one command too late; the milter goes on answering what it was asked (protocol.md 4.7; seen with Postfix 3.7 and
/// Sendmail 8.17).
struct Drift: Hashable, Sendable {
  /// Verdicts that the MTA has not read yet, oldest first.
  private var early: [ReplyKind] = []
  /// Commands that the milter has not answered, by its own count.
  private var asked: [Stage] = []

  mutating func commanded(_ stage: Stage) {
    if asked.count < PendingReplies.limit { asked.append(stage) }
  }

  /// The milter gave a verdict; the stage that it meant, nil where it was not asked.
  mutating func answered() -> Stage? { asked.isEmpty ? nil : asked.removeFirst() }

  /// A verdict came before the MTA asked for it.
  mutating func cameEarly(_ verdict: ReplyKind) {
    if early.count < PendingReplies.limit { early.append(verdict) }
  }

  /// What the MTA takes for the answer to the command that it sends now.
  mutating func takeEarly() -> ReplyKind? { early.isEmpty ? nil : early.removeFirst() }
}
