import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

/// Texts that name values, with the packets that they make.
@Suite struct ValuesTests {
  private func acts(
    after last: String, _ script: String, cast: [String: Packet] = [:],
    _ set: (inout ProxySettings) -> Void = { $0.negotiation = .widen }
  ) throws -> [Effects.Act] {
    let book = Playbook(cast: cast, controls: Beginnings.watched { set(&$0) })
    return try book.acts(script, after: Beginnings.upTo(last))
  }

  @Test func aRuleAnswersWithTheRecipientAndTheTraceHasWhatWasWritten() {
    expectPlay(
      controls: Beginnings.watched { $0.negotiation = .widen }, after: Beginnings.upTo("MAIL"),
      """
      rule on rcpt do reply 550 5.7.1 "{rcpt.address} is unknown"
      mta RCPT
        record 9 RCPT from mta
        record instructed reply 550 5.7.1 "{rcpt.address} is unknown" done
        record released 9 answered
        record sent on mta REPLYCODE
        send REPLYCODE to mta
      """)
  }

  @Test func whatLeavesHasTheValue() throws {
    let rule = "rule on rcpt do reply 550 5.7.1 \"{rcpt.address} is unknown\"\nmta RCPT"
    let cast = ["mta RCPT": MTA.rcpt("<nobody@example.net>")]
    #expect(
      try acts(after: "MAIL", rule, cast: cast)
        == [.send(Milter.reply("550 5.7.1 nobody@example.net is unknown"), to: .mta)])
  }

  @Test func aModificationHasTheValueOfItsPacketNotOfTheEnd() throws {
    let script = """
      rule on mail do add-header X-Client "{client.address} {message.subject}."
      mta MAIL
      milter CONTINUE
      mta RCPT
      milter CONTINUE
      mta HEADER
      milter CONTINUE
      mta BODYEOB
      milter ACCEPT
      """
    let cast = ["mta HEADER": MTA.header("Subject", "later")]
    let acts = try acts(after: "HELO", script, cast: cast)
    #expect(acts.contains(.send(Milter.addHeader("X-Client", "192.0.2.7 ."), to: .mta)))
  }

  @Test func whoAnswersWhatTheMilterThinksAboutNamesTheRecipient() throws {
    let cast = ["mta RCPT": MTA.rcpt("<bob@example.net>")]
    let acts = try acts(after: "MAIL", "mta RCPT\nsay reply 450 \"not yet, {rcpt.address}\" on 9", cast: cast)
    #expect(acts.contains(.send(Milter.reply("450 not yet, bob@example.net"), to: .mta)))
  }

  @Test func aValueThatDoesNotFitIsARefusalAndThePacketGoesOn() {
    expectPlay(
      cast: ["mta HEADER": MTA.header("Subject", "a\nX-Evil: b")],
      controls: Beginnings.watched { $0.negotiation = .widen }, after: Beginnings.upTo("RCPT"),
      """
      rule on header do add-header X-Was "{header.value}"
      mta HEADER
        record 11 HEADER from mta
        record finding H02 on 11
        record finding S01 on 11
        record finding S06 on 11
        record instructed add-header X-Was "{header.value}" the value of {header.value} has a line end or NUL in it
        record sent on milter of 11
        send HEADER to milter
      """)
  }
}
