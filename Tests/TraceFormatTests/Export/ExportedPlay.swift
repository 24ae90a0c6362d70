import MilterProtocol
import TestSupport
import TraceModel

@testable import TraceFormat

/// A trace with everything in it that exports have to say: a mail that passes, one that we interfered with, a finding, a
/// note, hostile text.
enum ExportedPlay {
  static let head = TraceHead(
    program: "0.1", startedAt: 1_760_000_000_000_000, command: ["mitmilter", "proxy"],
    listen: "inet:8891@127.0.0.1", milter: "inet:8892@127.0.0.1", negotiation: "transparent")

  static let records: [Record] = {
    var play = Recording()
    play.greet()
    play.mail(
      headers: [
        ("From", "Alice <alice@example.org>"), ("Subject", "it's $(rm -rf /) `x` \u{1B}]0;t\u{7}"),
      ], body: ["Hello.\r\n.dot\r\n"])
    play.milter(Milter.addHeader("X-Seen", "yes"), Milter.accept)
    play.append(.found(Finding(.addRcptDuplicate, packet: play.packet, Sentence(others: "an example"))))
    play.mta(MTA.abort)
    play.close()
    play.close(.milter)
    play.connection = 2
    play.greet()
    play.ask(MTA.macro("M"), MTA.mail("<bob@example.net>"))
    let held = play.hold(MTA.rcpt("<carol@example.org>"))
    play.append(.noted(text: Sentence(others: "who is <carol>?"), packet: held))
    play.release(held)
    play.send(held, to: .milter, edited: MTA.rcpt("<dave@example.org>"))
    play.milter(Milter.continue)
    play.mta(MTA.data)
    play.inject(Milter.reject, to: .mta)
    play.close()
    play.close(.milter)
    return play.records
  }()

  static var source: MemoryRecords { MemoryRecords(records, head: head) }
}
