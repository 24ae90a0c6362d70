import MilterProtocol
import ProxyCore
import TestSupport
import Testing

/// Packets that are stopped, changed and let go.
@Suite struct HoldingTests {
  private func play(
    after last: String = "HELO", cast: [String: Packet] = [:], _ script: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectPlay(
      cast: cast, controls: Beginnings.watched(), after: Beginnings.upTo(last), script,
      sourceLocation: sourceLocation)
  }

  /// A rule that looks and wants nothing leaves no trace of having looked.
  @Test func whatNoRuleWantsPassesAsItCame() {
    expectPlay(
      controls: Beginnings.watched(), after: Beginnings.upTo("HELO"),
      """
      rule on mail and mail.address == "nobody@example.org" do hold
      rule on reply and stage == mail and macro["i"] == "none" do reject
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter, forwarded
        forward to mta
      """)
  }

  /// Without any, a connection is followed where rules may still come (HUP), and what was agreed by then binds them.
  @Test func rulesThatComeLaterActOnConnectionsThatAreOpen() {
    var controls = ProxySettings()
    controls.mayGainRules = true
    expectPlay(
      cast: ["milter OPTNEG": Milter.optNeg([], [])], controls: controls, after: Beginnings.upTo("HELO"),
      """
      rule on rcpt do reply 550 5.1.1 "not here"
      rule on mail do add-header X-Seen yes
      mta MAIL
        record 7 MAIL from mta
        record instructed add-header X-Seen yes ADDHDRS was not negotiated with the MTA: start with --negotiation widen
        record sent on milter of 7
        send MAIL to milter
      milter CONTINUE
        record 8 CONTINUE from milter, forwarded
        forward to mta
      mta RCPT
        record 9 RCPT from mta
        record instructed reply 550 5.1.1 "not here" done
        record released 9 answered
        record sent on mta REPLYCODE
        send REPLYCODE to mta
      """)
    controls.mayGainRules = false
    expectPlay(
      controls: controls, after: Beginnings.upTo("HELO"),
      """
      rule on mail do reject
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      """)
  }

  /// What we make up for a stage without replies is our doing already: rules act on its command.
  @Test func rulesAreNotAskedAboutRepliesThatAreMadeUp() {
    expectPlay(
      cast: ["milter OPTNEG": Milter.optNeg(.current, [.noReplyHelo])],
      controls: Beginnings.watched { $0.negotiation = .all }, after: Beginnings.upTo("CONNECT"),
      """
      rule on reply do reject
      mta HELO
        record 5 HELO from mta
        record sent on milter of 5
        record sent on mta CONTINUE
        send HELO to milter
        send CONTINUE to mta
      rule on helo do reject
      mta HELO
        record 7 HELO from mta
        record instructed reject done
        record released 7 answered
        record sent on mta REJECT
        send REJECT to mta
      """)
  }

  @Test func aHeldCommandWaitsWithItsMacros() {
    play(
      """
      rule on mail do hold
      mta MACRO MAIL
        record 7 MACRO from mta
      mta MAIL
        record 8 MAIL from mta
        record held 8
        wake at 8 s
      say forward on 8
        record instructed forward done
        record released 8 forwarded
        record sent on milter of 7
        record sent on milter of 8
        send MACRO to milter
        send MAIL to milter
        wake never
      """)
  }

  @Test func aHeldReplyWaits() {
    play(
      """
      rule on reply and stage == mail do hold
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record held 8
        wake at 8 s
      say forward on 8
        record instructed forward done
        record released 8 forwarded
        record sent on mta of 8
        send CONTINUE to mta
        wake never
      """)
  }

  @Test func nothingOvertakesWhatIsHeld() {
    play(
      """
      rule on abort do hold
      mta ABORT
        record 7 ABORT from mta
        record finding S07 on 7
        record held 7
        wake at 6489 s
      mta QUIT
        record 8 QUIT from mta
      say forward on 7
        record instructed forward done
        record released 7 forwarded
        record sent on milter of 7
        record sent on milter of 8
        send ABORT to milter
        send QUIT to milter
        wake never
      """)
  }

