import MilterProtocol
import Sending
import Testing

@Suite struct SMTPTalkTests {
  private static let mail = SentMail(
    from: Envelope(typed: Array("a@example.org".utf8)), to: [Envelope(typed: Array("b@example.net".utf8))],
    queueID: [], TakenMail(Array("Subject: dots\n\n.\nlast\n".utf8), as: .generic))

  private static func say(_ replies: [String], asksTheUnknown: Bool = false) -> (said: [String], SMTPTalk) {
    var talk = SMTPTalk(mail, helo: "me", asksTheUnknown: asksTheUnknown)
    var said: [String] = []
    for reply in replies {
      talk.received(Array((reply + "\r\n").utf8))
      let output = talk.takeOutput()
      if !output.isEmpty { said.append(String(decoding: output, as: UTF8.self)) }
    }
    return (said, talk)
  }

  @Test func aMailIsSubmittedACommandAReply() {
    let (said, talk) = Self.say([
      "220 here", "250-me\r\n250 PIPELINING", "250 ok", "250 ok", "354 go on", "250 queued", "221 bye",
    ])
    #expect(
      said == [
        "EHLO me\r\n", "MAIL FROM:<a@example.org>\r\n", "RCPT TO:<b@example.net>\r\n", "DATA\r\n",
        "Subject: dots\r\n\r\n..\r\nlast\r\n.\r\n", "QUIT\r\n",
      ])
    #expect(talk.ending == .taken(reply: "250 queued") && talk.isOver)
  }

  @Test func overARefusalTheClientTakesItsLeave() {
    let (said, talk) = Self.say(["220 here", "250 me", "451 4.7.1 later", "221 bye"])
    #expect(said.last == "QUIT\r\n" && talk.isOver)
    #expect(talk.ending == .refused(reply: "451 4.7.1 later", at: "MAIL"))
    #expect(talk.ending?.words == "451 4.7.1 later at MAIL" && talk.ending?.isAnswered == true)
  }

  @Test func aClientThatIsSentAwayIsThroughAtOnce() {
    let (_, talk) = Self.say(["220 here", "250 me", "421 4.3.2 no"])
    #expect(talk.isOver && talk.ending == .refused(reply: "421 4.3.2 no", at: "MAIL"))
  }

  @Test func whatNobodyKnowsIsNoRefusal() {
    let (said, talk) = Self.say(["220 here", "250 me", "502 what", "250 ok"], asksTheUnknown: true)
    #expect(said[1] == "FOO\r\n" && said.last == "RCPT TO:<b@example.net>\r\n" && talk.ending == nil)
  }

  @Test func anMTAThatHangsUpHasNotAnswered() {
    var (_, talk) = Self.say(["220 here", "250 me"])
    talk.closed()
    #expect(talk.ending == .hungUp(at: "MAIL") && talk.ending?.isAnswered == false)
  }
}
