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
        wake at 8 s
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
        wake at 8 s
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
        send CONTINUE to mta
      """)
  }

  @Test func aVerdictTooManyCanBeDroppedAlsoWhenMoreWasAsked() {
    play(
      after: "MAIL",
      """
      rule on continue once do hold
      milter CONTINUE
        record 9 CONTINUE from milter
        record finding R02 on 9
        record held 9
      mta RCPT
        record 10 RCPT from mta, forwarded
        forward to milter
        wake at 8 s
      milter REJECT
        record 11 REJECT from milter
      say drop on 9
        record instructed drop done
        record released 9 dropped
        record sent on mta of 11
        send REJECT to mta
        wake never
      """)
  }

  @Test func aRuleThatDropsVerdictsDropsThoseTooMany() {
    play(
      after: "MAIL",
      """
      rule on verdict every 2 do drop
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
        record instructed drop done
        record released 12 dropped
      milter CONTINUE
        record 13 CONTINUE from milter, forwarded
        forward to mta
      """)
  }

  @Test func anAnswerThatWaitedTooLongIsTakenBackAloud() {
    play(
      after: "MAIL",
      """
      rule on rcpt do hold; reject
      mta RCPT
        record 9 RCPT from mta
        record held 9
        record instructed reject done
        wake at 8 s
      milter CONTINUE
        record 10 CONTINUE from milter
        record finding R02 on 10
        record sent on mta of 10
        send CONTINUE to mta
        wake at 6489 s
      say forward on 9
        record instructed forward done
        record instructed reject the MTA had its answer to RCPT before it asked: \(Self.why)
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
        wake never
      milter ACCEPT
        record 11 ACCEPT from milter
        record sent on mta of 11
        send ACCEPT to mta
      """)
  }

  @Test func aVerdictTooManyThatWaitsIsJudgedByWhatItWillAnswer() {
    play(
      after: "MAIL",
      """
      rule on continue once do hold
      milter CONTINUE
        record 9 CONTINUE from milter
        record finding R02 on 9
        record held 9
      say reject on 9
        record instructed reject the MTA waits for no verdict here
      mta UNKNOWN
        record 10 UNKNOWN from mta, forwarded
        forward to milter
        wake at 8 s
      say accept on 9
        record instructed accept accept at UNKNOWN: Postfix's server process dies of it at the next MAIL, Sendmail discards the next message
      say reject on 9
        record instructed reject done
        record released 9 forwarded
        record sent on mta of 9 REJECT
        send REJECT to mta
        wake never
      """)
  }

  /// A milter gave a verdict too many, which is held here, was asked more, and goes.
  private func playAfterLoss(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let loss = """
      rule on continue once do hold
      milter CONTINUE
        record 9 CONTINUE from milter
        record finding R02 on 9
        record held 9
      mta RCPT
        record 10 RCPT from mta, forwarded
        forward to milter
        wake at 8 s
      milter ends
        record closed milter: by the peer
        record finding R03 on 10
        record finding W05
        close milter

      """
    expectPlay(
      controls: Beginnings.watched { $0.onMilterFailure = .tempfail }, after: Beginnings.upTo("MAIL"),
      loss + script, sourceLocation: sourceLocation)
  }

  @Test func whatIsKeptOfALostMilterIsNotAnsweredTwice() {
    playAfterLoss(
      """
      say forward on 9
        record instructed forward done
        record released 9 forwarded
        record sent on mta of 9
        send CONTINUE to mta
        wake never
      """)
  }

  @Test func aVerdictOfALostMilterThatIsDroppedLeavesNobodyWaiting() {
    playAfterLoss(
      """
      say drop on 9
        record instructed drop done
        record released 9 dropped
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
        wake never
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
    var turn = Turn(controls)
    var machine = Self.connected(&turn)
    var (came, left): ([Packet], [Packet]) = ([], [])
    var current: Packet?
    func perform() {
      for act in turn.effects.acts {
        switch act {
        case .forward: left += current.map { [$0] } ?? []
        case .send(let packet, _): left.append(packet)
        default: break
        }
      }
      turn.effects.acts.removeAll()
    }
    func letGo() {
      current = nil
      machine.instructed(.forwardAll, packet: nil, .operator, &turn)
      perform()
    }
    let beginning = [MTA.optNeg(), Milter.optNeg(), MTA.connect(), Milter.continue]
    let rest = (0..<80).map { _ in Self.anything(&generator) }
    for packet in beginning + rest + [MTA.quit] {
      came.append(packet)
      current = packet
      machine.received(packet, &turn)
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

  /// Whatever rules and a lost milter do about it: the MTA is told nothing of ours that it did not ask, and waits for nothing
  /// in the end.
  @Test(arguments: 0..<300) func theMTAIsAnsweredOnceWhateverIsDoneAboutIt(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var controls = Beginnings.watched { $0.onMilterFailure = .tempfail }
    let rules = [
      "on verdict every 3 do hold", "on verdict every 4 do drop", "on verdict every 2 do delay 1h",
      "on rcpt every 2 do reject", "on mail or data do hold", "on header every 3 do drop",
      "on rcpt every 3 do hold; tempfail",
      "on verdict every 5 do tempfail",
    ].filter { _ in generator.chance(1, in: 2) }
    controls.rules = RuleBook(try rules.map { try Rule(parsing: $0) })
    let promised = SteeringGenerator.declined(&generator).intersection(.allNoReply)
    var turn = Turn(controls)
    var machine = Self.connected(&turn)
    let beginning = [MTA.optNeg(), Milter.optNeg([], promised)]
    let isLost = generator.chance(2, in: 3)
    let rest = (0..<80).map { _ in Self.anything(&generator) }
    func letGo(in time: Moment.Span) {
      turn.now = Moment.zero + time
      defer { turn.now = .zero }
      machine.instructed(.forwardAll, packet: nil, .operator, &turn)
      machine.tick(&turn)
    }
    func say() {
      let instruction = generator.element(of: [
        Instruction.answer(.reject), .answer(.continue), .answer(.accept), .drop, .forward, .hold, .step,
      ])
      let numbers = turn.effects.records.suffix(12).compactMap { record in
        if case .received(let received) = record.event { received.number } else { nil }
      }
      machine.instructed(
        instruction, packet: numbers.randomElement(using: &generator), .operator, &turn)
    }
    for packet in beginning + rest {
      machine.received(packet, &turn)
      if generator.chance(1, in: 6) { letGo(in: .seconds(0)) }
      if generator.chance(1, in: 12) { letGo(in: .seconds(3600)) }
      if generator.chance(1, in: 4) { say() }
    }
    if isLost { machine.closed(.milter, .peer, &turn) }
    for _ in turn.effects.records { letGo(in: .seconds(3600)) }
    var answers = AnswerCount(noReply: promised)
    for record in turn.effects.records { answers.apply(record) }
    #expect(answers.unasked == [])
    if isLost { #expect(answers.waited <= 0) }
  }

  /// Both ends are there, and nothing was said.
  private static func connected(_ turn: inout Turn) -> SessionMachine {
    var machine = SessionMachine(connection: 1, Opened(peer: "unix:", local: "unix:", milter: nil), &turn)
    machine.milterConnected(&turn)
    return machine
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

/// How many answers the MTA waits for, as it counts.
private struct AnswerCount {
  /// What the MTA knows that it gets no answer to.
  let noReply: ProtocolFlags
  /// Below zero where it has verdicts to spare.
  private(set) var waited = 0
  /// Verdicts of our own making that answer nothing, or something to which the milter's answer is still here.
  private(set) var unasked: [Record] = []

  init(noReply: ProtocolFlags) { self.noReply = noReply }

  mutating func apply(_ record: Record) {
    switch record.event {
    case .received(let received):
      if case .command(let kind) = received.packet.kind, let stage = kind.stage {
        waited += stage.noReplyFlag.map { noReply.contains($0) } ?? false ? 0 : 1
      }
      guard received.packet.settles else { return }
      if received.forwarded { waited -= 1 } else { kept.insert(received.number) }
    case .released(let released) where released.outcome == .dropped: kept.remove(released.number)
    case .sent(let sent) where sent.leg == .mta:
      if let original = sent.original {
        if kept.remove(original) != nil { waited -= 1 }
      } else if sent.packet?.settles ?? false {
        if waited <= 0 || sent.cause == .policy("the milter failed") && !kept.isEmpty {
          unasked.append(record)
        }
        waited -= 1
      }
    default: break
    }
  }

  /// Verdicts of the milter that are still here.
  private var kept: Set<Int> = []
}

extension Packet {
  fileprivate var settles: Bool { if case .reply(let kind) = kind { kind.settles } else { false } }
}