  @Test func aStepHoldsTheNextPacketOfEitherSide() {
    play(
      """
      say step
        record instructed step done
      mta MAIL
        record 7 MAIL from mta
        record held 7
        wake at 8 s
      say step on 7
        record instructed step done
        record released 7 forwarded
        record sent on milter of 7
        send MAIL to milter
        wake never
      milter CONTINUE
        record 8 CONTINUE from milter
        record held 8
        wake at 8 s
      say forward on 8
        record instructed forward done
        record released 8 forwarded
        record sent on mta of 8
        send CONTINUE to mta
        wake never
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      """)
  }

  @Test func anEditedPacketLeavesAsItWasEdited() {
    play(
      """
      rule on mail do hold
      mta MAIL
        record 7 MAIL from mta
        record held 7
        wake at 8 s
      say set mail.address <carol@example.net> on 7
        record instructed set mail.address <carol@example.net> done
      say set rcpt.address <x> on 7
        record instructed set rcpt.address <x> MAIL has no rcpt.address
      say forward on 7
        record instructed forward done
        record released 7 forwarded
        record sent on milter of 7 MAIL
        send MAIL to milter
        wake never
      """)
  }

  @Test func aMacroOfAHeldCommandIsChangedInItsSet() {
    play(
      """
      rule on mail do hold
      mta MACRO MAIL
        record 7 MACRO from mta
      mta MAIL
        record 8 MAIL from mta
        record held 8
        wake at 8 s
      say set macro["i"] OTHER on 8
        record instructed set macro["i"] OTHER done
      say forward on 8
        record instructed forward done
        record released 8 forwarded
        record sent on milter of 7 MACRO
        record sent on milter of 8
        send MACRO to milter
        send MAIL to milter
        wake never
      """)
  }

  @Test func bytesAsTheyCameTakeAnEditBack() {
    play(
      """
      rule on quit do hold
      mta QUIT
        record 7 QUIT from mta
        record held 7
        wake at 6489 s
      say raw 000000014b on 7
        record instructed raw 000000014B done
      say raw 0000000151 on 7
        record instructed raw 0000000151 done
      say forward on 7
        record instructed forward done
        record released 7 forwarded
        record sent on milter of 7
        send QUIT to milter
        wake never
      """)
  }

  @Test func rawBytesLeaveWhateverTheyAre() {
    play(
      """
      rule on quit do hold
      mta QUIT
        record 7 QUIT from mta
        record held 7
        wake at 6489 s
      say raw 000000017a on 7
        record instructed raw 000000017A done
      say forward on 7
        record instructed forward done
        record released 7 forwarded
        record sent on milter of 7 CODE-7A
        record finding F05 on 7
        send CODE-7A to milter
        wake never
      """)
  }

  @Test func theOperatorsAnswerLetsTheCommandGoNowhere() {
    play(
      """
      rule on mail do hold
      mta MAIL
        record 7 MAIL from mta
        record held 7
        wake at 8 s
      say reply 550 5.7.1 "no" on 7
        record instructed reply 550 5.7.1 "no" done
        record released 7 answered
        record sent on mta REPLYCODE
        send REPLYCODE to mta
        wake never
      """)
  }

  @Test func theOperatorsVerdictTakesThePlaceOfAHeldOne() {
    play(
      after: "BODY",
      """
      rule on reply and stage == bodyeob do hold
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter CONTINUE
        record 20 CONTINUE from milter
        record held 20
        wake at 3 s
      say reply 550 5.7.1 "no" on 20
        record instructed reply 550 5.7.1 "no" done
        record released 20 forwarded
        record sent on mta of 20 REPLYCODE
        send REPLYCODE to mta
        wake never
      """)
  }

  @Test func aDroppedCommandIsAnsweredWhereTheMTAWaits() {
    play(
      """
      rule on helo or abort do drop
      mta HELO
        record 7 HELO from mta
        record instructed drop done
        record released 7 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta ABORT
        record 9 ABORT from mta
        record finding S07 on 9
        record instructed drop done
        record released 9 dropped
      """)
  }

  @Test func aDroppedModificationGoesNowhere() {
    play(
      after: "BODY",
      """
      rule on addheader do drop
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter ADDHEADER
        record 20 ADDHEADER from milter
        record instructed drop done
        record released 20 dropped
      milter CONTINUE
        record 21 CONTINUE from milter, forwarded
        forward to mta
      """)
  }

