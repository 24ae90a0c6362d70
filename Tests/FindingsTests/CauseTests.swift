import MilterProtocol
import TestSupport
import Testing

/// Findings of a broken conversation, each with what it follows from.
@Suite struct CauseTests {
  /// One finding as `R02@6`, and as `R18@9 < R02@6` where it follows from another. Left out is what has nothing to do with it.
  private static func words(_ findings: [Finding]) -> [String] {
    findings.filter { !["M01", "S07"].contains($0.rule.id) }.map { finding in
      name(finding.rule, finding.packet) + (finding.cause.map { " < " + name($0.rule, $0.packet) } ?? "")
    }
  }

  private static func name(_ rule: FindingRule, _ packet: Int?) -> String {
    rule.id + (packet.map { "@\($0)" } ?? "")
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let title: String
    let letters: String
    var flags: ProtocolFlags = []
    /// Who closes, in order.
    var closing: [Leg] = []
    let findings: [String]
    var testDescription: String { title }
  }

  private static let rows = [
    Row(title: "a crash", letters: "O/O C/c M", closing: [.milter], findings: ["R03@5", "W05 < R03@5"]),
    Row(
      title: "a crash in the middle of a mail, and the MTA goes on", letters: "O/O C/c M/c R",
      closing: [.milter, .mta],
      findings: ["R03@7", "W05 < R03@7"]),
    Row(
      title: "silence, then ABORT and a late reply", letters: "O/O C/c M A c/c",
      findings: ["R03@5", "S11@6 < R03@5", "W02@7 < R03@5"]),
    Row(
      title: "silence, then a close and a late reply", letters: "O/O C/c M Q/c",
      findings: ["R03@5", "S11@6 < R03@5", "R18@7 < R03@5"]),
    Row(
      title: "a reply too many, and what is out of step behind it",
      letters: "O/O C/c M/cc R/c T/c L/c N/c E/c A Q/c", findings: ["R02@7", "R18@20 < R02@7"]),
    Row(
      title: "two replies, twice", letters: "O/O C/c M/cc R/cc",
      findings: ["R02@7", "R02@10 < R02@7"]),
    Row(
      title: "a modification too early, and the MTA leaves", letters: "O/O C/c M/hhc", closing: [.mta],
      findings: ["R04@6", "R04@7 < R04@6", "S10 < R04@6"]),
    Row(
      title: "a modification too early, and the mail goes on: the crash is another fault",
      letters: "O/O C/c M/hc R/c T", closing: [.milter], findings: ["R04@6", "R03@10", "W05 < R03@10"]),
    Row(
      title: "a command out of order that is never answered", letters: "O/O C/c T A",
      findings: ["S01@5", "S06@5 < S01@5", "R03@5 < S01@5", "S11@6 < S01@5"]),
    Row(
      title: "QUARANTINE too early, and Postfix hides what follows",
      letters: "O/O C/c M/qc L/c N/c E/c M/c L/c",
      findings: [
        "R05@6", "S01@8 < R05@6", "S06@8 < R05@6", "S01@16 < R05@6", "S06@16 < R05@6",
      ]),
    Row(
      title: "commands that are not waited for", letters: "O/O C/c M R T L",
      findings: ["S12@6"]),
  ]

  @Test(arguments: rows) func whatFollowsFromAFaultRefersToIt(_ row: Row) {
    let (letters, late) = (row.letters.replacing(" c/c", with: ""), row.letters.hasSuffix(" c/c"))
    var play = LegPlay(letters, flags: row.flags)
    if late { play.play(Milter.continue) }
    for leg in row.closing { play.close(leg) }
    #expect(Self.words(play.findings) == row.findings)
  }

