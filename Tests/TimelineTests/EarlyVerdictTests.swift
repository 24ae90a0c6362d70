import Dialogue
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

/// A verdict that came unasked waits in the MTA's socket and answers its next command (protocol.md 4.7).
@Suite struct EarlyVerdictTests {
  private static let taken = [bytes("<first@example.net>"), bytes("<second@example.net>")]

  /// A milter that answers MAIL twice and refuses the second of three recipients: what each reply answers is told at
  /// the Postfix of the sample of that name, which refused the third.
  private func refusingOffByOne() -> (play: Recording, rcpts: [Int], surplus: Int) {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail())
    play.milter(Milter.continue, Milter.continue)
    let surplus = play.packet
    play.mta(MTA.rcpt("<first@example.net>"))
    var rcpts = [play.packet]
    play.mta(MTA.rcpt("<second@example.net>"))
    rcpts.append(play.packet)
    play.milter(Milter.continue)
    play.mta(MTA.rcpt("<third@example.net>"))
    rcpts.append(play.packet)
    play.milter(Milter.reject)
    return (play, rcpts, surplus)
  }

  @Test func everyLaterReplyAnswersTheCommandBehindItsOwn() throws {
    let (play, rcpts, surplus) = refusingOffByOne()
    var facts = SessionFacts()
    var places: [Int: Placement] = [:]
    for record in play.records {
      guard let place = facts.apply(record), case .received(let received) = record.event else { continue }
      places[received.number] = place
    }
    #expect(places[surplus]?.answers == nil)
    #expect(places[rcpts[0]]?.answeredBefore == surplus)
    #expect(places[rcpts[1] + 1]?.answers == rcpts[1])
    #expect(places[rcpts[2] + 1]?.answers == rcpts[2])
    let message = try #require(facts.message)
    #expect(message.recipients.map { $0.verdict?.kind } == [.continue, .continue, .reject])
    #expect(message.accepted.map(\.address.bytes) == Self.taken)
  }

  @Test func theIndexLinksAnEarlyReplyToTheCommandThatTookIt() throws {
    let (play, rcpts, surplus) = refusingOffByOne()
    var index = TimelineIndex()
    for record in play.records { index.append(record) }
    let early = try #require(index.row(number: surplus))
    let first = try #require(index.row(number: rcpts[0]))
    #expect(index[early].answers == first)
    #expect(index[early].stage == .rcpt)
    #expect(index[early].took == nil)
    #expect(index.replyRows(to: first) == [early])
  }

  @Test func theEffectiveResultLosesTheRecipientThatWasRefused() throws {
    var (play, _, _) = refusingOffByOne()
    play.ask(MTA.data)
    play.ask(MTA.eoh)
    play.ask(MTA.bodyEOB)
    var index = TimelineIndex()
    for record in play.records { index.append(record) }
    let content = index.content(ofMessage: 0, from: MemoryRecords(play.records))
    #expect(content.recipients.map(\.address) == Self.taken)
    #expect(content.decision?.kind == .continue)
  }

  /// The MTA has its verdict on the message before the milter is through with it.
  @Test func whatComesBehindTheVerdictChangesNothing() {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail())
    play.milter(Milter.continue, Milter.continue)
    for command in [MTA.rcpt(), MTA.data, MTA.eoh, MTA.bodyEOB] {
      play.mta(command)
      if command != MTA.bodyEOB { play.milter(Milter.continue) }
    }
    play.milter(Milter.addHeader("X-Late", "yes"), Milter.continue)
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    #expect(facts.message?.decision?.stage == .bodyEOB)
    #expect(facts.message?.modifications == [])
  }

  /// Postfix reads the answers to the end of message in its cleanup process, which drops what came with them; in
  /// Sendmail the second answers the next MAIL, MAIL's own answer the recipient, and the refusal waits.
  @Test(arguments: [("Postfix 3.7.11", ReplyKind.reject), ("8.17.1.9", .continue)])
  func aSecondVerdictOnAMessageIsLostInPostfix(_ version: String, _ heard: ReplyKind) {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg())
    play.ask(MTA.macro("C", ["j": "mx.example.net", "v": version]), MTA.connect())
    play.ask(MTA.helo())
    play.mail()
    play.inOnePiece { $0.milter(Milter.continue, Milter.continue) }
    play.ask(MTA.mail())
    play.mta(MTA.rcpt("<b@example.net>"))
    play.milter(Milter.reject)
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    #expect(facts.message?.recipients.map { $0.verdict?.kind } == [heard])
  }

  /// As Sendmail takes it: the first mail has its verdict before its end is sent, and is delivered.
  @Test func aMailWhoseVerdictCameBeforeItsEndIsAccepted() {
    var play = Recording()
    play.greet()
    play.mta(MTA.mail())
    play.milter(Milter.continue, Milter.continue)
    for command in [MTA.rcpt(), MTA.data, MTA.eoh] { play.ask(command) }
    play.mta(MTA.bodyEOB, MTA.mail())
    var index = TimelineIndex()
    for record in play.records { index.append(record) }
    #expect(index.messages.map(\.outcome) == [.accepted, .open])
    #expect(index.messages.first?.outcomeBy == .milter)
  }
}