  @Test func aVerdictCannotBeDropped() {
    play(
      """
      rule on reply and stage == mail do drop
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record instructed drop the MTA waits for a verdict: give another one, or close the connection
        record sent on mta of 8
        send CONTINUE to mta
      """)
  }

  @Test func aDelayedReplyLeavesWhenItsTimeHasCome() {
    play(
      """
      rule on reply and stage == mail do delay 5s
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record instructed delay 5s done
        wake at 5 s
      at 5 s
      tick
        record sent on mta of 8
        send CONTINUE to mta
      """)
  }

  @Test func everythingHeldGoesAtOnce() {
    play(
      """
      rule on mail do hold
      mta MACRO MAIL
        record 7 MACRO from mta
      mta MAIL
        record 8 MAIL from mta
        record held 8
        wake at 8 s
      say forward all
        record instructed forward all done
        record released 8 forwarded
        record sent on milter of 7
        record sent on milter of 8
        send MACRO to milter
        send MAIL to milter
        wake never
      """)
  }

  @Test func whatIsHeldGoesAsItCameWhereNobodyWatchesAnyMore() {
    play(
      """
      rule on mail or rcpt do hold
      mta MAIL
        record 7 MAIL from mta
        record held 7
        wake at 8 s
      say set mail.address <carol@example.net> on 7
        record instructed set mail.address <carol@example.net> done
      nobody watches
        record released 7 forwarded
        record sent on milter of 7
        send MAIL to milter
        wake never
      milter CONTINUE
        record 8 CONTINUE from milter, forwarded
        forward to mta
      mta RCPT
        record 9 RCPT from mta
        record sent on milter of 9
        send RCPT to milter
      """)
  }

  @Test func whatIsHeldIsAbandonedWithItsMTA() {
    play(
      """
      rule on mail do hold
      mta MACRO MAIL
        record 7 MACRO from mta
      mta MAIL
        record 8 MAIL from mta
        record held 8
        wake at 8 s
      mta ends
        record closed mta: by the peer
        record finding R03 on 8
        record finding S11
        record released 7 abandoned
        record released 8 abandoned
        finish milter
      milter ends
        record closed milter: by the peer
        finish mta
        wake never
      """)
  }

  @Test func theFarewellOfAnMTAStillReachesTheMilter() {
    play(
      after: "MAIL",
      """
      rule on rcpt or abort do hold
      mta RCPT
        record 9 RCPT from mta
        record held 9
        wake at 8 s
      mta ABORT
        record 10 ABORT from mta
        record finding S11 on 10
      mta QUIT
        record 11 QUIT from mta
      mta ends
        record closed mta: by the peer
        record released 9 abandoned
        record sent on milter of 10
        record finding S07 on 10
        record sent on milter of 11
        send ABORT to milter
        send QUIT to milter
        finish milter
      """)
  }

  @Test func aHeldReplyOutlivesItsMilter() {
    play(
      """
      rule on reply and stage == mail do hold
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record held 8
        wake at 8 s
      milter ends
        record closed milter: by the peer
        record finding W05
      say forward on 8
        record instructed forward done
        record released 8 forwarded
        record sent on mta of 8
        send CONTINUE to mta
        finish mta
        wake never
      mta ends
        record closed mta: by the peer
        finish milter
      """)
  }

  @Test func anMTAThatGoesWhileADeadMiltersReplyIsHeldEndsAll() {
    play(
      """
      rule on reply and stage == mail do hold
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter
        record held 8
        wake at 8 s
      milter ends
        record closed milter: by the peer
        record finding W05
      mta ends
        record closed mta: by the peer
        record released 8 abandoned
        finish mta
        wake never
        finish milter
      """)
  }

  @Test func aLegIsClosedOnRequest() {
    play(
      """
      say close milter
        record instructed close milter done
        record closed milter: by us, an instruction closed it
        close milter
        finish mta
      mta ends
        record closed mta: by the peer
        finish milter
      """)
    play(
      """
      rule on mail do hold
      mta MAIL
        record 7 MAIL from mta
        record held 7
        wake at 8 s
      say close mta on 7
        record instructed close mta done
        record closed mta: by us, an instruction closed it
        record released 7 abandoned
        close mta
        finish milter
        wake never
      milter ends
        record closed milter: by the peer
        finish mta
      """)
  }

