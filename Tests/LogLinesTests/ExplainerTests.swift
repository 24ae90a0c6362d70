import Testing

@testable import LogLines

/// What lines mean, alone and with those before them.
@Suite struct ExplainerTests {
  private func answers(_ lines: String...) -> [Explainer.Answer] {
    var explainer = Explainer()
    return lines.flatMap { explainer.take(Array($0.utf8)[...]) } + explainer.flush()
  }

  private func explanations(_ answers: [Explainer.Answer]) -> [Explanation] {
    answers.compactMap { if case .explained(let explanation, _) = $0 { explanation } else { nil } }
  }

  private func explained(_ line: String) throws -> Explanation {
    try #require(explanations(answers(line)).first)
  }

  @Test func anHTTPServiceInPlaceOfAMilterIsNamedInFiveLines() throws {
    let told = try explained(
      "warning: milter inet:localhost:11333: can't read SMFIC_OPTNEG reply packet header: Success")
    #expect(
      ExplanationText.text(told) == """
          means    Postfix waited for the milter's reply to SMFIC_OPTNEG and got none. The milter closed: “Success” is no error here, it is the end of the connection.
          said by  Postfix, at OPTNEG, the first packet of a connection (milter8_read_resp in milter8.c)
          likely   1. an HTTP service sits there: 11333 is rspamd's normal worker; the milter is its proxy worker on 11332; 2. the milter needs more than the MTA offers: milter_protocol is too low (libmilter logs: does not fulfill); 3. the milter refuses this client's address, or has no free files or threads
          check    curl -si http://localhost:11333/ | head -1 answers HTTP/1.1; ss -ltnp 'sport = :11333' names the program
          write    main.cf: smtpd_milters = inet:localhost:11332, then postfix reload

        """)
  }

  static let ends = [
    "Success", "Application error", "Undefined error: 0", "Unknown error : 0", "No such file or directory",
  ]

  @Test(arguments: ends) func whatIsNoErrorBehindAReadIsAMilterThatClosed(_ error: String) throws {
    let told = try explained("warning: milter unix:/m: can't read SMFIC_MAIL reply packet header: \(error)")
    #expect(told.meaning.contains("The milter closed"))
    #expect(told.facts.stage == "MAIL")
  }

  @Test func aSilentMilterIsToldWithTheParameterOfItsStage() throws {
    func written(_ event: String) throws -> String? {
      try explained("milter inet:h:1: can't read \(event) reply packet header: Connection timed out").write
    }
    #expect(try written("SMFIC_OPTNEG")?.contains("milter_connect_timeout") == true)
    #expect(try written("SMFIC_RCPT")?.contains("milter_command_timeout") == true)
    #expect(try written("SMFIC_BODYEOB")?.contains("milter_content_timeout") == true)
  }

  static let lengths = [
    ("milter inet:h:1: unreasonable packet length: 1213486160 > 1073741823", "HTTP"),
    ("milter unix:/m: unreasonable packet length: 1886352244 > 1073741823", "log lines"),
    ("milter unix:/m: unreasonable packet length: 1431194446 > 1073741823", "clamd"),
    ("milter unix:/m: unreasonable packet length: 369295616 > 1073741823", "TLS"),
    ("milter_sys_read(x): cmd read returned 61, expecting 1213486159", "HTTP"),
  ]

  @Test(arguments: lengths) func aLengthIsReadAsCharacters(_ line: String, _ peer: String) throws {
    #expect(try explained(line).meaning.contains(peer))
  }

  static let versions: [(line: String, version: String, says: String)] = [
    (
      "milter-reject: END-OF-MESSAGE from x[192.0.2.1]: message content rejected; from=<a@b>", "3.7.11",
      "Postfix 3.7: the client gets 250, and the mail is thrown away"
    ),
    (
      "milter-reject: END-OF-MESSAGE from x[192.0.2.1]: message content rejected; from=<a@b>",
      "postfix-3.12-20260821", "Postfix 3.12: the mail is refused for now, and the client tries again"
    ),
    (
      "warning: milter unix:/m: can't read packet header: Success", "3.7",
      "Postfix 3.7 does not print this, only versions before 2.5: there it reads “can't read SMFIC_… reply packet header”"
    ),
    (
      "Milter (x) add: header: X-A: b", "sendmail 8.15.2",
      "Sendmail 8.15 does not print this, only versions from 8.16 on: there it reads “the same without the filter's name”"
    ),
    ("Milter (x): to error state", "8.17", "Sendmail 8.17: as in every version that is known here"),
    // Of another program nothing is said.
    ("Milter (x): to error state", "3.7", ""),
  ]

  @Test(arguments: versions) func whatAVersionMeansByATextIsSaid(
    _ row: (line: String, version: String, says: String)
  ) throws {
    let version: MTAVersion = try #require(MTAVersion(typed: row.version))
    var explainer = Explainer(version)
    let answers = explainer.take(Array(row.line.utf8)[...]) + explainer.flush()
    guard case .explained(let explanation, _)? = answers.first else {
      Issue.record("not explained: \(row.line)")
      return
    }
    if row.says.isEmpty {
      #expect(explanation.version == nil)
    } else {
      #expect((explanation.version ?? explanation.meaning).contains(row.says))
    }
  }

  @Test func withoutAVersionAllAreSaid() throws {
    let told = try explained(
      "milter-reject: END-OF-MESSAGE from x[192.0.2.1]: message content rejected; from=<a@b>")
    #expect(told.version?.contains("before 3.11 the client gets 250") == true)
    #expect(told.version?.contains("from 3.11 on the mail is refused") == true)
    #expect(try explained("Milter (x): to error state").version == nil)
  }

  @Test func aVersionHasTwoNumbersAtLeast() {
    for typed in ["3", "", "x", "3.", "3..7", "9.1", "postfix 8.17", "sendmail 3.7", "99999999999.1"] {
      #expect(MTAVersion(typed: typed) == nil, "\(typed)")
    }
  }

  /// A row of the table of changes that fits no text would never be said.
  @Test func whatChangedIsAboutTextsThatThereAre() {
    let told = LogText.all.filter { TextHistory.of($0) != nil }
    #expect(told.filter { $0.speaker == .postfix }.count == 9)
    #expect(told.contains { $0.format == "Milter ({milter}) message: body replaced" })
    #expect(told.contains { $0.format == "Milter ({milter}): timeout before data read" })
  }

  @Test func aFifthByteTellsAnSMTPBanner() throws {
    let told = try explained("milter inet:h:2525: unexpected reply \"m\" in initial handshake")
    #expect(told.causes.joined().contains("SMTP banner"))
  }

  @Test func aVerdictBehindAFailureOfItsProcessIsTheMTAsOwn() {
    let reject =
      "NOQUEUE: milter-reject: MAIL from x[192.0.2.1]: 451 4.7.1 Service unavailable - try again later; from=<a@b>"
    let failure = "warning: connect to Milter service inet:h:1: Connection refused"
    func decided(_ lines: String...) -> String {
      var explainer = Explainer()
      let all = lines.flatMap { explainer.take(Array($0.utf8)[...]) }
      return explanations(all).last?.decided ?? ""
    }
    let own = "Postfix, by milter_default_action"
    #expect(decided("postfix/smtpd[1]: " + failure, "postfix/smtpd[1]: " + reject).hasPrefix(own))
    #expect(decided(failure, reject).hasPrefix(own))
    let milters = "the milter, with TEMPFAIL; or Postfix in its place"
    let next = "postfix/smtpd[1]: connect from y[192.0.2.2]"
    #expect(decided("postfix/smtpd[1]: " + failure, next, "postfix/smtpd[1]: " + reject).hasPrefix(milters))
    #expect(decided("postfix/smtpd[2]: " + failure, "postfix/smtpd[1]: " + reject).hasPrefix(milters))
  }

  @Test func verdictsAreTakenApart() throws {
    let told = try explained(
      "Nov  8 12:00:01 mx postfix/cleanup[7]: 4ABC123: milter-reject: END-OF-MESSAGE from x[192.0.2.1]: 5.7.1 Spam found; from=<a@b> to=<c@d>"
    )
    #expect(told.facts.queue == "4ABC123")
    #expect(told.facts.stage == "BODYEOB")
    #expect(told.facts.client == "x[192.0.2.1]")
    #expect(told.facts.reply == "5.7.1 Spam found")
    #expect(told.decided == "the milter, with a reply of its own (the text is the milter's)")
    #expect(told.meaning.contains("three digits"))
    let hold = "4ABC123: milter-hold: END-OF-MESSAGE from x[192.0.2.1]: milter triggers HOLD action; from=<>"
    #expect(try explained(hold).decided?.contains("QUARANTINE") == true)
    #expect(try explained(hold).write?.hasPrefix("postsuper -H 4ABC123 lets it go") == true)
    #expect(told.write?.hasSuffix("cidr:/etc/postfix/no-milter (192.0.2.1 DISABLE)") == true)
    let discard = "4ABC123: milter-discard: MAIL from x[192.0.2.1]: milter triggers DISCARD action; from=<>"
    #expect(try explained(discard).decided == "the milter, with DISCARD")
    let sendmail = "sm-mta[1]: 5ASC00x1000055: milter=spam, action=mail, reject=550 5.7.1 no"
    #expect(try explained(sendmail).decided == "the milter spam")
  }

  /// What a client calls itself is never part of a line to paste.
  @Test(arguments: [
    ("x[2001:db8::7]", " (2001:db8::7 DISABLE)"), ("unknown[unknown]", "no-milter"), ("x[1;id]", "no-milter"),
  ]) func anAddressToPasteIsTheClients(_ client: String, _ end: String) throws {
    let line = "4ABC123: milter-reject: END-OF-MESSAGE from \(client): 5.7.1 Spam; from=<a@b> to=<c@d>"
    #expect(try explained(line).write?.hasSuffix(end) == true)
  }

  @Test func aConsequencePointsAtItsCause() {
    let told = explanations(
      answers(
        "sm-mta[5]: 5ASC00x1000055: Milter (dkim): local socket name /run/d unsafe",
        "sm-mta[5]: 5ASC00x1000055: Milter (dkim): to error state", "sm-mta[6]: Milter (dkim): to error state"
      ))
    #expect(told.map(\.follows) == [nil, "Milter (dkim): local socket name /run/d unsafe", nil])
    #expect(told.last?.causes == ["the line before it, of the same process, says why"])
  }

  @Test func aWrappedLineIsReadAsOneAndACutOneAsFarAsItGoes() {
    let wrapped = explanations(
      answers(
        "postfix/smtpd[1]: warning: milter inet:h:1: can't read SMFIC_MAIL reply",
        "   packet header: Success"))
    #expect(wrapped.map(\.facts.stage) == ["MAIL"])
    let cut = explanations(
      answers(
        "warning: milter inet:h:1: can't read SMFIC_MA",
        "postfix/smtpd[1]: warning: milter inet:h:1: read error in initial handshake"))
    #expect(cut.count == 2)
    #expect(cut.first?.meaning.contains("cut off") == true)
    let begun = "ad: lter x Milter (clam): write(M) returned -1, expected 22: Broken pipe"
    #expect(explanations(answers(begun)).map(\.facts.milter) == ["clam"])
  }

  static let errors = [
    ("unix:/run/m", "Connection refused", "socket file"),
    ("inet:localhost:8891", "Connection refused", "does not run"),
    ("unix:/run/m", "No such file or directory", "/var/spool/postfix/run/m"),
    ("unix:/run/m", "Permission denied", "group"),
    ("unix:/run/m", "Resource temporarily unavailable", "queue is full"),
    ("inet:nowhere:8891", "Cannot assign requested address", "does not resolve"),
    ("inet:h:70000", "Connection refused", "4464"), ("inet:h:8891", "No route to host", "firewall"),
  ]

  @Test(arguments: errors) func theErrorTextOfAConnectionDecides(
    _ socket: String, _ error: String, _ cause: String
  )
    throws
  {
    #expect(
      try explained("warning: connect to Milter service \(socket): \(error)").causes.joined().contains(cause))
  }

  static let strangers: [(String, Neighbour?)] = [
    (
      "postfix/smtpd[4]: NOQUEUE: reject: RCPT from x[1.2.3.4]: 554 5.7.1 <a@b>: Relay access denied; from=<>",
      .relayAccess
    ),
    ("postfix/smtpd[4]: warning: problem talking to server 127.0.0.1:10023: Connection refused", .policy),
    ("postfix/postscreen[4]: PREGREET 14 after 0.2 from [1.2.3.4]:80: EHLO", .postscreen),
    (
      "postfix/smtp[4]: 4ABC: to=<a@b>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, status=deferred (x)",
      .contentFilter
    ),
    ("\u{1}\u{2}\u{FFFD}", nil),
  ]

  @Test(arguments: strangers) func whatIsNotAboutAMilterSaysSo(_ line: String, _ neighbour: Neighbour?) throws
  {
    guard case .unrelated(let one)? = answers(line).first else {
      Issue.record("explained")
      return
    }
    #expect(one.neighbour == neighbour)
    #expect(ExplanationText.text(one).contains("not about a milter"))
  }

  @Test func controlCharactersOfALineAreNeverPrinted() throws {
    let told = try explained(
      "milter inet:\u{1B}[31m:1: can't read SMFIC_\u{7}MAIL reply packet header: \u{9B}Success")
    #expect(
      ExplanationText.text(told).unicodeScalars.allSatisfy {
        $0 == "\n" || $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value)
      })
  }

  /// Strangers write into logs, and what is printed to be typed is typed.
  @Test func whatAStrangerWroteIsNoPartOfACommand() throws {
    for socket in ["inet:$(reboot):80", "unix:/x;reboot", "inet:`reboot`:11333", "inet:-rf:1", "/tmp/a|b"] {
      let told = try explained(
        "warning: milter \(socket): can't read SMFIC_OPTNEG reply packet header: Success")
      let typed = (told.check ?? "") + (told.write ?? "")
      #expect(!typed.contains("reboot") && !typed.contains("-rf") && !typed.contains("a|b"))
    }
  }
}
