import MilterProtocol
import ProxyCore
import TestSupport
import Testing

/// Modifications of ours: kept through the message, sent before its final reply.
@Suite struct ChangeTests {
  private func play(
    after last: String, cast: [String: Packet] = [:], negotiation: NegotiationPolicy = .widen,
    _ script: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectPlay(
      cast: cast, controls: Beginnings.watched { $0.negotiation = negotiation },
      after: Beginnings.upTo(last), script, sourceLocation: sourceLocation)
  }

  @Test func changesGoOutBeforeTheFinalReplyAndBehindTheMilters() {
    play(
      after: "BODY",
      """
      say add-header X-Ours yes
        record instructed add-header X-Ours yes done
      say quarantine "looks odd"
        record instructed quarantine "looks odd" done
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter ADDHEADER
        record 20 ADDHEADER from milter
        record sent on mta of 20
        send ADDHEADER to mta
      milter CONTINUE
        record 21 CONTINUE from milter
        record sent on mta ADDHEADER
        record sent on mta QUARANTINE
        record sent on mta of 21
        send ADDHEADER to mta
        send QUARANTINE to mta
        send CONTINUE to mta
      mta MAIL
        record 24 MAIL from mta, forwarded
        forward to milter
      """)
  }

  @Test func aMailIsNotDeliveredInPlaceOfAQuarantineThatWasRefused() {
    play(
      after: "BODY", cast: ["milter OPTNEG": Milter.optNeg(.addHeaders, [])], negotiation: .transparent,
      """
      rule on bodyeob do hold
      mta BODYEOB
        record 19 BODYEOB from mta
        record held 19
        wake at 3 s
      say quarantine "looks odd" on 19
        record instructed quarantine "looks odd" QUARANTINE was not negotiated with the MTA: start with --negotiation widen
      say accept on 19
        record instructed accept the mail would be delivered, as its quarantine was refused
      say reject on 19
        record instructed reject done
        record released 19 answered
        record sent on mta REJECT
        record sent on milter ABORT
        send REJECT to mta
        send ABORT to milter
        wake never
      """)
  }

  @Test func aRuleRewritesAPartOfABodyThatItSawWhole() {
    play(
      after: "HELO", cast: ["BODY": MTA.body("old\r\n")],
      """
      rule on bodyeob do replace-part 1 "new"
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      milter CONTINUE
        record 8 CONTINUE from milter, forwarded
        forward to mta
      mta RCPT
        record 9 RCPT from mta, forwarded
        forward to milter
      milter CONTINUE
        record 10 CONTINUE from milter, forwarded
        forward to mta
      mta BODY
        record 11 BODY from mta, forwarded
        record finding S01 on 11
        record finding S06 on 11
        forward to milter
      milter CONTINUE
        record 12 CONTINUE from milter, forwarded
        forward to mta
      mta BODYEOB
        record 13 BODYEOB from mta
        record instructed replace-part 1 "new" done
        record sent on milter of 13
        send BODYEOB to milter
      milter CONTINUE
        record 14 CONTINUE from milter
        record sent on mta REPLBODY
        record sent on mta of 14
        send REPLBODY to mta
        send CONTINUE to mta
      """)
  }

  @Test func aPartOfABodyThatIsNotKnownIsRefused() {
    play(
      after: "BODY",
      """
      say delete-part 2
        record instructed delete-part 2 the body is not known here: rules see it whole, and you at the end of the message
      """)
  }

  @Test func aChangeGivenAtMailIsKeptForItsMessage() {
    play(
      after: "HELO",
      """
      rule on mail do add-header X-Ours yes
      mta MAIL
        record 7 MAIL from mta
        record instructed add-header X-Ours yes done
        record sent on milter of 7
        send MAIL to milter
      milter CONTINUE
        record 8 CONTINUE from milter, forwarded
        forward to mta
      mta ABORT
        record 9 ABORT from mta, forwarded
        record instructed add-header X-Ours yes the MTA aborted it
        forward to milter
      """)
  }

  @Test func aChangeIsLostWithItsMessageAndSaysSo() {
    play(
      after: "RCPT",
      """
      say add-header X-Ours yes
        record instructed add-header X-Ours yes done
      mta DATA
        record 11 DATA from mta, forwarded
        forward to milter
      milter REJECT
        record 12 REJECT from milter
        record sent on mta of 12
        send REJECT to mta
      mta MAIL
        record 13 MAIL from mta, forwarded
        record instructed add-header X-Ours yes a new message began
        record finding S08 on 13
        forward to milter
      """)
    play(
      after: "BODY",
      """
      say add-header X-Ours yes
        record instructed add-header X-Ours yes done
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter REJECT
        record 20 REJECT from milter
        record instructed add-header X-Ours yes the message ended with REJECT at BODYEOB
        record sent on mta of 20
        send REJECT to mta
      """)
  }

