import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

/// What a list says became of a mail is what its MTA made of the verdict (protocol.md 4.2 to 4.7; Tests/Peers holds it against
/// real ones).
@Suite struct OutcomeByMTATests {
  typealias Outcome = MessageEntry.Outcome

  struct Row: Sendable, CustomTestStringConvertible {
    let title: String
    let reply: Packet
    let postfix: Outcome
    let sendmail: Outcome
    var testDescription: String { title }
  }

  private static let atRCPT = [
    Row(title: "SKIP", reply: Milter.skip, postfix: .lost, sendmail: .accepted),
    Row(
      title: "classes that differ", reply: Milter.reply("550 4.7.1 no"), postfix: .tempfailed,
      sendmail: .rejected),
    Row(
      title: "no blank behind the code", reply: Milter.reply("550_no"), postfix: .tempfailed,
      sendmail: .rejected),
    Row(
      title: "a lone percent sign", reply: Milter.reply("451 4.7.1 1%"), postfix: .tempfailed,
      sendmail: .rejected),
    Row(title: "SHUTDOWN", reply: Milter.shutdown, postfix: .tempfailed, sendmail: .lost),
  ]

  @Test(arguments: atRCPT) func aVerdictOnTheOnlyRecipient(_ row: Row) {
    for (mta, outcome) in [(MTAChoice.postfix, row.postfix), (.sendmail, row.sendmail)] {
      var play = Self.greeted(by: mta)
      play.ask(MTA.mail())
      play.mta(MTA.rcpt())
      play.milter(row.reply)
      play.mta(MTA.quit)
      play.close()
      #expect(Self.outcomes(play) == [outcome], "\(mta)")
    }
  }

  @Test(arguments: [
    Row(title: "SHUTDOWN", reply: Milter.shutdown, postfix: .discarded, sendmail: .lost),
    Row(title: "SKIP", reply: Milter.skip, postfix: .accepted, sendmail: .lost),
    Row(
      title: "classes that differ", reply: Milter.reply("451 5.7.1 no"), postfix: .tempfailed,
      sendmail: .tempfailed),
  ]) func aVerdictOnTheWholeMail(_ row: Row) {
    for (mta, outcome) in [(MTAChoice.postfix, row.postfix), (.sendmail, row.sendmail)] {
      var play = Self.greeted(by: mta)
      play.mail()
      play.milter(row.reply)
      #expect(Self.outcomes(play) == [outcome], "\(mta)")
    }
  }

  /// Postfix holds every message of the session from then on; Sendmail gives the milter up for it.
  @Test func anEarlyQuarantineHoldsLaterMailsAtPostfix() {
    for (mta, outcome) in [(MTAChoice.postfix, Outcome.quarantined), (.sendmail, .accepted)] {
      var play = Self.greeted(by: mta)
      play.ask(MTA.mail())
      play.mta(MTA.rcpt())
      play.milter(Milter.quarantine(), Milter.continue)
      play.ask(MTA.data)
      play.ask(MTA.eoh)
      play.ask(MTA.bodyEOB)
      play.mail()
      play.milter(Milter.accept)
      #expect(Self.outcomes(play) == [outcome, outcome], "\(mta)")
    }
  }

  /// In the content it holds that mail, of which nothing more is shown, and no later one.
  @Test func aQuarantineInTheContentHoldsThatMailAtPostfix() {
    var play = Self.greeted(by: .postfix)
    for command in [MTA.mail(), MTA.rcpt(), MTA.data, MTA.eoh] { play.ask(command) }
    play.mta(MTA.body("hello"))
    play.milter(Milter.quarantine(), Milter.continue)
    play.mta(MTA.abort)
    play.mail()
    play.milter(Milter.accept)
    #expect(Self.outcomes(play) == [.quarantined, .accepted])
  }

  static let tooMuch = [
    Row(title: "an unknown code", reply: packet("Z"), postfix: .lost, sendmail: .lost),
    Row(title: "CONN_FAIL", reply: packet("f"), postfix: .lost, sendmail: .lost),
    Row(title: "OPTNEG", reply: Milter.optNeg(), postfix: .lost, sendmail: .lost),
    Row(title: "a verdict with data", reply: packet("rx"), postfix: .lost, sendmail: .rejected),
    Row(title: "a modification without its NUL", reply: packet("hX\0y"), postfix: .lost, sendmail: .accepted),
    Row(
      title: "QUARANTINE without its NUL", reply: packet("qx"), postfix: .quarantined, sendmail: .quarantined),
  ]

  /// Whatever the milter says behind it, the MTA has given it up.
  @Test(arguments: tooMuch) func aReplyThatIsTooMuchAtTheEnd(_ row: Row) {
    for (mta, outcome) in [(MTAChoice.postfix, row.postfix), (.sendmail, row.sendmail)] {
      var play = Self.greeted(by: mta)
      play.mail()
      play.milter(row.reply, Milter.continue)
      play.close()
      #expect(Self.outcomes(play) == [outcome], "\(mta)")
    }
  }

  @Test func aModificationBeforeTheEndLosesTheMailUnlessTheMTAGoesOn() {
    for goesOn in [false, true] {
      var play = Self.greeted(by: .postfix)
      play.ask(MTA.mail())
      play.mta(MTA.rcpt())
      play.milter(Milter.addHeader("X", "y"), Milter.continue)
      if goesOn {
        for command in [MTA.data, MTA.eoh] { play.ask(command) }
        play.mta(MTA.bodyEOB)
        play.milter(Milter.accept)
      }
      play.close()
      #expect(Self.outcomes(play) == [goesOn ? .accepted : .lost])
    }
  }

  private static func packet(_ text: String) -> Packet {
    Packet(frame: [0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8), from: .milter)
  }

  private static func greeted(by mta: MTAChoice) -> Recording {
    var patience = MTAPatience()
    patience.mta = mta
    var play = Recording()
    var opened = Opened(peer: "unix:", local: "unix:", milter: nil)
    opened.patience = patience
    play.append(.opened(opened))
    play.greet()
    return play
  }

  private static func outcomes(_ play: Recording) -> [Outcome] {
    var index = TimelineIndex()
    for record in play.records { index.append(record) }
    return index.messages.map(\.outcome)
  }
}
