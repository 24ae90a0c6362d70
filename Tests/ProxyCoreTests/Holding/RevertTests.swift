import MilterProtocol
import ProxyCore
import TestSupport
import Testing

/// Changes of a held packet that are taken back.
@Suite struct RevertTests {
  private func play(
    after last: String, _ script: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectPlay(
      controls: Beginnings.watched { $0.negotiation = .widen }, after: Beginnings.upTo(last), script,
      sourceLocation: sourceLocation)
  }

  @Test func theLastChangeIsTakenBackThenTheOneBefore() {
    play(
      after: "MAIL",
      """
      rule on rcpt do hold
      mta RCPT
        record 9 RCPT from mta
        record held 9
        wake at 8 s
      say set rcpt.address <a@example.net> on 9
        record instructed set rcpt.address <a@example.net> done
      say set rcpt.address <b@example.net> on 9
        record instructed set rcpt.address <b@example.net> done
      say revert last on 9
        record instructed revert last done
      say revert last on 9
        record instructed revert last done
      say revert last on 9
        record instructed revert last nothing was changed in packet 9
      say forward on 9
        record instructed forward done
        record released 9 forwarded
        record sent on milter of 9
        send RCPT to milter
        wake never
      """)
  }

  /// A verdict of a rule is taken back like any other change: the operator has the last word.
  @Test func allIsTakenBackAtOnceWithWhatRulesWanted() {
    play(
      after: "BODY",
      """
      rule on bodyeob do reject; hold; add-header X-Rule yes
      mta BODYEOB
        record 19 BODYEOB from mta
        record instructed reject done
        record held 19
        record instructed add-header X-Rule yes done
        wake at 3 s
      say add-header X-Ours yes on 19
        record instructed add-header X-Ours yes done
      say revert on 19
        record instructed revert done
      say revert on 19
        record instructed revert nothing was changed in packet 19
      say forward on 19
        record instructed forward done
        record released 19 forwarded
        record sent on milter of 19
        send BODYEOB to milter
        wake never
      milter CONTINUE
        record 20 CONTINUE from milter, forwarded
        forward to mta
      """)
  }

  /// The body that had given way is asked for again, aloud.
  @Test func whatGaveWayCountsAgain() {
    play(
      after: "BODY",
      """
      rule on bodyeob do hold
      mta BODYEOB
        record 19 BODYEOB from mta
        record held 19
        wake at 3 s
      say replace-body "one" on 19
        record instructed replace-body "one" done
      say replace-body "two" on 19
        record instructed replace-body "one" another new body took its place
        record instructed replace-body "two" done
      say revert last on 19
        record instructed revert last done
        record instructed replace-body "one" done
      say revert last on 19
        record instructed revert last done
      say revert last on 19
        record instructed revert last nothing was changed in packet 19
      """)
  }

  /// Only a verdict that leaves as SKIP keeps the rest of the body from the milter.
  @Test func aSkipThatIsTakenBackLeavesTheBodyOn() {
    play(
      after: "EOH",
      """
      rule on verdict and stage == body do skip; hold
      mta BODY
        record 17 BODY from mta, forwarded
        forward to milter
      milter CONTINUE
        record 18 CONTINUE from milter
        record instructed skip done
        record held 18
        wake at 8 s
      say revert on 18
        record instructed revert done
      say forward on 18
        record instructed forward done
        record released 18 forwarded
        record sent on mta of 18
        send CONTINUE to mta
        wake never
      mta BODY
        record 19 BODY from mta, forwarded
        forward to milter
      """)
  }

  @Test func macrosAreTakenBackWithTheirCommand() {
    play(
      after: "HELO",
      """
      rule on mail do hold
      mta MACRO MAIL
        record 7 MACRO from mta
      mta MAIL
        record 8 MAIL from mta
        record held 8
        wake at 8 s
      say set macro["i"] other on 8
        record instructed set macro["i"] other done
      say revert on 8
        record instructed revert done
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

  @Test func whatHasLeftCannotBeTakenBack() {
    play(
      after: "HELO",
      """
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      say revert on 7
        record instructed revert packet 7 has left already: only held packets can be changed
      """)
  }
}