  @Test func anEarlyAcceptWaitsForTheEndWhereChangesDo() {
    play(
      after: "RCPT",
      """
      say add-header X-Ours yes
        record instructed add-header X-Ours yes done
      mta DATA
        record 11 DATA from mta, forwarded
        forward to milter
      milter ACCEPT
        record 12 ACCEPT from milter
        record sent on mta of 12 CONTINUE
        send CONTINUE to mta
      mta HEADER
        record 13 HEADER from mta
        record released 13 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta BODYEOB
        record 15 BODYEOB from mta
        record finding S01 on 15
        record finding S06 on 15
        record released 15 dropped
        record sent on mta ADDHEADER
        record sent on mta CONTINUE
        send ADDHEADER to mta
        send CONTINUE to mta
      mta MAIL
        record 18 MAIL from mta, forwarded
        forward to milter
      """)
  }

  @Test func ourNewBodyTakesThePlaceOfTheMilters() {
    play(
      after: "BODY",
      """
      say replace-body "Ours."
        record instructed replace-body "Ours." done
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter REPLBODY
        record 20 REPLBODY from milter
        record released 20 dropped
      milter CONTINUE
        record 21 CONTINUE from milter
        record sent on mta REPLBODY
        record sent on mta of 21
        send REPLBODY to mta
        send CONTINUE to mta
      """)
  }

  @Test func aSecondNewBodyTakesThePlaceOfTheFirst() {
    play(
      after: "BODY",
      """
      say replace-body "One."
        record instructed replace-body "One." done
      say replace-body "Two."
        record instructed replace-body "One." another new body took its place
        record instructed replace-body "Two." done
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter CONTINUE
        record 20 CONTINUE from milter
        record sent on mta REPLBODY
        record sent on mta of 20
        send REPLBODY to mta
        send CONTINUE to mta
      """)
  }

  @Test func noBodyIsAddedToOneThatIsOnItsWay() {
    play(
      after: "BODY",
      """
      mta BODYEOB
        record 19 BODYEOB from mta, forwarded
        forward to milter
      milter REPLBODY
        record 20 REPLBODY from milter, forwarded
        forward to mta
      say replace-body "Ours."
        record instructed replace-body "Ours." the milter's new body is on its way to the MTA already: this one would be added to it
      milter CONTINUE
        record 21 CONTINUE from milter, forwarded
        forward to mta
      """)
  }

  @Test func aChangeNeedsAMessageAndTheMTAsConsent() {
    play(
      after: "HELO", cast: ["milter OPTNEG": Milter.optNeg(.addHeaders, [])], negotiation: .transparent,
      """
      say add-header X-Ours yes
        record instructed add-header X-Ours yes no message is open: modifications belong to one
      mta MAIL
        record 7 MAIL from mta, forwarded
        forward to milter
      say add-header X-Ours yes
        record instructed add-header X-Ours yes done
      say add-rcpt <carol@example.net>
        record instructed add-rcpt <carol@example.net> ADDRCPT was not negotiated with the MTA: start with --negotiation widen
      say replace-body @nowhere
        record instructed replace-body @nowhere the contents of 'nowhere' are not there
      """)
  }

  @Test func aValueBringsItsSpaceWhereTheMTAPutsNone() throws {
    let performed = try Playbook(
      cast: ["milter OPTNEG": Milter.optNeg(.current, .headerLeadingSpace)], controls: Beginnings.watched()
    ).acts("say add-header X-Ours yes\nmta BODYEOB\nmilter CONTINUE", after: Beginnings.upTo("BODY"))
    #expect(performed.contains(.send(Milter.addHeader("X-Ours", " yes"), to: .mta)))
  }

