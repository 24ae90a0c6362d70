import Dialogue
import MilterProtocol
import TestSupport
import Testing

@testable import ProxyCore

/// When whoever waits gives up, by itself.
@Suite struct DeadlinesTests {
  /// A command that the MTA has waited about since then.
  private static func owed(_ stage: Stage, since seconds: Int64 = 0) throws -> PendingReply {
    let packets: [Stage: Packet] = [
      .negotiation: MTA.optNeg(), .connect: MTA.connect(), .helo: MTA.helo(), .mail: MTA.mail(),
      .rcpt: MTA.rcpt(), .data: MTA.data, .header: MTA.header(), .eoh: MTA.eoh, .body: MTA.body(),
      .bodyEOB: MTA.bodyEOB, .unknown: MTA.unknown(),
    ]
    let packet = try #require(packets[stage])
    var dialogue = Dialogue()
    dialogue.travelled(packet, Dissection(packet).shape, number: 1, .through, at: at(seconds))
    return try #require(dialogue.pending.owed)
  }

  private static func at(_ seconds: Int64) -> Moment { Moment.zero + .seconds(seconds) }

  /// By the defaults of the MTAs: a tenth before they give up, a second at the least, and one more for Sendmail's clock.
  static let ofMTA: [(MTAChoice, Stage, seconds: Int64?)] = [
    (.postfix, .negotiation, 27), (.postfix, .mail, nil), (.postfix, .header, nil), (.postfix, .bodyEOB, nil),
    (.sendmail, .negotiation, 8), (.sendmail, .mail, 8), (.sendmail, .body, 8), (.sendmail, .bodyEOB, 269),
    (.generic, .negotiation, 8), (.generic, .rcpt, 8), (.generic, .eoh, 8), (.generic, .bodyEOB, 269),
  ]

  @Test(arguments: ofMTA) func anMTAIsAnsweredInTime(_ mta: MTAChoice, _ stage: Stage, _ seconds: Int64?)
    throws
  {
    let due = Deadlines.ofMTA(try Self.owed(stage, since: 100), .told(mta))
    #expect(due.map { ($0 - Self.at(100)).microseconds / 1_000_000 } == seconds)
  }

  static let ofClient: [(Stage, Int64)] = [
    (.connect, 300), (.helo, 300), (.mail, 300), (.rcpt, 300), (.data, 120), (.header, 600), (.bodyEOB, 600),
  ]

  @Test(arguments: ofClient) func aClientWaitsAsRFC5321Says(_ stage: Stage, _ seconds: Int64) throws {
    let owed = try Self.owed(stage, since: 100)
    #expect(Deadlines.ofClient(owed) == Self.at(100 + seconds))
    #expect(Deadlines.beforeClient(owed) == Self.at(100 + seconds * 9 / 10))
  }

  @Test func nobodyWaitsAboutNothing() {
    let patience = Patience.told(.postfix)
    #expect(Deadlines.ofMTA(nil, patience) == nil && Deadlines.ofClient(nil) == nil)
    #expect(Deadlines().progress(nil, patience) == nil && Deadlines().ofMilter(patience) == nil)
  }

  static let pauses: [(MTAChoice, Stage, timeouts: String, after: Int64, milliseconds: Int64?)] = [
    (.postfix, .mail, "30s,300s", 0, 3000), (.postfix, .mail, "30s,300s", 57, 3000),
    (.postfix, .mail, "30s,300s", 60, 10_000), (.postfix, .bodyEOB, "30s,300s", 60, 10_000),
    (.postfix, .bodyEOB, "30s,6s", 0, 2000), (.postfix, .bodyEOB, "30s,6s", 600, 2000),
    (.postfix, .negotiation, "30s,300s", 0, nil), (.sendmail, .mail, "10s,300s", 0, nil),
    (.sendmail, .bodyEOB, "10s,300s", 0, 3000), (.sendmail, .bodyEOB, "10s,300s", 90, 3333),
    (.generic, .body, "10s,300s", 0, nil), (.generic, .bodyEOB, "60s,300s", 90, 10_000),
  ]

  /// Often at first, later less often, and three times in the patience at the least.
  @Test(arguments: pauses) func progressIsDue(
    _ row: (mta: MTAChoice, stage: Stage, timeouts: String, after: Int64, milliseconds: Int64?)
  ) throws {
    var patience = Patience.told(row.mta)
    patience.told.timeouts = MTATimeouts(typed: row.timeouts)
    var deadlines = Deadlines()
    let last = Self.at(7 + row.after)
    if row.after > 0 { deadlines.sentProgress(at: last) }
    let due = deadlines.progress(try Self.owed(row.stage, since: 7), patience)
    #expect(due.map { ($0 - last).microseconds / 1000 } == row.milliseconds)
  }

  @Test func progressForAnEarlierCommandIsNoneForThisOne() throws {
    var deadlines = Deadlines()
    deadlines.sentProgress(at: Self.at(1))
    #expect(deadlines.progress(try Self.owed(.bodyEOB, since: 50), .told(.postfix)) == Self.at(53))
  }

  @Test func aMilterWaitsFromWhatItGotLast() {
    var deadlines = Deadlines()
    var patience = Patience()
    patience.milter = .seconds(100)
    deadlines.reachedMilter(at: Self.at(5))
    deadlines.reachedMilter(at: Self.at(20))
    #expect(deadlines.ofMilter(patience) == Self.at(110))
  }

  /// Whatever the patience is: what we do, we do before it is over, and not at once.
  @Test(arguments: 0..<300) func everythingIsInTime(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var patience = Patience.told(generator.element(of: MTAChoice.allCases))
    let seconds = {
      Moment.Span(microseconds: Int64.random(in: 2_000_000...4_000_000_000, using: &generator))
    }
    patience.told.timeouts = MTATimeouts(command: seconds(), content: seconds())
    let stages: [Stage] = [.negotiation, .connect, .mail, .rcpt, .data, .header, .body, .bodyEOB]
    let owed = try Self.owed(generator.element(of: stages), since: 3)
    let limit = owed.came + patience.soonest(at: owed.stage)
    if let due = Deadlines.ofMTA(owed, patience) {
      #expect(owed.came < due)
      #expect(due < (patience.total(at: owed.stage).map { owed.came + $0 } ?? limit))
    }
    let silence = Deadlines.ofSilence(owed, since: nil, patience)
    #expect(owed.came < silence && silence < limit)
    if let progress = Deadlines().progress(owed, patience) {
      #expect(owed.came < progress && !(owed.came + (limit - owed.came) / 3 < progress))
    }
  }

  @Test func aMilterThatGivesASignIsNotSilent() throws {
    let owed = try Self.owed(.bodyEOB)
    let postfix = Patience.told(.postfix)
    #expect(Deadlines.ofSilence(owed, since: nil, postfix) == Self.at(270))
    #expect(Deadlines.ofSilence(owed, since: Self.at(200), postfix) == Self.at(470))
    // Sendmail ends all of it after its E.
    #expect(
      Deadlines.ofSilence(owed, since: Self.at(265), .told(.sendmail))
        == Moment(microseconds: 269_100_000))
  }
}
