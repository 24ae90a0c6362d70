import Dialogue
import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

/// Deadlines, PROGRESS, and what is done when somebody loses patience.
@Suite struct ClockTests {
  private func play(
    _ mta: KnownMTA?, after last: String, with change: (inout ProxySettings) -> Void = { _ in },
    _ script: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var controls = ProxySettings()
    controls.negotiation = .widen
    controls.patience = .told(mta)
    change(&controls)
    expectPlay(
      controls: controls, after: Beginnings.upTo(last), script, sourceLocation: sourceLocation)
  }

  @Test func postfixIsKeptWaitingAtAnyStage() {
    play(
      .postfix, after: "HELO",
      """
      rule on reply and stage == mail do hold
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record held 8
        wake at 10 s
      at 10 s
      tick
        record sent on mta PROGRESS
        send PROGRESS to mta
        wake at 20 s
      at 20 s
      tick
        record sent on mta PROGRESS
        send PROGRESS to mta
        wake at 30 s
      say progress
        record sent on mta PROGRESS
        record instructed progress done
        send PROGRESS to mta
      say forward on 8
        record instructed forward done
        record released 8 forwarded
        record sent on mta of 8
        send CONTINUE to mta
        wake never
      """)
  }

  @Test func whereNobodyWatchesAHoldEndsWithTheClientsPatience() {
    play(
      .postfix, after: "HELO",
      """
      rule on reply and stage == mail do hold
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record held 8
        wake at 10 s
      at 270 s
      tick
        record released 8 forwarded
        record sent on mta of 8
        send CONTINUE to mta
      """)
  }

  @Test func sendmailIsKeptWaitingOnlyAtTheEnd() {
    play(
      .sendmail, after: "HELO",
      """
      rule on reply and stage == mail do hold
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record held 8
        wake at 8 s
      say progress
        record instructed progress Sendmail takes PROGRESS only after end of message: here it is a bogus response
      at 8 s
      tick
        record released 8 forwarded
        record sent on mta of 8
        send CONTINUE to mta
      """)
    play(
      .sendmail, after: "BODY",
      """
      rule on reply and stage == bodyeob do hold
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter CONTINUE
        record 20 CONTINUE from milter
        record held 20
        wake at 3 s
      at 4 s
      tick
        record sent on mta PROGRESS
        send PROGRESS to mta
        wake at 7 s
      at 270 s
      tick
        record released 20 forwarded
        record sent on mta of 20
        send CONTINUE to mta
      """)
  }

  @Test func aVerdictIsGivenInTimeWhereTheOperatorWantsOne() {
    play(
      nil, after: "HELO", with: { $0.onTimeout = .answer(.tempfail) },
      """
      rule on mail do hold
      mta MAIL
        record 7 MAIL from mta
        record held 7
        wake at 8 s
      at 8 s
      tick
        record instructed tempfail done
        record released 7 answered
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
      """)
  }

  @Test func timeoutsAreAsTheOperatorSays() {
    play(
      .sendmail, after: "BODY",
      with: { $0.patience.timeouts = Patience.Timeouts(command: .seconds(60), content: .seconds(600)) },
      """
      rule on reply and stage == bodyeob do hold
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter CONTINUE
        record 20 CONTINUE from milter
        record held 20
        wake at 20 s
      at 20 s
      tick
        record sent on mta PROGRESS
        send PROGRESS to mta
        wake at 40 s
      at 540 s
      tick
        record released 20 forwarded
        record sent on mta of 20
        send CONTINUE to mta
      """)
  }

  @Test func theMiltersPatienceCountsForCommands() {
    play(
      .postfix, after: "HELO",
      with: {
        $0.isAttended = true
        $0.patience.milter = .seconds(60)
      },
      """
      rule on mail do hold
      mta MAIL
        record 7 MAIL from mta
        record held 7
        wake at 10 s
      at 54 s
      tick
        record released 7 forwarded
        record sent on milter of 7
        send MAIL to milter
      """)
  }

  @Test func aDelayEndsWithTheMTAsPatience() {
    play(
      .sendmail, after: "HELO",
      """
      rule on reply and stage == mail do delay 1h
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record instructed delay 1h done
        wake at 8 s
      at 8 s
      tick
        record sent on mta of 8
        send CONTINUE to mta
      """)
  }

