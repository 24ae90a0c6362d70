import Dialogue
import MilterProtocol
import TestSupport
import Testing
import Timeline
import TraceModel

@Suite struct MacroAdviceTests {
  private func facts(_ milter: Packet) -> SessionFacts {
    var play = Recording()
    play.greet(milter)
    play.ask(MTA.macro("M", ["{mail_addr}": "a@b"]), MTA.mail())
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    return facts
  }

  @Test func whatTheMilterAskedForAndDidNotGetIsMissing() {
    let missing = MacroAdvice.missing(
      in: facts(Milter.optNeg(symbols: [(0, "j {client_ptr},v"), (2, "mail_addr")])), under: .postfix)
    #expect(missing.map(\.name) == [bytes("{client_ptr}")])
    #expect(missing.map(\.origin) == [.requested])
    #expect(missing.first?.meaning == "client name as its PTR record says")
  }

  /// As Sendmail has it in the sample of missing macros.
  private func askedOfSendmail(_ lists: [(UInt32, String)]) -> SessionFacts {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg(symbols: lists))
    play.ask(MTA.macro("C", ["j": "mx.example.net"]), MTA.connect())
    play.ask(MTA.macro("H"), MTA.helo())
    play.ask(MTA.macro("M", ["i": "6AKKOq3j015903"]), MTA.mail())
    play.ask(MTA.macro("E", ["{msg_id}": "<one@example.org>"]), MTA.bodyEOB)
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    return facts
  }

  @Test func anEmptySetLacksWhatWasAskedFor() {
    let facts = askedOfSendmail([(1, "{tls_version}")])
    let missing = MacroAdvice.missing(in: facts, under: .sendmail).filter { $0.origin == .requested }
    #expect(missing.map(\.stage) == [.helo])
    let words = missing.first?.explanation(in: facts, under: .sendmail)
    #expect(words?.contains("no value for it at this stage") ?? false)
  }

  @Test func theReasonOfSendmailIsNamedAndWhatIsInForce() throws {
    let facts = askedOfSendmail([(5, "i {msg_id}")])
    let missing = MacroAdvice.missing(in: facts, under: .sendmail).filter { $0.origin == .requested }
    let advice = try #require(missing.first)
    #expect(missing.count == 1 && advice.name == bytes("i") && advice.stage == .bodyEOB)
    let words = advice.explanation(in: facts, under: .sendmail)
    #expect(words.contains("N11") && words.contains("the value sent for MAIL is in force"))
    let postfix = advice.explanation(in: facts, under: .postfix)
    #expect(!postfix.contains("N11") && postfix.contains("not sent here"))
  }

  @Test func aLineNamesEachMacroOnce() {
    #expect(MacroAdvice.configurationLine(adding: ["i"], at: .bodyEOB, under: .postfix) == nil)
    #expect(
      MacroAdvice.configurationLine(adding: ["i", "{i}", "{client_ptr}"], at: .bodyEOB, under: .sendmail)
        == "define(`confMILTER_MACROS_EOM', confMILTER_MACROS_EOM`, i, {client_ptr}')dnl")
  }

  @Test func withoutRequestTheDefaultsOfTheMTAAreExpected() {
    let missing = MacroAdvice.missing(in: facts(Milter.optNeg()), under: .postfix)
    #expect(
      missing.filter { $0.stage == .connect }.map(\.name)
        == ["{daemon_name}", "{daemon_addr}", "_"].map(bytes))
    #expect(missing.contains { $0.stage == .mail && $0.name == bytes("i") && $0.origin == .byDefault })
    #expect(!missing.contains { $0.stage == .rcpt })
  }

  /// What comes with what else came has a value: the list lacks it.
  @Test(
    arguments: [
      (
        KnownMTA.postfix, ["i": "1", "{auth_authen}": "alice", "{mail_addr}": "a@b"],
        ["{auth_type}", "{mail_host}", "{mail_mailer}"]
      ),
      (.postfix, ["i": "1", "{mail_addr}": "a@b", "{mail_host}": "b", "{mail_mailer}": "smtp"], []),
      (.postfix, ["i": "1"], ["{mail_addr}", "{mail_host}", "{mail_mailer}"]),
      (
        .sendmail,
        [
          "i": "1", "{mail_addr}": "a@b", "{mail_host}": "b", "{mail_mailer}": "smtp", "{auth_type}": "PLAIN",
        ], ["{auth_authen}"]
      ),
      (.sendmail, ["{mail_addr}": "a@b", "{mail_host}": "b", "{mail_mailer}": "smtp"], ["i"]),
    ] as [(KnownMTA, KeyValuePairs<String, String>, [String])])
  func whatHasAValueIsTheListsFault(
    _ rules: KnownMTA, _ sent: KeyValuePairs<String, String>, _ names: [String]
  ) {
    var play = Recording()
    play.greet(Milter.optNeg())
    play.ask(MTA.macro("M", sent), MTA.mail())
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    let missing = MacroAdvice.missing(in: facts, under: rules).filter {
      $0.stage == .mail && $0.origin == .unlisted
    }
    #expect(missing.map(\.name) == names.map(bytes))
  }

  @Test func theListIsGivenWhole() {
    var play = Recording()
    play.greet(Milter.optNeg())
    play.ask(MTA.macro("M", ["{auth_authen}": "alice", "{client_ptr}": "x"]), MTA.mail())
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    #expect(
      MacroAdvice.listLine(at: .mail, in: facts, under: .postfix)
        == "milter_mail_macros = i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer} {client_ptr}"
    )
    #expect(
      MacroAdvice.listLine(at: .bodyEOB, in: facts, under: .sendmail)
        == "define(`confMILTER_MACROS_EOM', `{msg_id}')dnl")
  }

  @Test func whatIsLeftOfAnEarlierMailIsKnownAsThat() throws {
    var play = Recording()
    play.greet(Milter.optNeg())
    play.ask(MTA.macro("M", ["i": "1", "{auth_authen}": "alice"]), MTA.mail())
    play.ask(MTA.bodyEOB)
    play.mta(MTA.abort)
    play.ask(MTA.mail("<eve@example.org>"))
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    let old = try #require(facts.macros.value("auth_authen".utf8))
    #expect(
      facts.isOfEarlierMail(old) && facts.currentMacro("i".utf8) == nil && !facts.hasOwnMacros(for: .mail))
    let host = try #require(facts.macros.value("j".utf8))
    #expect(!facts.isOfEarlierMail(host))
  }

  @Test(arguments: [
    (MTA.macro("R", ["{rcpt_addr}": "bob@b"]), ["bob@b"]),
    (MTA.macro("R", ["{rcpt_addr}": "no such user", "{rcpt_mailer}": "error"]), []),
  ])
  func macrosStandInForADeclinedEnvelope(_ macros: Packet, recipients: [String]) throws {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg())
    play.milter(Milter.optNeg(.current, [.noMail, .noRcpt]))
    play.ask(MTA.connect())
    play.mta(MTA.macro("M", ["{mail_addr}": "alice@a"]))
    play.mta(macros)
    play.ask(MTA.data)
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    let mail = try #require(facts.message)
    #expect(mail.sender == nil && mail.envelopeSender?.address.bytes == bytes("alice@a"))
    #expect(mail.envelopeSender?.isMacro == true)
    #expect(mail.envelopeRecipients.map(\.address.bytes) == recipients.map(bytes))
  }

  @Test(arguments: [
    (
      MacroStage.rcpt, MeasuredMTA.postfix,
      "milter_rcpt_macros = i {rcpt_addr} {rcpt_host} {rcpt_mailer} {client_ptr}"
    ),
    (.rcpt, .sendmail, "define(`confMILTER_MACROS_ENVRCPT', confMILTER_MACROS_ENVRCPT`, {client_ptr}')dnl"),
    (.data, .sendmail, "define(`confMILTER_MACROS_DATA', `{client_ptr}')dnl"),
    (.bodyEOB, .postfix, "milter_end_of_data_macros = i {client_ptr}"),
  ]) func theLineThatAddsAMacro(_ stage: MacroStage, _ rules: MeasuredMTA, _ line: String) {
    #expect(MacroAdvice.configurationLine(adding: ["{client_ptr}"], at: stage, under: rules) == line)
  }
}

