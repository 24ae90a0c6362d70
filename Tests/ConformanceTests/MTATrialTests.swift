import Conformance
import MilterProtocol
import Sending
import Testing
import TraceModel

/// The checklist for MTAs: the milter of each fault, and what is made of what came.
@Suite struct MTATrialTests {
  private static let table = MTATrial.table

  private static let offer = Packet(
    encoding: Command.optNeg(OptNeg(version: 6, actions: .current, protocolFlags: .current)))

  private static func received(_ packets: Packet..., found: [Finding] = []) -> [Record] {
    packets.enumerated().map { number, packet in
      Record(
        time: .zero, connection: 1,
        event: .received(Received(number: number + 1, packet: packet, forwarded: true)))
    } + found.map { Record(time: .zero, connection: 1, event: .found($0)) }
  }

  private static let mail = received(
    offer, Packet(encoding: Command.connect(Connect(hostname: [], family: .unknown))),
    Packet(encoding: Command.bodyEOB([])))

  @Test func everyFaultHasAWordOfItsOwn() {
    #expect(Set(Self.table.map(\.id)).count == Self.table.count)
    #expect(Self.table.count >= 60)
  }

  @Test func theMilterOfAFaultIsOrdinaryButForIt() throws {
    let trial = try #require(Self.table.first { $0.id == "two-verdicts" })
    var milter = TrialMilter(trial)
    let go = MilterMove.say(Packet(encoding: Reply.verdict(.continue)))
    #expect(milter.moves(on: Self.offer).count == 1)
    #expect(milter.moves(on: Packet(encoding: Command.helo(name: []))) == [go])
    let rcpt = Packet(encoding: Command.rcpt(Envelope(address: [])))
    #expect(milter.moves(on: rcpt) == [go, go])
    #expect(milter.moves(on: rcpt) == [go])
    #expect(milter.moves(on: Packet(encoding: Command.abort)) == [])
    #expect(milter.moves(on: Packet(encoding: Command.quit)) == [.close])
  }

  @Test func whereNoReplyIsPromisedThereIsNone() throws {
    let trial = try #require(Self.table.first { $0.id == "no-reply" })
    var milter = TrialMilter(trial)
    _ = milter.moves(on: Self.offer)
    #expect(milter.moves(on: Packet(encoding: Command.helo(name: []))) == [])
    #expect(milter.moves(on: Packet(encoding: Command.bodyEOB([]))).count == 1)
  }

  /// Goes through the checklist; `client` says what each fault comes to.
  private static func reports(
    only ids: Set<String>, _ client: (MTATrial) -> (SMTPTalk.Ending?, [Record])
  ) -> [String: TrialReport] {
    var checklist = MTAChecklist(only: ids, knowsClient: true)
    var reports: [TrialReport] = []
    while let trial = checklist.next() {
      let (ending, records) = client(trial)
      checklist.take(MTACourse(records, client: ending))
      reports += checklist.takeReports()
    }
    reports += checklist.takeReports()
    return Dictionary(uniqueKeysWithValues: reports.map { ($0.id, $0) })
  }

  @Test func anMTAThatAnswersItsClientSurvives() {
    let reports = Self.reports(only: ["plain", "close", "reject"]) { trial in
      trial.id == "plain"
        ? (.taken(reply: "250 ok"), Self.mail) : (.refused(reply: "451 later", at: "MAIL"), Self.mail)
    }
    for report in reports.values { #expect(report.result == .pass, "\(report)") }
    #expect(reports["close"]?.came == "451 later at MAIL; it went as far as BODYEOB")
  }

  @Test func anMTAThatHangsUpFailsAndSoDoesOneThatServesNobodyBehind() {
    var isBroken = false
    let reports = Self.reports(only: ["plain", "close", "reset"]) { trial in
      if trial.id == "close" { return (.hungUp(at: "MAIL"), Self.mail) }
      if trial.id == "reset" { isBroken = true }
      return (isBroken ? .unreachable("connection refused") : .taken(reply: "250 ok"), Self.mail)
    }
    #expect(reports["close"]?.reasons == ["the MTA hung up at MAIL, without an answer"])
    #expect(
      reports["reset"]?.reasons.last
        == "the next mail: the MTA cannot be reached: connection refused; it went as far as BODYEOB")
  }

  @Test func aMailThatIsTakenThoughItWasRefusedFails() {
    let reports = Self.reports(only: ["plain", "reject"]) { _ in (.taken(reply: "250 ok"), Self.mail) }
    #expect(reports["reject"]?.reasons == ["the client was not refused"])
  }

  @Test func aVersionThatDoesNotExistIsTold() throws {
    let rule = try #require(FindingRule.all.first { $0.id == "N20" })
    let records = Self.received(Self.offer, found: [Finding(rule, packet: 1, "version 16777216")])
    let reports = Self.reports(only: ["plain"]) { _ in (.taken(reply: "250 ok"), records) }
    #expect(reports["plain"]?.reasons == ["N20: version 16777216"])
  }

  @Test func withoutAClientOfOursTheConnectionIsJudged() {
    var checklist = MTAChecklist(only: ["plain", "close", "accept-unknown"], knowsClient: false)
    _ = checklist.next()
    checklist.take(MTACourse(Self.mail, client: nil))
    #expect(checklist.next()?.id == "close")
    checklist.take(MTACourse(Self.received(Self.offer), client: nil))
    #expect(checklist.next()?.id == nil)
    let results = checklist.takeReports().map { "\($0.id) \($0.result)" }
    #expect(results == ["plain pass", "close pass", "accept-unknown skip"])
  }

  @Test func everyRuleIsProvokedOnceOrRefusedWithTheReason() {
    #expect(Set(Provocation.table.map(\.id)).count == Provocation.table.count)
    let ids = Set(FindingRule.all.map(\.id))
    #expect(Provocation.table.allSatisfy { ids.contains($0.id) && ($0.mta != nil || $0.milter != nil) })
    for id in ids { #expect((Provocation.of(id) == nil) == (Provocation.refusal(of: id) != nil), "\(id)") }
    #expect(Provocation.refusal(of: "X99") == nil && Provocation.of("r02") != nil)
  }
}
