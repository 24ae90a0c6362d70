import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct DecisionFoldTests {
  /// `STAGE verdict by`, a decision each.
  private func decisions(_ records: [Record]) -> [Decision] {
    var fold = DecisionFold()
    return records.compactMap { fold.apply($0) }
  }

  private func words(_ play: Recording) -> [String] {
    decisions(play.records).map { decision in
      let outcome =
        switch decision.outcome {
        case .abandoned: "abandoned"
        case .verdict(let verdict): verdict.kind.name
        }
      return "\(decision.stage.name) \(outcome)"
    }
  }

  @Test func whatGoesOnIsNoDecisionButAtTheEndOfAMail() {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(Milter.continue)
    #expect(words(play) == ["BODYEOB CONTINUE"])
  }

  @Test func aRefusedRecipientIsOneAndTheMailAnother() {
    var play = Recording()
    play.greet()
    play.ask(MTA.macro("M", ["i": "4Xy"]), MTA.mail())
    play.mta(MTA.rcpt("<one@example.net>"))
    play.milter(Milter.reply("550 5.1.1 no"))
    play.ask(MTA.rcpt("<two@example.net>"))
    play.ask(MTA.data)
    play.ask(MTA.header("Subject", "hello"))
    play.ask(MTA.eoh)
    play.mta(MTA.bodyEOB)
    play.milter(Milter.addHeader("X-A", "b"), Milter.replBody("new "), Milter.replBody("body"), Milter.accept)
    let all = decisions(play.records)
    #expect(all.map(\.stage) == [.rcpt, .bodyEOB])
    #expect(all[0].recipient?.bytes == Array("<one@example.net>".utf8))
    #expect(all[0].recipients.isEmpty)
    #expect(all[1].recipients.map(\.bytes) == [Array("<two@example.net>".utf8)])
    #expect(all[1].subject?.bytes == Array("hello".utf8))
    #expect(all[1].queueID?.bytes == Array("4Xy".utf8))
    #expect(all[1].sender?.bytes == Array("<alice@example.org>".utf8))
    #expect(all[1].author == .milter)
    #expect(
      all[1].changes.map(\.what) == [
        .modification(.addHeader(Header(name: Array("X-A".utf8), value: Array("b".utf8)))), .body(bytes: 8),
      ])
  }

  @Test func changesOfAnEarlierMailAreForgotten() {
    var play = Recording()
    play.greet()
    for modification in [Milter.addHeader("X-First"), Milter.addHeader("X-Second")] {
      play.mail()
      play.milter(modification, Milter.continue)
    }
    #expect(decisions(play.records).map(\.changes.count) == [1, 1])
  }

  @Test func theOperatorsContinueIsADecision() {
    var play = Recording()
    play.greet()
    let mail = play.hold(MTA.mail())
    play.wait(.seconds(3))
    play.release(mail, .answered)
    play.inject(Milter.continue, to: .mta)
    let all = decisions(play.records)
    #expect(all.map(\.author) == [.ours(.operator)])
    #expect(all.first?.waited.map { $0 > .seconds(3) } == true)
  }

  @Test func whoLetsAMailGoHasDecidedForTheDefault() {
    for (cause, author) in [
      (Cause.operator, DecisionAuthor.released(.operator, policy: "--default")),
      (.timeout, .released(.timeout, policy: "--default")), (.rule("r"), .ours(.policy("--default"))),
    ] {
      var play = Recording()
      play.greet()
      play.ask(MTA.mail())
      let end = play.hold(MTA.bodyEOB)
      play.append(.released(Released(number: end, outcome: .forwarded, cause: cause)))
      let accept = Sent(
        leg: .mta, original: nil, number: 99, packet: Milter.accept, cause: .policy(Decision.defaultPolicy))
      play.append(.sent(accept))
      #expect(decisions(play.records).map(\.author) == [author])
    }
  }

  @Test func anMTAThatGivesUpIsOne() {
    var play = Recording()
    play.greet()
    play.mail()
    play.milter(Milter.continue)
    play.ask(MTA.mail("<late@example.org>"))
    play.ask(MTA.rcpt())
    let end = play.hold(MTA.bodyEOB)
    play.close()
    play.release(end, .abandoned)
    let all = decisions(play.records)
    #expect(all.map(\.author) == [.milter, .mta])
    #expect(all.last?.outcome == .abandoned)
    #expect(all.last?.packet == end)
    #expect(all.last?.sender?.bytes == Array("<late@example.org>".utf8))
  }

  @Test func endedConnectionsAreForgotten() {
    var play = Recording()
    var fold = DecisionFold()
    for connection in 1...3 {
      play.connection = connection
      play.greet()
    }
    play.close()
    for record in play.records { _ = fold.apply(record) }
    #expect(fold.connectionCount == 3)
    fold.sweep()
    #expect(fold.connectionCount == 2)
  }
}
