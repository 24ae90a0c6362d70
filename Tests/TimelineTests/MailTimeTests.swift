import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

/// Where the time of a mail went, and how reply times of a trace stand to the MTA's patience.
@Suite struct MailTimeTests {
  private func index(_ play: Recording) -> (index: TimelineIndex, source: MemoryRecords) {
    let source = MemoryRecords(play.records)
    var index = TimelineIndex()
    index.catchUp(with: source)
    return (index, source)
  }

  @Test func aMailsTimeIsTheMiltersTheMTAsAndOurs() throws {
    var play = Recording()
    play.greet()
    play.mail(headers: [], body: [])
    play.wait(.milliseconds(49))
    let verdict = play.hold(Milter.accept)
    play.wait(.milliseconds(300))
    play.release(verdict)
    play.send(verdict, to: .mta)
    play.mta(MTA.abort)
    let (index, source) = index(play)
    let time = index.time(ofMessage: 0, from: source)
    #expect(time.stages.map(\.stage) == [.mail, .rcpt, .data, .eoh, .bodyEOB])
    #expect(time.stages.last?.longest == .milliseconds(50))
    #expect(time.milter == .milliseconds(54))
    // Each record takes a millisecond: that it is held, that it is let go, and that it left.
    #expect(time.here == .milliseconds(303))
  }

  @Test func theHandoverIsFromTheLastReplyToTheContent() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail())
    play.ask(MTA.rcpt())
    play.ask(MTA.data)
    play.wait(.milliseconds(119))
    play.ask(MTA.header())
    let (index, source) = index(play)
    let time = index.time(ofMessage: 0, from: source)
    #expect(time.beforeContent == .milliseconds(120))
    #expect(time.here == .milliseconds(0))
    #expect(time.milter == .milliseconds(4))
    // Two of MAIL to RCPT and RCPT to DATA, and the client's.
    #expect(time.rest == .milliseconds(122))
  }

  @Test func withoutContentThereIsNoHandover() {
    var play = Recording()
    play.greet()
    play.ask(MTA.mail())
    play.mta(MTA.abort)
    let (index, source) = index(play)
    #expect(index.time(ofMessage: 0, from: source).beforeContent == nil)
  }

  @Test func sharesAreOfThePatienceOfTheConnectionsMTA() throws {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail())
    play.wait(.milliseconds(5999))
    play.milter(Milter.continue)
    let statistics = index(play).index.statistics
    // Postfix waits 30 s for a command.
    #expect(statistics.patienceShares(at: .mail)?.largest.microseconds == 2000)
    #expect(statistics.patienceShares(at: .connect)?.largest.microseconds == 0)
    #expect(statistics.patienceShares(at: .rcpt) == nil)
  }

  @Test func theLatestMailsAreComparedWithTheFirst() throws {
    var play = Recording()
    play.greet()
    for n in 0..<200 {
      play.mail(headers: [], body: [])
      play.wait(.milliseconds(n < 64 ? 4 : 29))
      play.milter(Milter.accept)
      if n == 100 { #expect(index(play).index.statistics.growth.medians == nil) }
    }
    let medians = try #require(index(play).index.statistics.growth.medians)
    #expect(medians.first == .milliseconds(5))
    #expect(medians.latest == .milliseconds(30))
  }
}