  @Test func headersAreDeletedByNameFromTheLast() throws {
    let performed = try Playbook(
      cast: ["mta OTHER": MTA.header("x-b", "1")], controls: Beginnings.watched()
    ).acts(
      "say delete-header X-*\nmta OTHER\nmilter CONTINUE\nmta OTHER\nmilter CONTINUE\nmta BODYEOB\nmilter CONTINUE",
      after: Beginnings.upTo("HEADER"))
    let sent = performed.compactMap { act in
      if case .send(let packet, .mta) = act { packet } else { nil }
    }
    #expect(
      sent.prefix(2) == [
        Milter.chgHeader(2, "x-b", ""), Milter.chgHeader(1, "x-b", ""),
      ])
  }
}

/// What the two sides agree on, and what becomes of it.
@Suite struct NegotiationTests {
  private let small = Milter.optNeg([], [.noConnect, .noBody, .noReplyMail, .skip])

  private func told(_ controls: ProxySettings) throws -> OptNeg? {
    let acts = try Playbook(cast: ["milter OPTNEG": small], controls: controls).acts(
      "milter OPTNEG", after: "opened\nmilter connected\nmta OPTNEG")
    for case .send(let packet, .mta) in acts {
      if case .reply(.optNeg(let told)) = PacketValue(decoding: packet) { return told }
    }
    return nil
  }

  @Test func transparentPassesAsItCame() throws {
    #expect(try told(Beginnings.watched()) == nil)
  }

  @Test func widenAddsEveryActionButSymbolLists() throws {
    let told = try #require(try told(Beginnings.watched { $0.negotiation = .widen }))
    #expect(told.actions == ActionFlags.current.subtracting(.setSymbolList))
    #expect(told.protocolFlags == [.noConnect, .noBody, .noReplyMail, .skip])
  }

  @Test func allTakesBackWhatTheMilterDeclines() throws {
    let told = try #require(try told(Beginnings.watched { $0.negotiation = .all }))
    #expect(told.actions == ActionFlags.current.subtracting(.setSymbolList))
    #expect(told.protocolFlags == [.skip])
  }

  @Test func anOfferIsNarrowedToItsVersion() throws {
    let acts = try Playbook(
      controls: Beginnings.watched {
        $0.offer = Offer(version: 3, actions: [.addHeaders, .changeFrom], protocolFlags: .current)
      }
    ).acts("mta OPTNEG", after: "opened\nmilter connected")
    guard
      case .send(let packet, .milter)? = acts.first(where: { if case .send = $0 { true } else { false } }),
      case .command(.optNeg(let shown)) = PacketValue(decoding: packet)
    else {
      Issue.record("no OPTNEG was sent")
      return
    }
    #expect(shown.version == 3)
    #expect(shown.actions == .addHeaders)
    #expect(shown.protocolFlags == ProtocolFlags.allNoCommand.subtracting(.noData))
  }

  @Test func withAllTheMilterSeesWhatItAskedForAndTheMTAIsAnswered() {
    expectPlay(
      cast: ["milter OPTNEG": small], controls: Beginnings.watched { $0.negotiation = .all },
      after: "opened\nmilter connected",
      """
      mta OPTNEG
        record 1 OPTNEG from mta, forwarded
        forward to milter
      milter OPTNEG
        record 2 OPTNEG from milter
        record sent on mta of 2 OPTNEG
        send OPTNEG to mta
      mta MACRO CONNECT
        record 3 MACRO from mta, forwarded
        forward to milter
      mta CONNECT
        record 4 CONNECT from mta
        record released 4 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta HELO
        record 6 HELO from mta, forwarded
        forward to milter
      milter CONTINUE
        record 7 CONTINUE from milter, forwarded
        forward to mta
      mta MAIL
        record 8 MAIL from mta
        record sent on milter of 8
        record sent on mta CONTINUE
        send MAIL to milter
        send CONTINUE to mta
      mta RCPT
        record 10 RCPT from mta, forwarded
        forward to milter
      milter CONTINUE
        record 11 CONTINUE from milter, forwarded
        forward to mta
      mta BODY
        record 12 BODY from mta
        record finding S01 on 12
        record finding S06 on 12
        record released 12 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      """)
  }

  @Test func aMilterThatBreaksItsPromiseIsNotHeardTwice() {
    expectPlay(
      cast: ["milter OPTNEG": small], controls: Beginnings.watched { $0.negotiation = .all },
      after: Beginnings.upTo(""),
      """
      mta MAIL
        record 3 MAIL from mta
        record finding S01 on 3
        record sent on milter of 3
        record sent on mta CONTINUE
        send MAIL to milter
        send CONTINUE to mta
      milter CONTINUE
        record 5 CONTINUE from milter
        record finding R01 on 5
        record released 5 dropped
      """)
  }
}
