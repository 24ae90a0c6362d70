import Dialogue
import MilterProtocol
import TestSupport
import Testing

/// Whose patience runs how long, and what an MTA shows that leaves.
@Suite struct PatienceTests {
  /// An MTA leaves that waits about a command; times in milliseconds since that came.
  static let leaving:
    [(mta: MTAChoice, stage: Character, lastSign: Int64?, left: Int64, says: String?, isNews: Bool)] = [
      (.postfix, "M", nil, 30_004, "30s 30s,300s", false),
      (.postfix, "M", nil, 3003, "3s 3s,300s", true),
      (.postfix, "E", 57_000, 117_010, "60s 30s,60s", true),
      (.postfix, "E", nil, 60_000, "60s 30s,60s", true),
      (.sendmail, "M", nil, 4300, "5s 5s,300s", true),
      (.sendmail, "M", nil, 9800, "10s 10s,300s", false),
      // PROGRESS came until now: it is E that is over.
      (.sendmail, "E", 58_000, 60_100, "61s 10s,61s", true),
      (.sendmail, "E", 2000, 12_100, "11s 10s,300s", false),
      (.generic, "M", nil, 5100, "6s 6s,300s", true),
      (.generic, "B", nil, 5100, "6s 6s,6s", true),
      // At no whole second: it was stopped.
      (.postfix, "M", nil, 3400, nil, false),
      (.postfix, "E", 57_000, 60_500, nil, false),
      // Not out of patience, for none is that short.
      (.postfix, "M", nil, 300, nil, false),
    ]

  @Test(arguments: leaving) func anMTAThatLeavesShowsItsTimeouts(
    _ row: (mta: MTAChoice, stage: Character, lastSign: Int64?, left: Int64, says: String?, isNews: Bool)
  ) throws {
    let packet = ["M": MTA.mail(), "B": MTA.body(), "E": MTA.bodyEOB][row.stage] ?? MTA.mail()
    var dialogue = Dialogue()
    let came = Moment.zero + .seconds(5)
    dialogue.travelled(packet, Dissection(packet).shape, number: 1, .came, at: came)
    let owed = try #require(dialogue.pending.owed)
    let shown = Patience.told(row.mta).shown(
      by: owed, last: row.lastSign.map { came + .milliseconds($0) }, leavingAt: came + .milliseconds(row.left)
    )
    #expect(shown.map { "\($0.after.typed) \($0.timeouts.typed)" } == row.says)
    #expect((shown?.isNews ?? false) == row.isNews)
  }

  @Test func whatWasSeenIsNearerThanWhatWasSaid() {
    var patience = Patience.told(.postfix)
    patience.told.timeouts = MTATimeouts(command: .seconds(60), content: .seconds(600))
    patience.told[gaveUp: .sendmail] = MTATimeouts(command: .seconds(2), content: .seconds(4))
    #expect(patience.soonest(at: .mail) == .seconds(60), "that was another MTA")
    patience.told[gaveUp: .postfix] = MTATimeouts(command: .seconds(60), content: .seconds(20))
    #expect(patience.soonest(at: .bodyEOB) == .seconds(20))
    #expect(patience.isTold)
  }

  /// client.rs of Stalwart, milter.go of maddy.
  @Test func othersWaitAsTheirSourcesSay() {
    let (stalwart, maddy) = (Patience.told(.stalwart), Patience.told(.maddy))
    for stage in [Stage.mail, .body, .bodyEOB] {
      #expect(stalwart.soonest(at: stage) == .seconds(60) && stalwart.latest(at: stage) == .seconds(60))
      #expect(maddy.soonest(at: stage) == .seconds(10) && maddy.total(at: stage) == nil)
    }
    #expect(stalwart.takesProgress(at: .body) && !stalwart.takesProgress(at: .mail))
    #expect(maddy.takesProgress(at: .mail) && !maddy.takesProgress(at: .negotiation))
    let generic = Patience.told(.generic)
    #expect(generic.soonest(at: .mail) == .seconds(10) && generic.latest(at: .mail) == .seconds(30))
  }

  @Test func timeoutsReadAsTheyAreTyped() {
    for text in ["30s,300s", "1500ms,5s", "0s,0s"] { #expect(MTATimeouts(typed: text)?.typed == text) }
    for text in ["", "30s", "30s,", "30s,5s,6s", "30,300", "-1s,5s", "9e3s,1s"] {
      #expect(MTATimeouts(typed: text) == nil, "\(text)")
    }
  }

  /// The client sent its final dot before the first of them.
  @Test func theClientWaitsFromTheFirstCommandOfTheContent() throws {
    var dialogue = Dialogue()
    let packets: [(Packet, Int64, client: Int64)] = [
      (MTA.mail(), 1, 1), (MTA.data, 2, 2), (MTA.header(), 3, 3), (MTA.eoh, 4, 3), (MTA.bodyEOB, 9, 3),
      (MTA.mail(), 20, 20), (MTA.bodyEOB, 21, 21),
    ]
    for (number, row) in packets.enumerated() {
      let moment = Moment.zero + .seconds(row.1)
      dialogue.travelled(row.0, Dissection(row.0).shape, number: 2 * number + 1, .through, at: moment)
      #expect(dialogue.pending.owed?.client == Moment.zero + .seconds(row.client))
      dialogue.travelled(
        Milter.continue, Dissection(Milter.continue).shape, number: 2 * number + 2, .through, at: moment)
    }
  }
}
