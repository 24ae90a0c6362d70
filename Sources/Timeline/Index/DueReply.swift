import Dialogue
import MilterProtocol

/// A reply that an MTA waits for, and when it gives up.
package struct DueReply: Equatable, Sendable {
  /// Number of the connection.
  package let connection: Int
  /// Of the connection; 0 outside any.
  package let message: Int
  package let stage: Stage
  /// Number of the command's packet.
  package let packet: Int
  /// When it began to wait: with the command, or with what it heard about that last, where that makes it wait anew.
  package let since: Moment
  /// How long it waits from then on.
  package let patience: Moment.Span
  /// Whose patience that is; where the MTA is not known, that of the first that would give up.
  private let mta: KnownMTA
  private let isKnown: Bool

  init?(_ dialogue: Dialogue, ofConnection number: Int) {
    guard let owed = dialogue.pending.owed, !owed.isAbandoned else { return nil }
    connection = number
    (message, stage, packet) = (owed.message, owed.stage, owed.number)
    let patience = dialogue.patience
    let last = max(owed.came, dialogue.mtaLeg.lastReply ?? owed.came)
    let silence = patience.soonest(at: owed.stage)
    if let total = patience.total(at: owed.stage), owed.came + total < last + silence {
      (since, self.patience) = (owed.came, total)
    } else {
      (since, self.patience) = (last, silence)
    }
    mta = dialogue.mta ?? .sendmail
    isKnown = dialogue.mta != nil
  }

  package var end: Moment { since + patience }

  /// Whether a tenth of the patience is over: until then nobody need look.
  package func isNotable(at now: Moment) -> Bool { !(now - since < patience / 10) && since < now }

  /// Whether half of it is over.
  package func isUrgent(at now: Moment) -> Bool { patience / 2 < now - since }

  /// `c1.1 DATA`.
  package var name: String {
    (message > 0 ? "c\(connection).\(message)" : "c\(connection)") + " \(stage.name)"
  }

  /// `waits 12 s, Postfix gives up at 30 s`.
  package func words(at now: Moment) -> String {
    "waits \(seconds(now)) s, \(mta.name) \(isKnown ? "gives" : "would give") up at \(patience.words)"
  }

  /// `12 of 30 s`.
  package func shortWords(at now: Moment) -> String { "\(seconds(now)) of \(patience.words)" }

  private func seconds(_ now: Moment) -> Int64 { max(0, (now - since).microseconds) / 1_000_000 }
}

extension TimelineIndex {
  /// What MTAs have waited for so long that it is worth a look, the most urgent first.
  package func dueReplies(at now: Moment) -> [DueReply] {
    live.facts.indices.compactMap { place in
      // No MTA waits for what a shadow says.
      guard let owner = live.owners[place], connections[owner].shadowOf == nil,
        let due = DueReply(live.facts[place].dialogue, ofConnection: connections[owner].number),
        due.isNotable(at: now)
      else { return nil }
      return due
    }.sorted { $0.end < $1.end }
  }
}
