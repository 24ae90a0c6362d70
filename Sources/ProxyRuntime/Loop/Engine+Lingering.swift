import MilterProtocol
import ProxyCore

/// How long a milter that says nothing and does not close may keep its connection after the MTA has gone.
///
/// What it still says is recorded, and each word of it makes the time begin anew.
package struct Lingering: Sendable {
  /// It owes no reply. A milter made with libmilter closes at once (`mi_engine` in engine.c).
  package var settled = Moment.Span.seconds(30)
  /// It owes one: as long as libmilter itself waits for an MTA (MI_TIMEOUT in libmilter.h).
  package var owing = Moment.Span.seconds(7_210)

  package init() {}
}

/// Milters that do not close: without an end each session would keep two descriptors.
extension Engine {
  /// The MTA of this connection has gone.
  mutating func watchForSilence(_ connection: Connection) {
    guard !connection.machine.isOver else { return }
    connection.milterMoved = now
    timers.set(now + patience(with: connection), for: connection.slot | Self.lingerers)
  }

  private func patience(with connection: Connection) -> Moment.Span {
    connection.machine.milterOwes ? configuration.lingering.owing : configuration.lingering.settled
  }

  mutating func endIfSilent(_ connection: Connection) {
    guard connection.mta.hasEnded, !connection.machine.isOver else { return }
    let patience = patience(with: connection)
    let due = connection.milterMoved + patience
    guard due <= now else { return timers.set(due, for: connection.slot | Self.lingerers) }
    end(connection, "the milter did not close within \(patience.microseconds / 1_000_000) s of the MTA's end")
  }

  /// New mail goes before a late word about old: where no more files are to be had, the one that is silent longest ends.
  mutating func makeRoom() {
    let lingering = connections.all.filter { $0.mta.hasEnded && !$0.machine.isOver }
    guard let oldest = lingering.min(by: { $0.milterMoved < $1.milterMoved }) else { return }
    end(oldest, "the milter did not close after the MTA's end, and new connections wait")
  }

  private mutating func end(_ connection: Connection, _ why: Sentence) {
    connection.milter.hasEnded = true
    handOverRest(of: .milter, connection)
    connection.machine.closed(.milter, .ours(why), &turn)
    perform(for: connection, .none)
  }
}