  @Test func whatConnFailLeavesOpenFollowsFromIt() {
    var play = LegPlay("O/O C/c M")
    play.play(Packet(code: ReplyKind.connFail.rawValue, from: .milter))
    play.play(Letters.packets("R T"))
    play.close(.mta)
    #expect(
      Self.words(play.findings) == [
        "R13@6", "S12@7 < R13@6", "R03@5 < R13@6", "S11 < R13@6",
      ])
  }

  @Test func connFailIsAVerdictForAnMTAThatTakesIt() {
    var play = LegPlay("")
    play.play(MTA.optNeg(ActionFlags(rawValue: 0xFF), ProtocolFlags(rawValue: 0x42)))
    play.play(Milter.optNeg(.current, []))
    play.play(Letters.packets("C/c M"))
    play.play(Milter.connFail)
    play.close(.mta)
    let words = Self.words(play.findings)
    #expect(!words.contains { $0.hasPrefix("R13") || $0.hasPrefix("R03") || $0.hasPrefix("S11") }, "\(words)")
  }

  @Test func aMalformedCommandExplainsWhyTheMilterClosed() {
    var play = LegPlay("O/O C/c")
    play.play(Packet(code: CommandKind.mail.rawValue, payload: Array("<a@b>".utf8), from: .mta))
    play.close(.milter)
    #expect(Self.words(play.findings) == ["G01@5", "R03@5 < G01@5", "W05 < G01@5"])
  }

  // MARK: Which one was too many

  /// Postfix sends a mail in one piece; what answers its headers is heard behind the end of message.
  @Test func asManyTooManyAsCommandsWithoutReplyAreThoseReplies() {
    let flags: ProtocolFlags = [.noReplyHeaders, .noReplyEOH, .noReplyBody]
    var play = LegPlay("O/O", flags: flags)
    play.play(MTA.macro("C", ["v": "Postfix 3.7.11"]))
    play.play(Letters.packets("C/c M/c R/c T/c L L N B E"))
    play.playAtOnce(Array(repeating: Milter.continue, count: 5))
    #expect(Self.words(play.findings) == ["R01@17"])
  }

  /// Postfix throws them away with each mail, so each mail begins in step; the mistake is one.
  @Test func theSameOfTheNextMailFollowsFromIt() {
    var play = LegPlay("O/O", flags: Self.content)
    play.play(MTA.macro("C", ["v": "Postfix 3.7.11"]))
    play.play(Letters.packets("C/c M/c R/c T/c L L N B E"))
    play.playAtOnce(Array(repeating: Milter.continue, count: 5))
    play.play(Letters.packets("M/c R/c T/c L L N B E"))
    play.playAtOnce(Array(repeating: Milter.continue, count: 5))
    let first = Self.words(play.findings).first
    #expect(first == "R01@17")
    #expect(Self.words(play.findings).count > 1)
    #expect(Self.words(play.findings).dropFirst().allSatisfy { $0.hasSuffix(" < R01@17") })
  }

  @Test func aModificationBehindThemShowsThatTheVerdictIsStillToCome() {
    var play = LegPlay(
      "O/O C/c M/c R/c T/c L L N B E/cc", flags: [.noReplyHeaders, .noReplyEOH, .noReplyBody])
    play.play(Milter.addHeader(), Milter.continue)
    #expect(Self.words(play.findings) == ["R01@16", "R08@18 < R01@16", "R01@19 < R01@16"])
  }

  private static let content: ProtocolFlags = [.noReplyHeaders, .noReplyEOH, .noReplyBody]

  /// One alone may be the first of several, until the milter has answered something else.
  @Test func oneTooManyBehindSeveralCommandsWithoutReplyIsASecondVerdict() {
    var play = LegPlay("O/O C/c M/c R/c T/c L L N B E/cc A M/c", flags: Self.content)
    #expect(Self.words(play.findings) == [])
    play.play(MTA.rcpt())
    #expect(Self.words(play.findings) == ["R02@17"])
  }

  @Test func oneTooManyIsASecondVerdictWhereNothingFollows() {
    var play = LegPlay("O/O C/c M/c R/c T/c L L N B E/cc", flags: Self.content)
    play.close(.mta)
    #expect(Self.words(play.findings).first == "R02@17")
  }

  /// The MTA has gone on before all of them are here.
  @Test func severalThatComeLateAreNoSecondVerdicts() {
    let play = LegPlay("O/O C/c M/c R/c T/c L L N B E/cc A M/ccc", flags: Self.content)
    #expect(Self.words(play.findings).first == "R01@16")
    let other = LegPlay("O/O C/c M/c R/c T/c L L N B E/ccc A M/cc", flags: Self.content)
    #expect(Self.words(other.findings).first == "R01@16")
  }

  @Test func aReplyThatCameMuchTooSoonIsNamed() {
    var play = LegPlay("O/O C/c M/c R/c T/c")
    for wait in [200, 220, 36, 190] {
      play.play(MTA.header())
      play.wait(.milliseconds(Int64(wait)))
      play.play(Milter.continue)
    }
    play.play(Letters.packets("N/c E/c A"))
    play.play(Milter.addHeader(), Milter.continue)
    #expect(
      Self.words(play.findings) == ["R02@16", "R04@24 < R02@16", "R02@25 < R02@16"])
    #expect(
      play.findings.first { $0.rule == .secondVerdict }?.text
        == "most likely one too many: it came 37000 µs after HEADER (packet 15), where others took 191000 µs and more"
    )
  }

  @Test func aSecondVerdictRightBehindTheFirstIsItself() {
    var play = LegPlay("O/O C/c M/c R/c T/c")
    for wait in [200, 220, 36, 190] {
      play.play(MTA.header())
      play.wait(.milliseconds(Int64(wait)))
      play.play(Milter.continue)
    }
    play.play(Milter.continue)
    #expect(Self.words(play.findings) == ["R02@19"])
  }
}
