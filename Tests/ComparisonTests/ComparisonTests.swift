import Comparison
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct ComparisonTests {
  /// A session with mails; what a test changes is told by name.
  private static func trace(_ play: (inout Recording) -> Void) -> ComparedTrace {
    var recording = Recording()
    recording.greet()
    play(&recording)
    recording.close()
    return ComparedTrace(MemoryRecords(recording.records))
  }

  private struct Outcome {
    var lines: [String] = []
    var pairs: [ComparedPair] = []
    var tally: ComparisonTally?
  }

  /// Each difference as `kind STAGE about: first | second`.
  private static func compare(_ first: ComparedTrace, _ second: ComparedTrace) -> Outcome {
    var outcome = Outcome()
    outcome.tally = Comparison(first, second).run { pair, differences in
      outcome.pairs.append(pair)
      for difference in differences {
        let place = [difference.kind.rawValue, difference.stage?.name, difference.about].compactMap { $0 }
        outcome.lines.append(
          "\(place.joined(separator: " ")): \(difference.first?.text ?? "-") | \(difference.second?.text ?? "-")"
        )
      }
    }
    return outcome
  }

  private static func isAlike(_ first: ComparedTrace, _ second: ComparedTrace) -> Bool {
    let outcome = compare(first, second)
    return outcome.lines.isEmpty && outcome.tally?.isAlike == true
  }

  private static func mail(
    id: String = "4XyZ1", headers: [(String, String)] = [("Subject", "test")], _ replies: Packet...
  ) -> ComparedTrace {
    trace { recording in
      recording.mail(headers: headers, id: id)
      for reply in replies { recording.receive(reply) }
      recording.receive(Milter.accept)
    }
  }

  @Test func aTraceIsLikeItself() {
    let trace = Self.mail(Milter.addHeader("X-Test", "yes"))
    let outcome = Self.compare(trace, trace)
    #expect(outcome.lines == [])
    #expect(outcome.tally?.alike == 1)
  }

  /// What a shadow got is no mail: in either trace.
  @Test func shadowsAreNoMails() {
    func play(_ recording: inout Recording) {
      recording.mail(headers: [("Subject", "test")], id: "4XyZ1")
      recording.receive(Milter.accept)
    }
    let shadowed = Self.trace { recording in
      play(&recording)
      recording.connection = 2
      recording.append(.opened(Opened(peer: "p", local: "l", milter: "m", shadowOf: 1)))
      recording.mta(MTA.optNeg())
      recording.milter(Milter.optNeg())
      recording.ask(MTA.connect())
      recording.ask(MTA.helo())
      recording.mail(headers: [("Subject", "test")], id: "4XyZ1")
      recording.receive(Milter.reject)
      recording.close()
      recording.connection = 1
    }
    for (first, second) in [(Self.trace(play), shadowed), (shadowed, Self.trace(play)), (shadowed, shadowed)]
    {
      let outcome = Self.compare(first, second)
      #expect(outcome.lines == [])
      #expect(outcome.tally?.alike == 1)
    }
  }

  @Test func aVerdictThatChangesIsTold() {
    let second = Self.trace { recording in
      recording.mail(headers: [("Subject", "test")], id: "4XyZ1")
      recording.receive(Milter.reply("550 5.7.1 no"))
    }
    #expect(Self.compare(Self.mail(), second).lines == ["verdict BODYEOB: ACCEPT | REPLYCODE 550 5.7.1 no"])
  }

  @Test func aModificationThatChangesIsOneDifference() {
    let outcome = Self.compare(
      Self.mail(Milter.addHeader("X-Test", "yes"), Milter.addHeader("X-More", "1")),
      Self.mail(Milter.addHeader("X-Test", "no")))
    #expect(
      outcome.lines == [
        "modification BODYEOB: ADDHEADER X-Test: yes | ADDHEADER X-Test: no",
        "modification BODYEOB: ADDHEADER X-More: 1 | -",
      ])
    #expect(outcome.tally?.different == 1)
  }

  /// Both columns of the only mail, a line each.
  private static func columns(_ first: ComparedTrace, _ second: ComparedTrace) -> [String] {
    let comparison = Comparison(first, second)
    var lines: [String] = []
    _ = comparison.run(everyMail: true) { pair, _ in
      guard pair.isMail else { return }
      lines += comparison.columns(of: pair).map { line in
        let sign = line.verdict == .alike ? " " : line.verdict == .asked ? "~" : "!"
        return "\(sign)\(line.isReply ? "  " : "")\(line.first?.text ?? "-") | \(line.second?.text ?? "-")"
      }
    }
    return lines
  }

  @Test func bothColumnsAreThereStageByStage() {
    let second = Self.trace { recording in
      recording.ask(
        MTA.macro("M", ["{mail_addr}": "eve@example.org"]), MTA.mail("<alice@example.org>", "SIZE=100"))
      recording.ask(MTA.rcpt("<bob@example.net>"))
      recording.ask(MTA.rcpt("<carol@example.net>"))
      recording.ask(MTA.data)
      recording.ask(MTA.header("Subject", "test"))
      recording.ask(MTA.eoh)
      recording.ask(MTA.body("Hello.\r\n"))
      recording.mta(MTA.bodyEOB)
      recording.milter(Milter.addHeader("X-Test", "no"), Milter.addHeader("X-Same", "1"), Milter.accept)
    }
    let first = Self.mail(Milter.addHeader("X-Same", "1"), Milter.addHeader("X-Test", "yes"))
    #expect(
      Self.columns(first, second).dropFirst(2) == [
        " CONNECT mail.example.org [192.0.2.7]:51234 | CONNECT mail.example.org [192.0.2.7]:51234",
        "   CONTINUE | CONTINUE", " HELO mail.example.org | HELO mail.example.org", "   CONTINUE | CONTINUE",
        "!{mail_addr}=alice@example.org | {mail_addr}=eve@example.org",
        " MAIL <alice@example.org> SIZE=100 | MAIL <alice@example.org> SIZE=100", "   CONTINUE | CONTINUE",
        "!i=4XyZ1 | -", " RCPT <bob@example.net> | RCPT <bob@example.net>", "   CONTINUE | CONTINUE",
        "!- | RCPT <carol@example.net>", "   - | CONTINUE", "!i=4XyZ1 | -", " DATA | DATA",
        "   CONTINUE | CONTINUE", " HEADER Subject: test | HEADER Subject: test", "   CONTINUE | CONTINUE",
        "!i=4XyZ1 | -", " EOH end of header | EOH end of header", "   CONTINUE | CONTINUE",
        " BODY 8 bytes \"Hello.\\r\\n\" | BODY 8 bytes \"Hello.\\r\\n\"", "   CONTINUE | CONTINUE",
        "!i=4XyZ1 | -", " BODYEOB end of message | BODYEOB end of message",
        "   ADDHEADER X-Same: 1 | ADDHEADER X-Same: 1", "!  ADDHEADER X-Test: yes | ADDHEADER X-Test: no",
        "   ACCEPT | ACCEPT",
      ])
  }

  @Test func whatOnlyOneHasStandsInItsColumn() {
    let comparison = Comparison(Self.mail(), Self.trace { _ in })
    var lines: [ComparedLine] = []
    _ = comparison.run { pair, _ in if pair.isMail { lines = comparison.columns(of: pair) } }
    #expect(lines.first?.first?.text == "MAIL <alice@example.org> SIZE=100")
    #expect(lines.last?.first?.text == "ACCEPT" && lines.allSatisfy { $0.second == nil })
    #expect(lines.allSatisfy { $0.verdict == .different })
  }

  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var first: Packet
    var second: Packet
  }

  static let ofRun: [Row] = [
    Row(
      testDescription: "queue ids", first: Milter.addHeader("X-Id", "seen as 4XyZ1"),
      second: Milter.addHeader("X-Id", "seen as 5AbC2")),
    Row(
      testDescription: "dates", first: Milter.addHeader("X-Date", "Sat, 28 Nov 2026 17:02:14 +0000"),
      second: Milter.addHeader("X-Date", "Sun, 6 Dec 2026 07:12:44 +0100")),
    Row(
      testDescription: "ISO dates", first: Milter.addHeader("X-Date", "at 2026-11-28T17:02:14Z"),
      second: Milter.addHeader("X-Date", "at 2027-01-02T03:04:05+01:00")),
    Row(
      testDescription: "b= and t= of a signature, and where it is folded",
      first: Milter.insHeader(0, "DKIM-Signature", "v=1; d=example.org; t=1;\r\n\tbh=abc=; b=Zm9v\r\n\tYmFy"),
      second: Milter.insHeader(0, "DKIM-Signature", "v=1; d=example.org;\r\n\tt=22; bh=abc=; b=YmF6")),
    Row(
      testDescription: "the milter's host",
      first: Milter.insHeader(0, "Authentication-Results", "mx1.example.net; dkim=pass header.b=abcd"),
      second: Milter.insHeader(0, "Authentication-Results", "other.example.com; dkim=pass header.b=xyz1")),
    Row(
      testDescription: "the host and job of a filter",
      first: Milter.addHeader("DKIM-Filter", "OpenDKIM Filter v2.11.0 mx1.example.net 4XyZ1"),
      second: Milter.addHeader("DKIM-Filter", "OpenDKIM Filter v2.11.0 localhost.localdomain 5AbC2")),
    Row(
      testDescription: "boundaries",
      first: Milter.chgHeader(1, "Content-Type", "multipart/mixed; boundary=\"one-1\""),
      second: Milter.chgHeader(1, "Content-Type", "multipart/mixed; boundary=\"another-2\"")),
  ]

  @Test(arguments: ofRun) func whatDiffersFromRunToRunIsTheSame(_ row: Row) {
    #expect(Self.isAlike(Self.mail(id: "4XyZ1", row.first), Self.mail(id: "5AbC2", row.second)))
  }

  static let ofMilter: [Row] = [
    Row(
      testDescription: "the body hash", first: Milter.insHeader(0, "DKIM-Signature", "v=1; bh=abc=; b=Zm9v"),
      second: Milter.insHeader(0, "DKIM-Signature", "v=1; bh=abd=; b=Zm9v")),
    Row(
      testDescription: "the index", first: Milter.insHeader(0, "X-A", "1"),
      second: Milter.insHeader(1, "X-A", "1")),
    Row(
      testDescription: "a number that is no date", first: Milter.addHeader("X-A", "score 28:10"),
      second: Milter.addHeader("X-A", "score 28:11")),
    Row(
      testDescription: "letter case of a name", first: Milter.addHeader("X-Test", "1"),
      second: Milter.addHeader("x-test", "1")),
    Row(testDescription: "the body", first: Milter.replBody("new\r\n"), second: Milter.replBody("neu\r\n")),
  ]

  @Test(arguments: ofMilter) func whatTheMilterDoesOtherwiseIsTold(_ row: Row) {
    #expect(Self.compare(Self.mail(row.first), Self.mail(row.second)).lines.count == 1)
  }

  @Test func mailsAreMatchedWhateverTheirOrder() {
    func two(_ ids: [(queue: String, message: String)]) -> ComparedTrace {
      Self.trace { recording in
        for id in ids {
          recording.mail(headers: [("Message-ID", "<\(id.message)@example.org>")], id: id.queue)
          recording.receive(Milter.addHeader("X-Is", id.message))
          recording.receive(Milter.accept)
        }
      }
    }
    // By queue id, and where that is another one by Message-ID.
    #expect(
      Self.isAlike(two([("4XyZ1", "one"), ("4XyZ2", "two")]), two([("4XyZ2", "two"), ("4XyZ1", "one")])))
    #expect(
      Self.isAlike(two([("4XyZ1", "one"), ("4XyZ2", "two")]), two([("5AbC1", "two"), ("5AbC2", "one")])))
  }

  @Test func aMailThatOnlyOneHasIsTold() {
    let both = Self.trace { recording in
      for id in ["4XyZ1", "4XyZ2"] {
        recording.mail(headers: [("Message-ID", "<\(id)@example.org>")], id: id)
        recording.receive(Milter.accept)
      }
    }
    let one = Self.trace { recording in
      recording.mail(headers: [("Message-ID", "<4XyZ2@example.org>")], id: "4XyZ2")
      recording.receive(Milter.accept)
    }
    let outcome = Self.compare(both, one)
    #expect(outcome.tally?.onlyFirst == 1)
    #expect(outcome.tally?.alike == 1)
    #expect(outcome.pairs.first?.first?.message == 1)
    #expect(Self.compare(one, both).tally?.onlySecond == 1)
  }

  @Test func aMacroThatComesOrGoesIsTold() {
    func trace(_ macros: KeyValuePairs<String, String>) -> ComparedTrace {
      Self.trace { recording in
        recording.ask(MTA.macro("M", macros), MTA.mail())
        recording.ask(MTA.rcpt())
      }
    }
    let outcome = Self.compare(
      trace(["{auth_authen}": "alice", "{mail_addr}": "a"]),
      trace(["{mail_addr}": "b", "{auth_type}": "PLAIN"]))
    #expect(
      outcome.lines == [
        "macro MAIL {auth_authen}: {auth_authen}=alice | -",
        "macro MAIL {mail_addr}: {mail_addr}=a | {mail_addr}=b",
        "macro MAIL {auth_type}: - | {auth_type}=PLAIN",
      ])
  }

  @Test func aStageThatIsSwitchedOffIsTheNegotiationsDifference() {
    func trace(_ flags: ProtocolFlags, _ play: (inout Recording) -> Void) -> ComparedTrace {
      var recording = Recording()
      recording.greet(Milter.optNeg(.current, flags))
      recording.ask(MTA.macro("M", ["{mail_addr}": "a"]), MTA.mail())
      play(&recording)
      return ComparedTrace(MemoryRecords(recording.records))
    }
    let outcome = Self.compare(
      trace([]) { $0.ask(MTA.unknown()) }, trace(.noUnknown) { _ in })
    #expect(outcome.lines.count == 1)
    #expect(outcome.lines.first?.hasPrefix("negotiation OPTNEG answer: ") == true)
  }

  @Test func aReplyThatIsNotDueIsAsGoodAsContinue() {
    func trace(_ flags: ProtocolFlags, answers: Bool) -> ComparedTrace {
      var recording = Recording()
      recording.greet(Milter.optNeg(.current, flags))
      recording.mta(MTA.mail())
      if answers { recording.milter(Milter.continue) }
      return ComparedTrace(MemoryRecords(recording.records))
    }
    #expect(Self.compare(trace([], answers: true), trace(.noReplyMail, answers: false)).lines.count == 1)
    #expect(
      Self.compare(trace([], answers: true), trace([], answers: false)).lines == [
        "verdict MAIL: CONTINUE | no reply"
      ])
  }

  @Test func whatIsIgnoredIsNoDifference() {
    let (first, second) = (Milter.addHeader("X-Test", "yes"), Milter.addHeader("X-Test", "no"))
    func records() -> [Record] {
      var recording = Recording()
      recording.greet()
      recording.mail()
      recording.receive(second)
      recording.receive(Milter.accept)
      recording.close()
      return recording.records
    }
    let plain = ComparedTrace(MemoryRecords(records()))
    let row = plain.index.count - 2
    let spared = ComparedTrace(MemoryRecords(records()), ignoring: [row])
    let other = Self.mail(
      id: "4XyZ", headers: [("From", "Alice <alice@example.org>"), ("Subject", "test")], first)
    #expect(Self.compare(other, plain).lines.count == 1)
    #expect(Self.isAlike(other, spared))
  }

  @Test func whatComesBehindARefusalIsOneDifference() {
    let second = Self.trace { recording in
      recording.mta(
        MTA.macro("M", ["{mail_addr}": "alice@example.org"]), MTA.mail("<alice@example.org>", "SIZE=100"))
      recording.milter(Milter.reject)
    }
    let lines = Self.compare(Self.mail(), second).lines
    #expect(lines.count == 2)
    #expect(lines.contains("verdict MAIL: CONTINUE | REJECT"))
    #expect(lines.contains { $0.hasPrefix("command RCPT from here on: RCPT to BODYEOB") })
  }

  @Test func replyTimesAreToldWhereTheyAreFarApartAndDoNotCount() {
    func trace(_ wait: Moment.Span) -> ComparedTrace {
      Self.trace { recording in
        for number in 0..<8 {
          recording.mta(MTA.mail("<\(number)@example.org>"))
          recording.wait(wait)
          recording.milter(Milter.continue)
          recording.mta(MTA.abort)
        }
      }
    }
    var told: [Difference] = []
    let tally = Comparison(trace(.milliseconds(2)), trace(.milliseconds(300))).run { _, _ in
    } times: {
      told = $0
    }
    #expect(told.map(\.stage) == [.mail])
    #expect(tally.isAlike)
  }
}
