import MilterProtocol
import ProxyCore
import TestSupport
import Testing

/// A row of the tables of `Divergence` each: the MTA was told one thing, the milter another.
@Suite struct DivergenceTests {
  private func play(
    after last: String, _ script: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectPlay(
      controls: Beginnings.watched(), after: Beginnings.upTo(last), script, sourceLocation: sourceLocation)
  }

  // MARK: - Answered in the milter's place

  @Test func aMilterThatNeverSawTheClientIsOutOfTheConnection() {
    play(
      after: "",
      """
      rule on connect do continue
      mta CONNECT
        record 3 CONNECT from mta
        record instructed continue done
        record released 3 answered
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta HELO
        record 5 HELO from mta
        record released 5 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta MAIL
        record 7 MAIL from mta
        record released 7 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta QUIT
        record 9 QUIT from mta, forwarded
        forward to milter
      """)
  }

  @Test func anAnsweredHeloChangesNothingElse() {
    play(
      after: "CONNECT",
      """
      rule on helo do reject
      mta HELO
        record 5 HELO from mta
        record instructed reject done
        record released 5 answered
        record sent on mta REJECT
        send REJECT to mta
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      """)
  }

  @Test func aMilterThatNeverSawMailIsBackAtTheNext() {
    play(
      after: "HELO",
      """
      rule on mail once do continue
      mta MAIL
        record 7 MAIL from mta
        record instructed continue done
        record released 7 answered
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta RCPT
        record 9 RCPT from mta
        record released 9 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta BODYEOB
        record 11 BODYEOB from mta
        record finding S01 on 11
        record finding S06 on 11
        record released 11 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta MAIL
        record 13 MAIL from mta, forwarded
        forward to milter
      """)
  }

  @Test func aRefusedRecipientIsNotShownToTheMilter() {
    play(
      after: "RCPT",
      """
      rule on rcpt do reply 550 5.1.1 "not here"
      mta RCPT
        record 11 RCPT from mta
        record instructed reply 550 5.1.1 "not here" done
        record released 11 answered
        record sent on mta REPLYCODE
        send REPLYCODE to mta
      mta DATA
        record 13 DATA from mta, forwarded
        forward to milter
      """)
  }

  @Test func aMilterThatKnowsOfNoRecipientGetsNoData() {
    play(
      after: "MAIL",
      """
      rule on rcpt do drop
      mta RCPT
        record 9 RCPT from mta
        record instructed drop done
        record released 9 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta DATA
        record 11 DATA from mta
        record released 11 dropped
        record sent on milter ABORT
        record sent on mta CONTINUE
        send ABORT to milter
        send CONTINUE to mta
      mta HEADER
        record 14 HEADER from mta
        record released 14 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta MAIL
        record 16 MAIL from mta, forwarded
        record finding S08 on 16
        forward to milter
      """)
  }

  @Test(arguments: ["RCPT", "DATA", "HEADER", "EOH", "BODY"])
  func anAnswerThatEndsTheMessageEndsItForTheMilterToo(stage: String) throws {
    let before = ["RCPT": "MAIL", "DATA": "RCPT", "HEADER": "DATA", "EOH": "HEADER", "BODY": "EOH"]
    let performed = try Playbook(controls: Beginnings.watched()).performed(
      "rule on \(stage.lowercased()) do accept\nmta \(stage)\nmta MAIL",
      after: Beginnings.upTo(before[stage] ?? ""))
    #expect(performed.contains("send ACCEPT to mta"))
    #expect(performed.contains("send ABORT to milter"))
    #expect(performed.contains("mta MAIL\n  record"))
    #expect(performed.hasSuffix("forward to milter"))
  }

  @Test func aMilterThatDidNotSeeTheEndOfTheHeadersIsOutOfTheMessage() {
    play(
      after: "HEADER",
      """
      rule on eoh do continue
      mta EOH
        record 15 EOH from mta
        record finding M01 on 15
        record instructed continue done
        record released 15 answered
        record sent on mta CONTINUE
        record sent on milter ABORT
        send CONTINUE to mta
        send ABORT to milter
      mta BODY
        record 18 BODY from mta
        record released 18 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta BODYEOB
        record 20 BODYEOB from mta
        record released 20 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      """)
  }

