import MilterProtocol
import TraceModel

/// A made-up trace of any length, computed record by record: connections in turn, each with a few mails.
///
/// The same index always gives the same record, and nothing is kept, so a million of them cost no memory.
package final class BusyTrace: RecordSource {
  package let head: TraceHead? = TraceHead(
    program: "test", startedAt: 1_700_000_000_000_000, command: ["test"])
  package let count: Int
  private let connection: [Record]

  /// - Parameter connections: `count` is this many times the records of one connection.
  package init(connections: Int, mailsEach: Int = 3) {
    var play = Recording()
    play.greet()
    for mail in 0..<mailsEach {
      let id = "4Q\(mail)"
      play.mail(
        to: ["<bob@example.net>", "<carol@example.net>"],
        headers: [
          ("Received", "from a by b"), ("From", "Alice <alice@example.org>"), ("To", "Bob <bob@example.net>"),
          ("Date", "Thu, 01 Jan 2026 12:00:00 +0000"), ("Subject", "mail number \(mail)"),
          ("Message-ID", "<\(mail)@example.org>"),
        ], id: id)
      play.milter(Milter.addHeader("X-Seen", "yes"), mail == 1 ? Milter.reject : Milter.accept)
      play.mta(MTA.abort)
    }
    play.mta(MTA.quit)
    play.close(.mta)
    play.close(.milter)
    connection = play.records
    count = connections * play.records.count
    packetsEach = play.packet
    span = play.now.microseconds
  }

  package let packetsEach: Int
  private let span: Int64

  package func record(at index: Int) -> Record? {
    guard index >= 0, index < count else { return nil }
    let (turn, i) = index.quotientAndRemainder(dividingBy: connection.count)
    var record = connection[i]
    record.connection = turn + 1
    record.time = Moment(microseconds: record.time.microseconds + Int64(turn) * span)
    if case .received(var received) = record.event {
      received.number += turn * packetsEach
      record.event = .received(received)
    }
    return record
  }
}