  @Test func bytesThatMakeNoPacketWaitBehindWhatIsHeld() {
    play(
      """
      rule on mail do hold
      mta MAIL
        record 7 MAIL from mta
        record held 7
        wake at 8 s
      mta passes oversized
        record 5 bytes oversized from mta
        record finding F02
      say forward on 7
        record instructed forward done
        record released 7 forwarded
        record sent on milter of 7
        send MAIL to milter
        send 5 bytes to milter
        wake never
      """)
  }

  @Test func aPeerThatSendsTooMuchBehindAHeldPacketHasToWait() {
    play(
      after: "EOH", cast: ["mta BODY": MTA.body(String(repeating: "a line\r\n", count: 9 << 15))],
      """
      rule on body once do hold
      mta BODY
        record 17 BODY from mta
        record finding F03 on 17
        record held 17
        wake at 8 s
      mta BODY
        record 18 BODY from mta
        record finding F03 on 18
        record finding S12 on 18
        stop reading mta
      say forward on 17
        record instructed forward done
        record released 17 forwarded
        record sent on milter of 17
        record sent on milter of 18
        send BODY to milter
        send BODY to milter
        resume reading mta
        wake never
      """)
  }

  @Test func aBodyOfTheMiltersTooLongToKeepGivesWayToOurs() {
    play(
      after: "BODY",
      """
      rule on bodyeob do replace-body "ours"
      mta BODYEOB
        record 19 BODYEOB from mta
        record instructed replace-body "ours" done
        record sent on milter of 19
        send BODYEOB to milter
      milter passes oversized
        record 5 bytes oversized from milter
        record finding F02
        record note the long REPLBODY goes nowhere: our own new body takes its place
      milter passes more
        record 4 bytes oversized from milter
      milter ACCEPT
        record 20 ACCEPT from milter
        record sent on mta REPLBODY
        record sent on mta of 20
        send REPLBODY to mta
        send ACCEPT to mta
      """)
  }

  @Test func ofWhatIsTooLongToKeepRulesCanOnlyDropModifications() {
    play(
      after: "BODY",
      """
      rule on replbody once do drop
      rule on replbody do hold
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter passes oversized
        record 5 bytes oversized from milter
        record finding F02
        record instructed drop done
        record instructed hold a packet of more than 1 MiB goes by as it comes: it can pass, or be dropped
      milter passes more
        record 4 bytes oversized from milter
      milter passes oversized
        record 5 bytes oversized from milter
        record finding F02
        record instructed hold a packet of more than 1 MiB goes by as it comes: it can pass, or be dropped
        forward to mta
      milter passes more
        record 4 bytes oversized from milter
        forward to mta
      say replace-body "ours"
        record instructed replace-body "ours" the milter's new body is on its way to the MTA already: this one \
      would be added to it
      """)
  }

  @Test func aRuleWhosePatternWouldKeepMailWaitingDoesNotActAndThatIsTold() {
    play(
      after: "DATA", cast: ["mta HEADER": MTA.header("X-Long", String(repeating: "aa", count: 30_000))],
      """
      rule on header.value ~ "(a|b)*a(a|b){12}c" named long do drop
      mta HEADER
        record 13 HEADER from mta, forwarded
        record note rule long did not act: to search for its pattern would take too long
        say rule long did not act on packet 13, HEADER, connection 1: to search for its pattern would keep all mail \
      waiting; it is told here once, in the trace each time
        forward to milter
      mta HEADER
        record 14 HEADER from mta, forwarded
        record finding S12 on 14
        record note rule long did not act: to search for its pattern would take too long
        forward to milter
      """)
  }

  @Test func whatHasLeftCannotBeChanged() {
    play(
      """
      say set helo.name x on 5
        record instructed set helo.name x packet 5 has left already: only held packets can be changed
      say drop on 5
        record instructed drop packet 5 has left already: only held packets can be changed
      say reject on 5
        record instructed reject the MTA waits for no answer to this packet
      say hold
        record instructed hold no packet is chosen
      say mark on 5
        record marked 5
      say note fine on 5
        record note fine
      """)
  }
}