  @Test func aMilterIsNotToldOfAnEndThatWeAnswered() {
    play(
      after: "BODY",
      """
      rule on bodyeob do tempfail
      mta BODYEOB
        record 19 BODYEOB from mta
        record instructed tempfail done
        record released 19 answered
        record sent on mta TEMPFAIL
        record sent on milter ABORT
        send TEMPFAIL to mta
        send ABORT to milter
      mta ABORT
        record 22 ABORT from mta, forwarded
        record finding S07 on 22
        forward to milter
      mta MAIL
        record 23 MAIL from mta, forwarded
        forward to milter
      """)
  }

  @Test func whatAMilterDeclinedIsNotMissedByIt() {
    expectPlay(
      cast: ["milter OPTNEG": Milter.optNeg(.current, [.noConnect, .noMail])],
      controls: Beginnings.watched { $0.negotiation = .all }, after: Beginnings.upTo(""),
      """
      rule on connect or mail do continue
      mta CONNECT
        record 3 CONNECT from mta
        record instructed continue done
        record released 3 answered
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta HELO
        record 5 HELO from mta, forwarded
        forward to milter
      milter CONTINUE
        record 6 CONTINUE from milter, forwarded
        forward to mta
      mta MAIL
        record 7 MAIL from mta
        record instructed continue done
        record released 7 answered
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      """)
  }

  // MARK: - Overruled

  @Test(arguments: ["MAIL", "DATA", "HEADER", "EOH", "BODY"])
  func aMilterThatRefusedIsOutWhereTheMTAWasToldToGoOn(stage: String) throws {
    let all = ["MAIL", "RCPT", "DATA", "HEADER", "EOH", "BODY", "BODYEOB"]
    let at = try #require(all.firstIndex(of: stage))
    let before = at == 0 ? "HELO" : all[at - 1]
    let performed = try Playbook(controls: Beginnings.watched()).performed(
      "rule on reject do continue\nmta \(stage)\nmilter REJECT\nmta \(all[at + 1])\nmta MAIL",
      after: Beginnings.upTo(before))
    let rest = performed.components(after: "mta \(all[at + 1])")
    #expect(rest.contains("dropped"))
    #expect(rest.contains("send CONTINUE to mta"))
    #expect(!rest.components(before: "mta MAIL").contains("milter\n"))
    #expect(rest.hasSuffix("forward to milter"))
  }

  @Test func aMilterThatAcceptedARecipientForGoodIsOut() {
    play(
      after: "MAIL",
      """
      rule on accept do continue
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      milter ACCEPT
        record 10 ACCEPT from milter
        record instructed continue done
        record sent on mta of 10 CONTINUE
        send CONTINUE to mta
      mta RCPT
        record 11 RCPT from mta
        record released 11 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      """)
  }

  /// Which recipient it was does not matter: DISCARD and ACCEPT at RCPT are about the whole message.
  @Test(arguments: ["accept", "discard"], ["first", "second", "third"])
  func aVerdictAboutTheMessageAtOneOfSeveralRecipientsIsAboutAll(_ verdict: String, _ place: String) throws {
    let index = try #require(["first", "second", "third"].firstIndex(of: place))
    let name = verdict.uppercased()
    let told = "milter CONTINUE\n  record"
    // We tell the MTA, and the milter had gone on.
    let ours = try Playbook(controls: Beginnings.watched()).performed(
      ((0...index).map {
        $0 < index
          ? "mta RCPT\nmilter CONTINUE"
          : "rule on reply and stage == rcpt do \(verdict)\nmta RCPT\nmilter CONTINUE"
      }
        + ["mta RCPT", "mta ABORT", "mta MAIL"]).joined(separator: "\n"), after: Beginnings.upTo("MAIL"))
    #expect(ours.contains(told))
    let rest = ours.components(after: "send \(name) to mta")
    #expect(rest.hasPrefix("\n  send ABORT to milter"))
    #expect(!rest.components(before: "mta ABORT").contains("forward to milter"))
    #expect(rest.hasSuffix("forward to milter"))
    // The milter says so, and the MTA is told to go on.
    let theirs = try Playbook(controls: Beginnings.watched()).performed(
      ((0...index).map {
        $0 < index ? "mta RCPT\nmilter CONTINUE" : "rule on \(verdict) do continue\nmta RCPT\nmilter \(name)"
      }
        + ["mta RCPT", "mta DATA", "mta BODYEOB", "mta MAIL"]).joined(separator: "\n"),
      after: Beginnings.upTo("MAIL"))
    let after = theirs.components(after: "milter \(name)").components(before: "mta MAIL")
    #expect(!after.contains("to milter"))
    #expect(after.split(separator: "\n").filter { $0 == "  send CONTINUE to mta" }.count == 4)
    #expect(theirs.hasSuffix("forward to milter"))
  }