@Suite struct NegotiationMatrixTests {
  private func matrix(_ answer: Packet, told: Packet? = nil) -> [NegotiationMatrix.Row] {
    var play = Recording()
    play.open()
    play.mta(MTA.optNeg(.current.subtracting(.setSymbolList), .current))
    let number = play.hold(answer)
    play.release(number)
    play.send(number, to: .mta, edited: told)
    var facts = SessionFacts()
    for record in play.records { facts.apply(record) }
    return NegotiationMatrix(facts.negotiation).rows
  }

  @Test func everyBitHasItsThreeAnswers() throws {
    let rows = matrix(Milter.optNeg(.addHeaders, [.noReplyHeaders]), told: Milter.optNeg(.current, []))
    #expect(rows.count == 9 + 21)
    let added = try #require(rows.first { $0.name == "ADDHDRS" })
    #expect(added.offered && added.requested == true && added.effective == true && !added.isOurs)
    let changed = try #require(rows.first { $0.name == "NR_HDR" })
    #expect(changed.requested == true && changed.effective == false && changed.isOurs)
    #expect(changed.meaning == "does not answer headers")
    #expect(rows.first { $0.name == "CHGBODY" }?.isOurs == true)
  }

  @Test func whatWasNotOfferedAndUnknownBitsShow() {
    let rows = matrix(Milter.optNeg([.setSymbolList], ProtocolFlags(rawValue: 0x0040_0000)))
    #expect(rows.filter(\.isUnoffered).map(\.name) == ["SETSYMLIST", "0x400000"])
    #expect(rows.allSatisfy { !$0.meaning.isEmpty })
    #expect(!rows.contains { $0.name == "TEST" })
  }

  @Test func withoutAnOfferThereIsNothing() {
    #expect(NegotiationMatrix(Negotiation()).rows.isEmpty)
  }
}

@Suite struct LadderTests {
  @Test func everyStepGoesFromWhomToWhom() {
    var play = Recording()
    play.open()
    play.mta(MTA.helo())
    let reply = play.hold(Milter.reject)
    play.release(reply)
    play.send(reply, to: .mta, edited: Milter.continue)
    let rcpt = play.hold(MTA.rcpt())
    play.release(rcpt, .answered)
    play.inject(Milter.tempfail, to: .mta)
    let mail = play.hold(MTA.mail())
    play.release(mail)
    play.send(mail, to: .milter)
    play.close()
    let steps = Ladder(play.records).steps
    func arrow(_ step: Ladder.Step) -> String { "\(step.from)>\(step.to)" }
    #expect(
      steps.map(arrow) == [
        "mta>us", "mta>milter", "milter>us", "us>mta", "mta>us", "us>mta", "mta>us", "us>milter", "mta>us",
      ])
    #expect(steps[3].what == .edited(.reply(.continue), stage: .helo))
    #expect(steps[5].what == .injected(.reply(.tempfail), stage: .rcpt))
    #expect(steps[7].what == .released(.command(.mail), stage: .mail))
    #expect(steps[2].took == .milliseconds(1))
    #expect(steps[2].packet == reply)
  }
}