  @Test(arguments: [
    ("postfix", MTA.macro("C", ["v": "Postfix 3.7.11"]), "wake at 10 s"),
    ("sendmail", MTA.macro("C", ["{if_name}": "mx.example.net"]), "wake at 8 s"),
    ("unknown", MTA.macro("C", ["v": "OtherMTA 1.0"]), "wake at 8 s"),
  ])
  func theMTAIsToldByItsMacros(_ row: (name: String, macros: Packet, wake: String)) throws {
    let performed = try Playbook(cast: ["mta KIND": row.macros], controls: Beginnings.watched()).performed(
      "rule on reply and stage == connect do hold\nmta KIND\nmta CONNECT\nmilter CONTINUE",
      after: Beginnings.upTo(""))
    #expect(performed.contains(row.wake))
  }
}

/// The milter is out of reach, or goes.
@Suite struct FailureTests {
  private func play(
    _ answer: Answer?, after last: String?, _ script: String, _ line: SourceLocation = #_sourceLocation
  ) {
    expectPlay(
      controls: Beginnings.watched { $0.onMilterFailure = answer },
      after: last.map { Beginnings.upTo($0) } ?? "opened\nmta OPTNEG", script, sourceLocation: line)
  }

  @Test func byDefaultTheMTASeesTheEnd() {
    play(
      nil, after: nil,
      """
      milter unreachable
        record closed milter: unreachable, connection refused
        record finding W08
        record closed mta: by us, the milter is unreachable
        close milter
        wake never
        close mta
      """)
  }

  @Test func anAcceptedConnectionAsksNoMoreThanItMust() {
    play(
      .accept, after: nil,
      """
      milter unreachable
        record closed milter: unreachable, connection refused
        record finding W08
        record sent on mta OPTNEG
        close milter
        send OPTNEG to mta
        wake never
      mta BODYEOB
        record 3 BODYEOB from mta
        record released 3 dropped
        record sent on mta ACCEPT
        send ACCEPT to mta
      mta QUIT
        record 5 QUIT from mta
        record released 5 dropped
      mta ends
        record closed mta: by the peer
        close mta
      """)
  }

  @Test func aRefusalIsToldAtEveryCommand() {
    play(
      .tempfail, after: nil,
      """
      milter unreachable
        record closed milter: unreachable, connection refused
        record finding W08
        record sent on mta OPTNEG
        close milter
        send OPTNEG to mta
        wake never
      mta CONNECT
        record 3 CONNECT from mta
        record released 3 dropped
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
      mta MAIL
        record 5 MAIL from mta
        record released 5 dropped
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
      """)
  }

  @Test func aMilterThatGoesInAMessageIsAnsweredFor() {
    play(
      .tempfail, after: "MAIL",
      """
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      milter ends
        record closed milter: by the peer
        record finding R03 on 9
        record finding W05
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
        close milter
      mta ABORT
        record 11 ABORT from mta
        record released 11 dropped
      mta QUIT
        record 12 QUIT from mta
        record released 12 dropped
      mta ends
        record closed mta: by the peer
        close mta
      """)
  }

  @Test func whatTheMilterSaidBeforeItWentStillCounts() {
    play(
      .reject, after: "MAIL",
      """
      rule on reply do hold
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      milter CONTINUE
        record 10 CONTINUE from milter
        record held 10
        wake at 8 s
      milter ends
        record closed milter: by the peer
        record finding W05
        close milter
      say forward on 10
        record instructed forward done
        record released 10 forwarded
        record sent on mta of 10
        send CONTINUE to mta
        wake never
      mta DATA
        record 11 DATA from mta
        record released 11 dropped
        record sent on mta REJECT
        send REJECT to mta
      """)
  }

  @Test func aMilterThatGoesBehindQuitIsNoFailure() {
    play(
      .reject, after: "HELO",
      """
      mta QUIT
        record 7 QUIT from mta, forwarded
        forward to milter
      milter ends
        record closed milter: by the peer
        finish mta
      mta ends
        record closed mta: by the peer
        finish milter
      """)
  }
}