/// Verdicts that are refused, in words.
@Suite struct RefusalTests {
  @Test func aStageWithoutRepliesCannotBeAnswered() {
    expectPlay(
      cast: ["milter OPTNEG": Milter.optNeg(.current, [.noReplyMail])], controls: Beginnings.watched(),
      after: Beginnings.upTo(""),
      """
      rule on mail do hold
      mta MAIL
        record 3 MAIL from mta
        record finding S01 on 3
        record held 3
        wake at 6489 s
      say reject on 3
        record instructed reject the milter promised no reply to MAIL: the MTA would take this as the answer to its next command; use --negotiation all
      say forward on 3
        record instructed forward done
        record released 3 forwarded
        record sent on milter of 3
        send MAIL to milter
        wake never
      """)
  }

  /// `rcpt.address` is known by macros there.
  @Test func aStageThatComesAsMacrosAloneCannotBeAnswered() {
    expectPlay(
      cast: [
        "milter OPTNEG": Milter.optNeg(.current, [.noRcpt]),
        "mta MACRO": MTA.macro("R", ["{rcpt_addr}": "bob@example.net"]),
      ],
      controls: Beginnings.watched(),
      after: "opened\nmilter connected\nmta OPTNEG\nmilter OPTNEG\nmta MAIL\nmilter CONTINUE",
      """
      rule on rcpt.address == "bob@example.net" do reject
      mta MACRO
        record 5 MACRO from mta
      mta DATA
        record 6 DATA from mta
        record instructed reject the milter declined RCPT, so the MTA sends only its macros and waits for nothing; use --negotiation all
        record sent on milter of 5
        record sent on milter of 6
        send MACRO to milter
        send DATA to milter
      """)
  }

  @Test func withAllNegotiatedItCan() {
    expectPlay(
      cast: ["milter OPTNEG": Milter.optNeg(.current, [.noReplyMail, .noReplyRcpt])],
      controls: Beginnings.watched { $0.negotiation = .all }, after: Beginnings.upTo(""),
      """
      rule on mail do reject
      mta MAIL
        record 3 MAIL from mta
        record finding S01 on 3
        record instructed reject done
        record released 3 answered
        record sent on mta REJECT
        send REJECT to mta
      mta MAIL
        record 5 MAIL from mta
        record instructed reject done
        record released 5 answered
        record sent on mta REJECT
        send REJECT to mta
      mta RCPT
        record 7 RCPT from mta
        record finding S01 on 7
        record finding S06 on 7
        record released 7 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      """)
  }

  @Test func verdictsThatMTAsDieOfAreRefused() {
    expectPlay(
      controls: Beginnings.watched(), after: Beginnings.upTo("HELO"),
      """
      rule on unknown and command do hold
      mta UNKNOWN
        record 7 UNKNOWN from mta
        record held 7
        wake at 8 s
      say accept on 7
        record instructed accept accept at UNKNOWN: Postfix's server process dies of it at the next MAIL, Sendmail discards the next message
      say discard on 7
        record instructed discard discard at UNKNOWN: Postfix's server process dies of it at the next MAIL, Sendmail discards the next message
      say connfail on 7
        record instructed connfail neither Postfix nor Sendmail takes CONN_FAIL: both give the milter up
      say shutdown on 7
        record instructed shutdown Postfix and Stalwart take SHUTDOWN; others give the milter up
      say skip on 7
        record instructed skip SKIP at UNKNOWN: Sendmail ignores the milter for the rest of the session
      say continue on 7
        record instructed continue done
        record released 7 answered
        record sent on mta CONTINUE
        send CONTINUE to mta
        wake never
      """)
  }

  @Test func optNegIsAnsweredByOptNegOnly() {
    expectPlay(
      controls: Beginnings.watched(), after: "opened\nmilter connected",
      """
      rule on optneg do hold
      mta OPTNEG
        record 1 OPTNEG from mta
        record held 1
        wake at 8 s
      say accept on 1
        record instructed accept OPTNEG is answered by OPTNEG: anything else fails the negotiation on both MTAs
      say drop on 1
        record instructed drop without OPTNEG the session cannot begin
      say forward on 1
        record instructed forward done
        record released 1 forwarded
        record sent on milter of 1
        send OPTNEG to milter
        wake never
      milter OPTNEG
        record 2 OPTNEG from milter
        record held 2
        wake at 8 s
      say accept on 2
        record instructed accept OPTNEG is answered by OPTNEG: anything else fails the negotiation on both MTAs
      say forward on 2
        record instructed forward done
        record released 2 forwarded
        record sent on mta of 2
        send OPTNEG to mta
        wake never
      """)
  }
}
