import Conformance
import MilterProtocol
import Testing

/// The checklist for milters, gone through with milters that behave in one way or another.
@Suite struct MilterTrialTests {
  private static let table = MilterTrial.table

  @Test func everyFaultHasAWordOfItsOwn() {
    #expect(Set(Self.table.map(\.id)).count == Self.table.count)
    #expect(Self.table.count >= 60)
    for trial in Self.table {
      #expect(trial.id.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(trial.id)")
    }
  }

  @Test func aMilterThatAnswersWhateverComesSurvivesAll() {
    var milter = PlayedMilter { PlayedMilter.obliging($0) }
    let reports = milter.reports()
    #expect(reports.count == Self.table.count)
    for report in reports.values { #expect(report.result == .pass, "\(report)") }
  }

  @Test func aMilterThatAnswersTheEndAloneSurvivesAll() {
    var now: ProtocolFlags = []
    var milter = PlayedMilter { packet in
      if case .command(.optNeg(let offer)) = PacketValue(decoding: packet) {
        now = offer.protocolFlags.intersection([.allNoReply, .headerLeadingSpace])
      }
      return PlayedMilter.obliging(packet, steps: now)
    }
    for report in milter.reports().values { #expect(report.result == .pass, "\(report)") }
  }

  @Test func whatTheMilterDoesNotWantIsNotTried() {
    let wanted: ProtocolFlags = [.noHelo, .noUnknown, .noBody]
    var milter = PlayedMilter { PlayedMilter.obliging($0, steps: wanted) }
    let reports = milter.reports(only: ["helo-empty", "unknown-bare", "body-1mb", "trickle", "sender-null"])
    #expect(reports["helo-empty"]?.reasons == ["it wants no HELO"])
    #expect(reports["unknown-bare"]?.result == .skip && reports["body-1mb"]?.result == .skip)
    #expect(reports["trickle"]?.result == .pass && reports["sender-null"]?.result == .pass)
    #expect(!milter.heard.contains { $0.kind == .command(.helo) || $0.kind == .command(.body) })
  }

  @Test func nothingIsTriedBehindADecision() {
    var milter = PlayedMilter { packet in
      packet.kind == .command(.rcpt)
        ? .say([Packet(encoding: Reply.verdict(.accept))]) : PlayedMilter.obliging(packet)
    }
    let reports = milter.reports(only: ["plain", "header-one-string", "mail-no-nul"])
    #expect(reports["plain"]?.came == "ACCEPT at RCPT" && reports["plain"]?.result == .pass)
    #expect(reports["header-one-string"]?.reasons == ["the mail gets no further than ACCEPT at RCPT"])
    #expect(reports["mail-no-nul"]?.result == .pass)
    #expect(!milter.heard.contains { $0.kind == .command(.data) })
  }

  @Test func aSecondAnswerFails() {
    var milter = PlayedMilter { packet in
      guard packet.kind == .command(.rcpt) else { return PlayedMilter.obliging(packet) }
      return .say([Packet(encoding: Reply.verdict(.reject)), Packet(encoding: Reply.verdict(.continue))])
    }
    let report = milter.reports(only: ["plain"])["plain"]
    #expect(report?.result == .fail && report?.reasons.first?.hasPrefix("R02: ") == true)
  }

  @Test func aMilterThatHangsUpOnAMailFails() {
    var milter = PlayedMilter { $0.kind == .command(.eoh) ? .close : PlayedMilter.obliging($0) }
    let reports = milter.reports(only: ["plain", "abort-body"])
    #expect(reports["plain"]?.reasons == ["it closed behind EOH"])
    #expect(reports["abort-body"]?.reasons == ["the mail gets no further than EOH"])
  }

  @Test func silenceToAnOrdinaryCommandFails() {
    var milter = PlayedMilter { packet in
      packet.bytes.count > 60_000 ? .say([]) : PlayedMilter.obliging(packet)
    }
    let report = milter.reports(only: ["body-chunk"])["body-chunk"]
    #expect(report?.result == .fail && report?.reasons.first?.hasPrefix("no answer to BODY within ") == true)
  }

  @Test func whatAnEarlierMailHadMayNotShow() {
    // Adds its headers at the end of each mail, and never forgets one.
    var mails = 0
    var milter = PlayedMilter { packet in
      if packet.kind == .command(.optNeg) { mails = 0 }
      guard packet.kind == .command(.bodyEOB) else { return PlayedMilter.obliging(packet) }
      mails += 1
      let header = Header(name: Array("X-Mail".utf8), value: [0x31])
      let changes = (0..<mails).map { _ in Packet(encoding: Reply.modification(.addHeader(header))) }
      return .say(changes + [Packet(encoding: Reply.verdict(.accept))])
    }
    let reports = milter.reports(only: ["plain", "two-mails", "abort-body"])
    #expect(reports["plain"]?.came == "ACCEPT at BODYEOB, 1 change")
    #expect(
      reports["two-mails"]?.reasons == [
        "the plain mail got ADDHEADER X-Mail, this one ADDHEADER X-Mail, ADDHEADER X-Mail"
      ])
    #expect(reports["abort-body"]?.result == .pass)
  }

  @Test func aMilterThatIsGoneIsNotAskedAgain() {
    var milter = PlayedMilter { packet in
      packet.code == 0x5A ? .die : PlayedMilter.obliging(packet)
    }
    let reports = milter.reports(only: ["plain", "code-unknown", "http"])
    #expect(reports["code-unknown"]?.reasons == ["the milter is gone behind it"])
    #expect(reports["http"]?.reasons == ["the milter is gone"] && reports["http"]?.result == .skip)
  }

  @Test func theConnectionOfAFaultIsHeldOpenWhileTheNextMailIsSent() {
    var milter = PlayedMilter { PlayedMilter.obliging($0) }
    let reports = milter.reports(only: ["stuck-in-packet", "idle"])
    #expect(reports["stuck-in-packet"]?.result == .pass && reports["idle"]?.result == .pass)
    #expect(milter.heard.count { $0.kind == .command(.bodyEOB) } == 3)
  }
}
