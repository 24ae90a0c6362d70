import Dialogue
import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

/// Deadlines, PROGRESS, and what is done when somebody loses patience.
@Suite struct ClockTests {
  private func play(
    _ mta: MTAChoice, after last: String, with change: (inout ProxySettings) -> Void = { _ in },
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
        wake at 3 s
      at 3 s
      tick
        record sent on mta PROGRESS
        send PROGRESS to mta
        wake at 6 s
      at 6 s
      tick
        record sent on mta PROGRESS
        send PROGRESS to mta
        wake at 9 s
      at 60 s
      tick
        record sent on mta PROGRESS
        send PROGRESS to mta
        wake at 70 s
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
        wake at 3 s
      at 270 s
      tick
        record released 8 forwarded
        record sent on mta of 8
        send CONTINUE to mta
      """)
  }

  @Test func anOperatorWhoWatchesMayOutlastTheClient() {
    play(
      .postfix, after: "HELO", with: { $0.isAttended = true },
      """
      rule on reply and stage == mail do hold
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record held 8
        wake at 3 s
      at 290 s
      tick
        record sent on mta PROGRESS
        send PROGRESS to mta
        wake at 300 s
      """)
  }

  @Test func whatTheOperatorSaidOfTimeoutsIsDoneBeforeTheClientLeaves() {
    play(
      .postfix, after: "HELO",
      with: {
        $0.isAttended = true
        $0.onTimeout = .answer(.tempfail)
      },
      """
      rule on mail do hold
      mta MAIL
        record 7 MAIL from mta
        record held 7
        wake at 3 s
      at 270 s
      tick
        record instructed tempfail done
        record released 7 answered
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
      """)
  }

  @Test func theClientWaitsFromItsFinalDot() {
    play(
      .postfix, after: "DATA",
      """
      mta HEADER
        record 13 HEADER from mta, forwarded
        forward to milter
      at 200 s
      milter CONTINUE
        record 14 CONTINUE from milter, forwarded
        record finding W01 on 14
        forward to mta
      rule on bodyeob do hold
      mta BODYEOB
        record 15 BODYEOB from mta
        record finding S01 on 15
        record finding S06 on 15
        record held 15
        wake at 203 s
      at 540 s
      tick
        record released 15 forwarded
        record sent on milter of 15
        send BODYEOB to milter
      """)
  }

  @Test func anMTAThatGivesUpShowsHowLongItWaits() {
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
      at 5 s
      mta ends
        record closed mta: by the peer
        record finding R03 on 7
        record finding S11
        record released 8 abandoned
        say c1: Sendmail gave up after 5 s, as it seems: --mta-timeout 5s,300s
        finish milter
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
      .generic, after: "HELO", with: { $0.onTimeout = .answer(.tempfail) },
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
      with: { $0.patience.told.timeouts = MTATimeouts(command: .seconds(60), content: .seconds(600)) },
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
        wake at 3 s
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
    ("postfix", MTA.macro("C", ["v": "Postfix 3.7.11"]), "wake at 3 s"),
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
        record closed mta: by us, QUIT came
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
        wake at 8 s
      milter ends
        record closed milter: by the peer
        record finding R03 on 9
        record finding W05
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
        wake never
        close milter
      mta ABORT
        record 11 ABORT from mta
        record released 11 dropped
      mta QUIT
        record 12 QUIT from mta
        record released 12 dropped
        record closed mta: by us, QUIT came
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
        wake at 8 s
      milter CONTINUE
        record 10 CONTINUE from milter
        record held 10
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

  @Test func aSilentMilterIsAnsweredForBeforeTheMTAGivesUp() {
    play(
      .accept, after: "HELO",
      """
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
        wake at 8 s
      at 8 s
      tick
        record closed milter: by us, the milter said nothing for 8 s
        record finding R03 on 7
        record sent on mta ACCEPT
        send ACCEPT to mta
        close milter
      """)
  }

  @Test func aMilterThatIsReachedTooLateIsAnsweredForToo() {
    play(
      .tempfail, after: nil,
      """
      at 8 s
      tick
        record closed milter: unreachable, no answer within 8 s
        record finding W08
        record sent on mta OPTNEG
        close milter
        send OPTNEG to mta
      """)
  }

  @Test func halfAReplyGoesNowhereWhereWeAnswer() {
    play(
      .tempfail, after: "HELO",
      """
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
        wake at 8 s
      milter passes incomplete
        record 4 bytes incomplete from milter
      milter ends
        record closed milter: by the peer
        record finding R03 on 7
        record finding F06
        record finding W05
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
        wake never
        close milter
      """)
  }

  @Test func withinALongReplyThereIsNoAnswer() {
    play(
      .tempfail, after: "BODY",
      """
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
        wake at 8 s
      milter passes oversized
        record 5 bytes oversized from milter
        record finding F02
        forward to mta
      milter ends
        record closed milter: by the peer
        record finding R03 on 19
        record finding W05
        finish mta
      """)
  }

  @Test func halfAChangeIsNotAccepted() {
    play(
      .accept, after: "BODY",
      """
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
        wake at 8 s
      milter REPLBODY
        record 20 REPLBODY from milter, forwarded
        forward to mta
      milter ends
        record closed milter: by the peer
        record finding R03 on 19
        record finding W05
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
        wake never
        close milter
      mta MAIL
        record 22 MAIL from mta
        record released 22 dropped
        record sent on mta ACCEPT
        send ACCEPT to mta
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
