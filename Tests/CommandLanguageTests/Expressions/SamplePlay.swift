import CommandLanguage
import MilterProtocol
import TestSupport
import Timeline
import TraceModel

/// One session that has a bit of everything, as contexts to ask expressions about.
///
///      1 OPTNEG       2 OPTNEG reply
///      3 MACRO C      4 CONNECT      5 CONTINUE     6 MACRO H    7 HELO       8 CONTINUE
///      9 MACRO M     10 MAIL        11 CONTINUE
///     12 MACRO R     13 RCPT bob    14 CONTINUE
///     15 MACRO R     16 RCPT eve    17 REPLYCODE (after a second, held, edited)
///     18 HEADER From 19 CONTINUE    20 HEADER Subject  21 CONTINUE
///     22 EOH         23 CONTINUE    24 BODY        25 CONTINUE
///     26 BODYEOB     27 ADDHEADER (injected, R02)  28 CHGHEADER   29 DELRCPT  30 QUARANTINE   31 ACCEPT (F01)
///     32 ABORT       33 UNKNOWN     34 a code that nobody uses (marked)       35 QUIT
struct SamplePlay {
  let contexts: [FactsContext]
  let records: [Record]

  /// 2026-05-01T12:00:00Z.
  static let startedAt: Int64 = 1_777_636_800_000_000

  static let shared = SamplePlay()

  private init() {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    play.ask(
      MTA.macro("C", ["j": "mx.example.net", "{client_addr}": "IPv6:2001:db8::7"]),
      MTA.connect("mail.example.org", "192.0.2.7"))
    play.ask(MTA.macro("H"), MTA.helo("Mail.Example.Org"))
    play.ask(
      MTA.macro("M", ["{mail_addr}": "alice@example.org"]),
      MTA.mail("<Alice@example.org>", "SIZE=1820", "BODY=8BITMIME"))
    play.ask(MTA.macro("R", ["i": "4XyZ"]), MTA.rcpt("<bob@example.net>", "NOTIFY=NEVER"))
    play.mta(MTA.macro("R", ["i": "4XyZ"]), MTA.rcpt("<eve@example.com>"))
    play.wait(.seconds(1))
    play.milter(Milter.reply("550 5.1.1 no such user"))
    play.ask(MTA.header("From", "Alice <alice@example.org>"))
    play.ask(MTA.header("Subject", "A Test\n of folding"))
    play.ask(MTA.eoh)
    play.ask(MTA.body("Hello GTUBE.\r\n"))
    play.mta(MTA.bodyEOB)
    play.milter(
      Milter.addHeader("X-Seen", "yes"), Milter.chgHeader(2, "X-Old", ""),
      Milter.delRcpt("<bob@example.net>"),
      Milter.quarantine("looks odd"), Milter.accept)
    play.mta(MTA.abort, MTA.unknown("XFOO bar"), MTA.raw("Z", [0x1B, 0xFF]), MTA.quit)
    contexts = Self.contexts(of: play)
    records = play.records
  }

  private static let flags: [Int: PacketFlags] = [17: [.held, .edited], 27: .injected, 34: .marked]

  private static func contexts(of play: Recording) -> [FactsContext] {
    var facts = SessionFacts()
    return play.records.compactMap { record in
      let placement = facts.apply(record)
      guard case .received(let received) = record.event, let placement else { return nil }
      let findings = findings[received.number].map { [Finding($0, packet: received.number, "")] } ?? []
      return FactsContext(
        received.packet, number: received.number, at: record.time, connection: 7, placement: placement,
        facts: facts, flags: flags[received.number] ?? [], findings: findings, startedAt: startedAt,
        utcOffset: 7200)
    }
  }

  private static let findings = [27: rule("R02", .warning), 31: rule("F01", .note)]

  private static func rule(_ id: String, _ severity: Finding.Severity) -> FindingRule {
    FindingRule(id: id, severity: severity, title: "", consequence: "", source: "")
  }

  /// The numbers of the packets that an expression says yes to.
  func matched(by matcher: Matcher) -> [Int] {
    contexts.filter { context in
      var effort = SearchEffort.ofFilter
      return matcher.matches(context, &effort)
    }.map(\.number)
  }
}
