import CommandLanguage
import MilterProtocol
import ProxyCore
import TestSupport
import Testing
import TraceModel

@Suite struct StandInTests {
  private static let everything = OptNeg(version: 6, actions: .current, protocolFlags: .current)

  @Test func itAsksForNothingThatWasNotOffered() {
    let standIn = ProxySettings.MilterRole(
      verdict: .accept, protocolFlags: [.skip, .rejectedRcpt, .noBody, .noReplyHeaders],
      symbolLists: [OptNeg.SymbolList(stage: 3, names: Array("i".utf8))])
    let poor = OptNeg(version: 6, actions: [.addHeaders], protocolFlags: [.noBody])
    #expect(
      standIn.answer(to: poor) == OptNeg(version: 6, actions: [.addHeaders], protocolFlags: [.noBody]))
    let rich = standIn.answer(to: Self.everything)
    #expect(rich.actions == .current)
    #expect(rich.protocolFlags == [.skip, .rejectedRcpt, .noBody, .noReplyHeaders])
    #expect(rich.symbolLists == [OptNeg.SymbolList(stage: 3, names: Array("i".utf8))])
  }

  @Test(
    arguments: [
      (2, 6, 2), (3, 6, 3), (4, 6, 4), (6, 6, 6), (6, 4, 4), (2, 3, 2),
    ] as [(UInt32, UInt32, UInt32)])
  func itSpeaksTheLowerVersionAndOnlyWhatThatKnows(ours: UInt32, offered: UInt32, spoken: UInt32) {
    let standIn = ProxySettings.MilterRole(verdict: .accept, version: ours)
    var offer = Self.everything
    offer.version = offered
    let answer = standIn.answer(to: offer)
    #expect(answer.version == spoken)
    #expect(answer.actions.contains(.changeFrom) == (spoken == 6))
    #expect(answer.protocolFlags.contains(.skip) == (spoken == 6))
    #expect(answer.actions.contains(.quarantine))
  }

  @Test func withoutListsNoneAreAnnounced() {
    let answer = ProxySettings.MilterRole(verdict: .accept).answer(to: Self.everything)
    #expect(!answer.actions.contains(.setSymbolList))
    #expect(answer.symbolLists.isEmpty)
  }

  @Test func aStageWithoutReplyIsSilentAndTakesNoVerdict() {
    expectPlay(
      controls: Self.controls { $0.protocolFlags = [.noReplyHeaders] },
      after: "opened\nmta OPTNEG\nmta CONNECT\nmta HELO\nmta MAIL\nmta RCPT\nmta DATA",
      """
      rule on header do reject
      mta HEADER
        record 13 HEADER from mta
        record instructed reject --no-reply promised none to HEADER: the MTA would take this as the \
      answer to its next command
        record released 13 dropped
      """)
  }

  @Test func leadingSpaceIsBroughtByWhatWeAdd() {
    expectPlay(
      cast: ["mta SPACED": MTA.header("Subject", " test")],
      controls: Self.controls { $0.protocolFlags = [.headerLeadingSpace] },
      after: "opened\nmta OPTNEG\nmta CONNECT\nmta HELO\nmta MAIL\nmta RCPT\nmta DATA\nmta SPACED\nmta EOH",
      """
      rule on bodyeob and message.header["Subject"] contains "test" do add-header X-Seen yes
      mta BODYEOB
        record 17 BODYEOB from mta
        record instructed add-header X-Seen yes done
        record released 17 dropped
        record sent on mta ADDHEADER
        record sent on mta ACCEPT
        send ADDHEADER to mta
        send ACCEPT to mta
      """)
  }

  @Test func onePrefixGoesInFrontOfTheOther() throws {
    let acts = try Playbook(controls: Self.controls { _ in }).acts(
      "rule on bodyeob do prefix-header Subject one:; prefix-header Subject two:\nmta BODYEOB",
      after: "opened\nmta OPTNEG\nmta MAIL\nmta RCPT\nmta DATA\nmta HEADER\nmta EOH")
    let values = acts.compactMap { act -> String? in
      guard case .send(let packet, .mta) = act,
        case .reply(.modification(.chgHeader(1, let header))) = PacketValue(decoding: packet)
      else { return nil }
      return String(decoding: header.value, as: UTF8.self)
    }
    #expect(values == ["one:test", "two:one:test"])
  }

  @Test(arguments: [
    ("2001:db8:1::9", true), ("IPv6:2001:db8::1", true), ("2001:db9::1", false), ("192.0.2.7", false),
  ])
  func aNetworkOfIPv6HasItsOwnReply(address: String, isRefused: Bool) throws {
    let acts = try Playbook(
      cast: ["mta FROM THERE": MTA.connect("mail.example.org", address)], controls: Self.controls { _ in }
    ).acts(
      "rule on mail and client.address in 2001:db8::/32 do reject\nmta MAIL",
      after: "opened\nmta OPTNEG\nmta FROM THERE\nmta HELO")
    #expect(acts.contains(.send(isRefused ? Milter.reject : Milter.continue, to: .mta)))
  }

  @Test(
    arguments: [
      ("on body do reject", ["never matches: --steps leaves out what it is about"]),
      ("on body or unknown do reject", []), ("on message.size > 1 do reject", []),
      ("on verdict do reject", ["is about replies of a milter, and there is none"]),
      ("on header do reject", ["gives a verdict where --no-reply promises none"]),
      ("on header do add-header X-A b", []), ("on header or eoh do reject", []),
      ("on body off do reject", []),
      (
        "on eoh do add-header X-A b; quarantine odd",
        [": --actions leaves out what 'quarantine \"odd\"' needs"]
      ),
    ] as [(String, [String])])
  func rulesThatCannotWorkAreNamed(rule: String, objections: [String]) throws {
    let standIn = ProxySettings.MilterRole(
      verdict: .accept, actions: [.addHeaders], protocolFlags: [.noBody, .noReplyHeaders])
    var named = try Rule(parsing: rule)
    named.place = "a:1"
    let expected = objections.map { $0.hasPrefix(":") ? "rule a:1\($0)" : "rule a:1 \($0)" }
    #expect(standIn.objections(to: RuleBook([named])) == expected)
  }

  @Test func recipientsThatTheMTARefusedCountForNobody() throws {
    let refused = MTA.macro("R", ["{rcpt_mailer}": "error", "{rcpt_host}": "5.1.1"])
    let script = """
      rule on bodyeob and message.rcpts == "bob@example.net" do reject
      mta REFUSED
      mta RCPT
      mta RIGHT
      mta OTHER
      mta DATA
      mta EOH
      mta BODYEOB
      """
    for (flags, verdict) in [(ProtocolFlags.rejectedRcpt, Milter.accept), (ProtocolFlags(), Milter.reject)] {
      let acts = try Playbook(
        cast: [
          "mta REFUSED": refused, "mta RIGHT": MTA.macro("R", ["{rcpt_mailer}": "smtp"]),
          "mta OTHER": MTA.rcpt("<carol@example.net>"),
        ], controls: Self.controls { $0.protocolFlags = flags }
      ).acts(script, after: "opened\nmta OPTNEG\nmta CONNECT\nmta HELO\nmta MAIL")
      #expect(acts.last == .send(verdict, to: .mta))
    }
  }

  @Test func whereNobodyWatchesWhatWaitsComesAgain() {
    let beginning = "opened\nmta OPTNEG\nmta CONNECT\nmta HELO\nmta MAIL\nmta RCPT\nmta DATA\nmta EOH"
    expectPlay(
      controls: Self.controls { _ in }, after: beginning,
      """
      rule on bodyeob do hold
      mta BODYEOB
        record 15 BODYEOB from mta
        record held 15
        wake at 3 s
      nobody watches
        record instructed tempfail done
        record released 15 answered
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
        wake never
      mta MAIL
        record 17 MAIL from mta
        record released 17 dropped
        record sent on mta CONTINUE
        send CONTINUE to mta
      mta BODYEOB
        record 19 BODYEOB from mta
        record finding S01 on 19
        record finding S06 on 19
        record instructed tempfail done
        record released 19 answered
        record sent on mta TEMPFAIL
        send TEMPFAIL to mta
      """)
  }

  @Test func whatTheOperatorSaidForTheEndOfPatienceCountsWhereNobodyWatches() throws {
    for (act, expected) in [
      (ProxySettings.TimeoutAct.forward, Milter.accept), (.answer(.reject), Milter.reject),
    ] {
      var controls = Self.controls { _ in }
      controls.onTimeout = act
      let acts = try Playbook(controls: controls).acts(
        "nobody watches",
        after: "opened\nmta OPTNEG\nmta MAIL\nmta RCPT\nrule on bodyeob do hold\nmta BODYEOB")
      #expect(acts.contains(.send(expected, to: .mta)))
    }
  }

  private static func controls(_ change: (inout ProxySettings.MilterRole) -> Void) -> ProxySettings {
    var controls = ProxySettings()
    var standIn = ProxySettings.MilterRole(verdict: .accept)
    change(&standIn)
    controls.role = standIn
    return controls
  }
}
