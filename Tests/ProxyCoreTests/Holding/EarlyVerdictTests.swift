import CommandLanguage
import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

/// A milter that gives a verdict too many: the MTA takes each for the answer to its next command from then on (protocol.md
/// 4.7), and what somebody wants done goes by what the MTA makes of it.
@Suite struct EarlyVerdictTests {
  private static let why =
    "the milter sent a second verdict for one command, and since then each answers the next command of the MTA; drop one"

  private func play(
    after last: String, _ script: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectPlay(
      controls: Beginnings.watched(), after: Beginnings.upTo(last), script, sourceLocation: sourceLocation)
  }

  @Test func anAnswerThatTheMTAHasIsRefusedAloudAndTheMilterIsAsked() {
    play(
      after: "MAIL",
      """
      rule on rcpt do reject
      milter CONTINUE
        record 9 CONTINUE from milter, forwarded
        record finding R02 on 9
        forward to mta
      mta RCPT
        record 10 RCPT from mta
        record instructed reject the MTA had its answer to RCPT before it asked: \(Self.why)
        record sent on milter of 10
        send RCPT to milter
      milter CONTINUE
        record 11 CONTINUE from milter
        record sent on mta of 11
        send CONTINUE to mta
      """)
  }

  @Test func aReplyThatAnswersTheNextCommandIsJudgedByThat() {
    play(
      after: "MAIL",
      """
      rule on verdict and stage == rcpt do reject
      milter CONTINUE
        record 9 CONTINUE from milter, forwarded
        record finding R02 on 9
        forward to mta
      mta RCPT
        record 10 RCPT from mta, forwarded
        forward to milter
      mta DATA
        record 11 DATA from mta, forwarded
        forward to milter
      milter CONTINUE
        record 12 CONTINUE from milter
        record instructed reject done
        record sent on mta of 12 REJECT
        record sent on milter ABORT
        send REJECT to mta
        send ABORT to milter
      milter CONTINUE
        record 14 CONTINUE from milter
        record sent on mta of 14
        send CONTINUE to mta
      """)
  }

  @Test func modificationsLeaveBeforeWhatTheMTATakesForTheAnswerToTheEnd() {
    play(
      after: "EOH",
      """
      rule on body do add-header X-Seen yes
      milter CONTINUE
        record 17 CONTINUE from milter, forwarded
        record finding R02 on 17
        forward to mta
      mta BODY
        record 18 BODY from mta
        record instructed add-header X-Seen yes done
        record sent on milter of 18
        send BODY to milter
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter CONTINUE
        record 20 CONTINUE from milter
        record sent on mta ADDHEADER
        record sent on mta of 20
        send ADDHEADER to mta
        send CONTINUE to mta
      milter ACCEPT
        record 22 ACCEPT from milter
        record sent on mta of 22
        send ACCEPT to mta
      """)
  }

  @Test func modificationsForAnEndThatIsAnsweredAlreadyAreRefusedAloud() {
    play(
      after: "EOH",
      """
      rule on body do add-header X-Seen yes
      milter CONTINUE
        record 17 CONTINUE from milter, forwarded
        record finding R02 on 17
        forward to mta
      mta BODY
        record 18 BODY from mta
        record instructed add-header X-Seen yes done
        record sent on milter of 18
        send BODY to milter
      milter CONTINUE
        record 19 CONTINUE from milter
        record sent on mta of 19
        send CONTINUE to mta
      mta BODYEOB
        record 20 BODYEOB from mta, forwarded
        record instructed add-header X-Seen yes the MTA had its answer to the end of message before it asked
        forward to milter
      milter ACCEPT
        record 21 ACCEPT from milter
        record sent on mta of 21
        send ACCEPT to mta
      """)
  }

