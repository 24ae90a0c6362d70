import MilterProtocol
import ProxyCore
import TestSupport
import Testing

/// Packets that wait for what a program says of them.
@Suite struct AskingTests {
  private func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) {
    var controls = ProxySettings()
    controls.mayGainRules = true
    expectPlay(
      controls: controls, after: Beginnings.upTo("MAIL"), script, sourceLocation: sourceLocation)
  }

  @Test func whatIsAnsweredIsDone() {
    play(
      """
      rule on rcpt do ask "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      answers add-header X-Asked yes; reject
        record note decide answered after 0 s
        record instructed add-header X-Asked yes done
        record instructed reject done
        record released 9 answered
        record sent on mta REJECT
        send REJECT to mta
        wake never
      """)
  }

  @Test func whatComesBehindAQuestionWaitsForItsAnswer() {
    play(
      """
      rule on rcpt do ask "decide"; mark
      rule on rcpt do note "later"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      answers
        record note decide answered after 0 s
        record marked 9
        record note later
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
        wake never
      """)
  }

  @Test func withoutAnAnswerThePacketGoesOn() {
    play(
      """
      rule on rcpt do ask "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      gives no answer
        record note decide gave no usable answer: no answer within 5 s; the packet is passed on
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
        wake never
      """)
  }

  @Test func withoutAnAnswerTheMTAIsToldWhatTheRuleSays() {
    play(
      """
      rule on rcpt do ask --else tempfail "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask --else tempfail "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      gives no answer
        record note decide gave no usable answer: no answer within 5 s; it gets tempfail
        record instructed tempfail done
        record released 9 answered
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
        wake never
      """)
  }

  @Test func anAnswerThatCannotBeDoneIsNone() {
    play(
      """
      rule on rcpt do ask "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      answers reject; rejekt
        record note decide gave no usable answer: line 2 of the answer: unknown instruction 'rejekt'; the packet is passed on
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
        wake never
      """)
  }

  /// The MTA would have given up: what is to be done then is done, and the answer is too late.
  @Test func nobodyWaitsLongerThanTheMTA() {
    play(
      """
      rule on rcpt do ask "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      at 30 s
      tick
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
      answers reject
        record note decide answered after 30 s, when the packet had gone on without it
      """)
  }

  /// What has no answer by then is told what the rule says, not let through.
  @Test func withoutAnAnswerInTimeTheRulesVerdictCounts() {
    play(
      """
      rule on rcpt do ask --else tempfail "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask --else tempfail "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      at 30 s
      tick
        record note no answer came while somebody waited for this packet: it gets tempfail
        record instructed tempfail done
        record released 9 answered
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
      """)
  }

  /// An operator who stops a packet that a program is asked about wants it to stay, whatever that answers.
  @Test func anOperatorMayStopWhatIsAskedAbout() {
    play(
      """
      rule on rcpt do ask "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      say hold on 9
        record held 9
      answers add-header X-Asked yes
        record note decide answered after 0 s
        record instructed add-header X-Asked yes done
      say forward on 9
        record instructed forward done
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
        wake never
      """)
  }

  /// A program needs nobody who watches.
  @Test func aQuestionOutlivesTheOperator() {
    play(
      """
      rule on rcpt do ask "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      nobody watches
      answers reject
        record note decide answered after 0 s
        record instructed reject done
        record released 9 answered
        record sent on mta REJECT
        send REJECT to mta
        wake never
      """)
  }

  @Test func anAnswerMayLeaveItToTheOperator() {
    play(
      """
      rule on rcpt do ask "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      answers hold
        record note decide answered after 0 s
        record held 9
      say forward on 9
        record instructed forward done
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
        wake never
      """)
  }

  @Test func anAnswerAsksNobodyElse() {
    play(
      """
      rule on rcpt do ask "decide"
      mta RCPT
        record 9 RCPT from mta
        record instructed ask "decide" done
        record held 9
        ask decide about packet 9
        wake at 8 s
      answers ask "another"
        record note decide gave no usable answer: line 1 of the answer asks somebody else; the packet is passed on
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
        wake never
      """)
  }

  @Test func onlyWhatWaitsCanBeAskedAbout() {
    play(
      """
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      say ask "decide" on 9
        record instructed ask "decide" packet 9 has left already: only held packets can be changed
      """)
  }
}
