import MilterProtocol
import Testing

@testable import LogLines

/// What is expected of logs, and what is explained of them, are one table.
@Suite struct LogForecastTests {
  private static let mtas = MeasuredMTA.allCases

  /// At MAIL, with all that a line has in it.
  private static func occasion(at stage: Stage = .mail, _ packet: Packet? = nil) -> LogOccasion {
    var occasion = LogOccasion()
    occasion.socket = "inet:127.0.0.1:8891"
    occasion.client.host = Array("client.example".utf8)
    occasion.client.address = Array("192.0.2.1".utf8)
    occasion.client.helo = Array("helo.example".utf8)
    occasion.envelope.queue = stage == .mail ? nil : Array("4jcG914m0Pz2QbqV".utf8)
    occasion.envelope.sender = Array("<a@example.org>".utf8)
    occasion.envelope.recipient = Array("<b@example.net>".utf8)
    occasion.stage = stage
    occasion.commandBytes = 16
    occasion.packet = packet
    return occasion
  }

  private func explained(_ line: ExpectedLine) throws -> Explanation {
    var explainer = Explainer()
    guard let explanation = explainer.take(line) else { throw Unexplained(line: line.line) }
    return explanation
  }

  private struct Unexplained: Error { let line: String }

  static let rows = Array(LogExpectation.all.indices)