  @Test func aVerdictTooManyCanBeDroppedWhichMendsTheRest() {
    play(
      after: "MAIL",
      """
      rule on verdict do hold
      milter CONTINUE
        record 9 CONTINUE from milter
        record finding R02 on 9
        record held 9
      say drop on 9
        record instructed drop done
        record released 9 dropped
      mta RCPT
        record 10 RCPT from mta, forwarded
        forward to milter
      milter CONTINUE
        record 11 CONTINUE from milter
        record held 11
        wake at 9 s
      say drop on 11
        record instructed drop the MTA waits for a verdict: give another one, or close the connection
      say reject on 11
        record instructed reject done
        record released 11 forwarded
        record sent on mta of 11 REJECT
        send REJECT to mta
        wake never
      """)
  }

  @Test func theMTAHasItsAnswerToWhatIsHeldHere() {
    play(
      after: "MAIL",
      """
      rule on rcpt do hold
      mta RCPT
        record 9 RCPT from mta
        record held 9
        wake at 9 s
      milter CONTINUE
        record 10 CONTINUE from milter
        record finding R02 on 10
        record sent on mta of 10
        send CONTINUE to mta
        wake at 6489 s
      say reject on 9
        record instructed reject the MTA had its answer to RCPT before it asked: \(Self.why)
      say forward on 9
        record instructed forward done
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
        wake never
      milter CONTINUE
        record 11 CONTINUE from milter
        record sent on mta of 11
        record finding R02 on 11
        send CONTINUE to mta
      """)
  }

  /// However the two peers talk past each other: what nobody asks to be changed leaves as it came, all of it and in order,
  /// also where it waited here.
  @Test(arguments: 0..<300) func whatNobodyAsksForLeavesAsItCame(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var controls = Beginnings.watched()
    controls.rules = RuleBook([
      try Rule(parsing: "on mail.address == \"nobody\" do reject"),
      try Rule(parsing: "on command every 3 do hold"),
      try Rule(parsing: "on verdict every 4 do hold"),
    ])
    var machine = SessionMachine(connection: 1)
    var effects = Effects()
    var (came, left): ([Packet], [Packet]) = ([], [])
    var current: Packet?
    func perform() {
      for act in effects.acts {
        switch act {
        case .forward: left += current.map { [$0] } ?? []
        case .send(let packet, _): left.append(packet)
        default: break
        }
      }
      effects.acts.removeAll()
    }
    machine.opened(
      Opened(peer: "unix:", local: "unix:", milter: nil), at: .zero, under: &controls, into: &effects)
    machine.milterConnected(at: .zero, under: &controls, into: &effects)
    func letGo() {
      current = nil
      machine.instructed(.forwardAll, packet: nil, .operator, at: .zero, under: &controls, into: &effects)
      perform()
    }
    let beginning = [MTA.optNeg(), Milter.optNeg(), MTA.connect(), Milter.continue]
    let rest = (0..<80).map { _ in Self.anything(&generator) }
    for packet in beginning + rest + [MTA.quit] {
      came.append(packet)
      current = packet
      machine.received(packet, at: .zero, under: &controls, into: &effects)
      perform()
      if generator.chance(1, in: 3) { letGo() }
    }
    // One that a rule wants held is held when its turn comes.
    for _ in came { letGo() }
    for leg in Leg.allCases {
      let (out, `in`) = (left.filter { $0.sender == leg }, came.filter { $0.sender == leg })
      #expect(out == `in`, "\(out.map(\.kind.name)) for \(`in`.map(\.kind.name))")
    }
  }

  private static func anything(_ generator: inout SeededGenerator) -> Packet {
    generator.element(of: [
      MTA.macro("M", ["i": "1"]), MTA.mail(), MTA.rcpt(), MTA.data, MTA.header(), MTA.eoh, MTA.body(),
      MTA.bodyEOB,
      MTA.abort, Milter.continue, Milter.continue, Milter.continue, Milter.continue, Milter.addHeader(),
      Milter.replBody("new"), Milter.reply("550 no"),
    ])
  }
}