  @Test func aMilterThatAcceptedAnUnknownCommandHasForgottenItsMessage() {
    play(
      after: "RCPT",
      """
      rule on accept do continue
      mta UNKNOWN
        record 11 UNKNOWN from mta, forwarded
        forward to milter
      milter ACCEPT
        record 12 ACCEPT from milter
        record finding R11 on 12
        record instructed continue done
        record sent on mta of 12 CONTINUE
        send CONTINUE to mta
      mta RCPT
        record 13 RCPT from mta
        record released 13 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      """)
  }

  @Test func aMilterThatContinuedIsToldWhereTheMessageIsOver() {
    play(
      after: "RCPT",
      """
      rule on reply and stage == data do discard
      mta DATA
        record 11 DATA from mta, forwarded
        forward to milter
      milter CONTINUE
        record 12 CONTINUE from milter
        record instructed discard done
        record sent on mta of 12 DISCARD
        record sent on milter ABORT
        send DISCARD to mta
        send ABORT to milter
      mta MAIL
        record 14 MAIL from mta, forwarded
        forward to milter
      """)
  }

  @Test func aMilterThatTookDataGetsNoOtherRecipient() {
    play(
      after: "RCPT",
      """
      rule on reply and stage == data once do reject
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
      mta RCPT
        record 14 RCPT from mta
        record finding S14 on 14
        record released 14 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      """)
  }

  @Test func aRefusedRecipientThatIsTakenAllTheSameChangesNothingElse() {
    play(
      after: "MAIL",
      """
      rule on reject do continue
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      milter REJECT
        record 10 REJECT from milter
        record instructed continue done
        record sent on mta of 10 CONTINUE
        send CONTINUE to mta
      mta DATA
        record 11 DATA from mta, forwarded
        forward to milter
      """)
  }

  // MARK: - Late

  @Test func theReplyToWhatWasAnsweredMeanwhileIsAbsorbed() {
    play(
      after: "MAIL",
      """
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      say reject on 9
        record sent on mta REJECT
        record sent on milter ABORT
        record instructed reject done
        send REJECT to mta
        send ABORT to milter
      milter CONTINUE
        record 12 CONTINUE from milter
        record released 12 dropped
      mta MAIL
        record 13 MAIL from mta, forwarded
        record finding S08 on 13
        forward to milter
      milter CONTINUE
        record 14 CONTINUE from milter, forwarded
        forward to mta
      """)
  }

  @Test func modificationsBehindAnAnswerAreAbsorbed() {
    play(
      after: "BODY",
      """
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      say reject on 19
        record sent on mta REJECT
        record instructed reject done
        send REJECT to mta
      milter ADDHEADER
        record 21 ADDHEADER from milter
        record released 21 dropped
      milter CONTINUE
        record 22 CONTINUE from milter
        record released 22 dropped
      mta MAIL
        record 23 MAIL from mta, forwarded
        forward to milter
      """)
  }
}

extension String {
  fileprivate func components(after mark: String) -> String {
    guard let range = firstRange(of: mark) else { return "" }
    return String(self[range.upperBound...])
  }

  fileprivate func components(before mark: String) -> String {
    guard let range = firstRange(of: mark) else { return self }
    return String(self[..<range.lowerBound])
  }

  private func firstRange(of mark: String) -> Range<String.Index>? {
    indices.lazy.filter { self[$0...].hasPrefix(mark) }.first.map { $0..<index($0, offsetBy: mark.count) }
  }
}