  @Test(arguments: rows) func anExpectedLineIsExplainedByTheRuleThatItIsExpectedOf(_ place: Int) throws {
    let row = LogExpectation.all[place]
    let rule = try #require(FindingRule.withID(row.rule))
    let stage: Stage =
      switch row.place {
      case .negotiation: .negotiation
      case .end: .bodyEOB
      case .anywhere, .afterNegotiation, .beforeEnd: .mail
      }
    let lines = row.lines(Self.occasion(at: stage))
    let explanation = try explained(try #require(lines.first))
    #expect(explanation.rules.contains(rule), "\(lines[0].line): \(explanation.text.format)")
    #expect(explanation.text.speaker == row.speaker)
    for line in lines.dropFirst() { _ = try explained(line) }
  }

  @Test func whatTextsSayOfFindingsIsExpectedOfThem() {
    for text in LogText.all {
      guard case .finding(let id) = text.advice else { continue }
      #expect(LogExpectation.rules(of: text).contains { $0.id == id }, "\(id): \(text.format)")
    }
  }

  static let replies: [(ReplyKind, Packet)] = ReplyKind.allCases.map { kind in
    let payload: [UInt8] =
      switch kind {
      case .replyCode: Array("550 5.7.1 50%% spam\0".utf8)
      case .addHeader, .insHeader, .chgHeader:
        (kind == .addHeader ? [] : [0, 0, 0, 1]) + Array("X-Spam\0yes\0".utf8)
      case .addRcpt, .delRcpt, .addRcptPar, .chgFrom, .quarantine: Array("<c@example.net>\0".utf8)
      default: []
      }
    return (kind, Packet(code: kind.rawValue, payload: payload, from: .milter))
  }

  @Test func linesOfVerdictsAreTextsOfTheTableAtEveryStage() throws {
    for (kind, packet) in Self.replies {
      for stage in Stage.allCases {
        for mta in Self.mtas {
          let logs = LogForecast.logs(of: kind, Self.occasion(at: stage, packet), at: mta.known)
          #expect(logs.allSatisfy { $0.speaker == Speaker(mta) && !$0.isAssumed })
          for line in logs.flatMap(\.lines) {
            #expect(try explained(line).text.speaker == Speaker(mta), "\(line.line)")
          }
        }
      }
    }
  }

  /// What others log, nobody knows here.
  @Test func ofOthersNothingIsSaid() {
    #expect(LogForecast.logs(of: .reject, Self.occasion(), at: .stalwart).isEmpty)
  }

  @Test func ofAnMTAThatIsNotKnownBothAreSaid() throws {
    let logs = LogForecast.logs(of: .reject, Self.occasion(), at: nil)
    #expect(logs.map(\.speaker) == [.postfix, .sendmail])
    #expect(logs.allSatisfy { $0.isAssumed && $0.heading.contains("assumed") })
  }

  // MARK: as they were seen

  private func lines(_ finding: Finding, _ occasion: LogOccasion, at mta: KnownMTA) -> [String] {
    LogForecast.logs(of: finding, occasion, at: mta).flatMap(\.lines).map(\.line)
  }

  @Test func aMilterThatClosesAtMAIL() {
    var occasion = Self.occasion()
    occasion.silence = .closed
    let finding = Finding(.noVerdict, packet: 7, "MAIL was never answered")
    #expect(
      lines(finding, occasion, at: .postfix) == [
        "postfix/smtpd: warning: milter inet:127.0.0.1:8891: can't read SMFIC_MAIL reply packet header: Application error",
        "postfix/smtpd: NOQUEUE: milter-reject: MAIL from client.example[192.0.2.1]: 451 4.7.1 Service unavailable - try again later; from=<a@example.org> proto=ESMTP helo=<helo.example>",
      ])
    #expect(
      lines(finding, occasion, at: .sendmail) == [
        "sm-mta: QUEUE: milter_sys_read(NAME): cmd read returned 0, expecting 5",
        "sm-mta: QUEUE: Milter (NAME): to error state",
        "sm-mta: QUEUE: Milter: from=<a@example.org>, reject=451 4.3.2 Please try again later",
      ])
  }

  @Test func aMilterThatIsSilentAtTheEnd() {
    var occasion = Self.occasion(at: .bodyEOB)
    occasion.silence = .silent
    let finding = Finding(.noVerdict, packet: 7, "BODYEOB was never answered")
    #expect(
      lines(finding, occasion, at: .postfix) == [
        "postfix/cleanup: warning: milter inet:127.0.0.1:8891: can't read SMFIC_BODYEOB reply packet header: Connection timed out",
        "postfix/cleanup: 4jcG914m0Pz2QbqV: milter-reject: END-OF-MESSAGE from client.example[192.0.2.1]: 4.7.1 Service unavailable - try again later; from=<a@example.org> to=<b@example.net> proto=ESMTP helo=<helo.example>",
      ])
    #expect(
      lines(finding, occasion, at: .sendmail).first
        == "sm-mta: 4jcG914m0Pz2QbqV: Milter (NAME): timeout before data read, where=eom")
  }

  @Test func aModificationAtRCPT() {
    let packet = Packet(code: UInt8(ascii: "h"), payload: Array("X-Spam\0yes\0".utf8), from: .milter)
    let finding = Finding(.editTooEarly, packet: 7, "ADDHEADER at RCPT")
    let occasion = Self.occasion(at: .rcpt, packet)
    #expect(
      lines(finding, occasion, at: .postfix).first
        == "postfix/smtpd: warning: milter inet:127.0.0.1:8891: unexpected filter response SMFIR_ADDHEADER after event SMFIC_RCPT"
    )
    #expect(
      lines(finding, occasion, at: .sendmail) == [
        "sm-mta: 4jcG914m0Pz2QbqV: milter_send_command(NAME): action=rcpt returned bogus response h",
        "sm-mta: 4jcG914m0Pz2QbqV: Milter (NAME): to error state",
        "sm-mta: 4jcG914m0Pz2QbqV: Milter: cmd=data, reject=451 4.3.2 Please try again later",
      ])
  }

  @Test func anHTTPServerInPlaceOfTheMilter() {
    var occasion = Self.occasion(at: .negotiation)
    occasion.foreign = Array("HTTP/1.1 400 Bad Request".utf8)
    let finding = Finding(.notMilter, packet: nil, "HTTP")
    #expect(
      lines(finding, occasion, at: .postfix).prefix(2) == [
        "postfix/smtpd: warning: milter inet:127.0.0.1:8891: unreasonable packet length: 1213486160 > 1073741823",
        "postfix/smtpd: warning: milter inet:127.0.0.1:8891: read error in initial handshake",
      ])
    occasion.foreign = Array("220 mail.example ESMTP".utf8)
    #expect(
      lines(finding, occasion, at: .postfix).first
        == "postfix/smtpd: warning: milter inet:127.0.0.1:8891: unexpected reply \"m\" in initial handshake")
  }

  @Test func whatFollowsFromAnotherFindingHasNoLinesOfItsOwn() {
    let finding = Finding(.noVerdict, packet: 7, "MAIL", cause: Finding.Cause(.secondVerdict, packet: 5))
    #expect(LogForecast.logs(of: finding, Self.occasion(), at: .postfix).isEmpty)
  }

  @Test func strangersBytesComeAsQuestionMarks() {
    var occasion = Self.occasion()
    occasion.envelope.sender = Array("<a\u{1B}[2J@example.org>".utf8) + [0xFF]
    let log = LogForecast.logs(of: .reject, occasion, at: .postfix)
    #expect(log.flatMap(\.lines).map(\.text).joined().contains("from=<<a?[2J@example.org>?>"))
  }
}
