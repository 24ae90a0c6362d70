import Testing
import TraceFormat

@Suite struct SentBaselineTests {
  private static let one = SentOutcome(
    mail: "a/1.eml", lines: ["accepted: CONTINUE at BODYEOB", "ADDHEADER X: 1"])
  private static let other = SentOutcome(mail: "a/2.eml", lines: ["rejected: REJECT at MAIL"])

  private func baseline(_ outcomes: [SentOutcome]) -> SentBaseline? {
    SentBaseline(Array((SentBaseline.mark + outcomes.map(SentBaseline.text).joined()).utf8))
  }

  @Test func whatWasKeptIsReadBack() throws {
    var kept = try #require(baseline([Self.one, Self.other]))
    #expect(kept.unseen == 2)
    #expect(kept.outcome(of: "a/2.eml") == Self.other)
    #expect(kept.outcome(of: "a/1.eml") == Self.one)
    #expect(kept.outcome(of: "a/3.eml") == nil)
    #expect(kept.unseen == 0)
  }

  @Test func anotherFileIsNone() {
    #expect(SentBaseline([]) == nil)
    #expect(SentBaseline(Array("a/1.eml\n  accepted\n".utf8)) == nil)
    #expect(SentBaseline(Array((SentBaseline.mark + "a\n  b").utf8))?.unseen == 1)
  }

  @Test func onlyWhatChangedIsTold() {
    #expect(SentDifference(from: Self.one, to: Self.one) == nil)
    let changed = SentOutcome(mail: "a/1.eml", lines: ["rejected: REJECT at MAIL", "ADDHEADER X: 1"])
    #expect(
      SentDifference(from: Self.one, to: changed)?.text
        == "a/1.eml\n- accepted: CONTINUE at BODYEOB\n+ rejected: REJECT at MAIL\n")
    #expect(SentDifference(from: nil, to: Self.other)?.text == "a/2.eml\n+ rejected: REJECT at MAIL\n")
  }

  @Test(arguments: [(" a", "./ a"), ("#a", "./#a"), ("a\nb", "a\\nb")])
  func aNameIsOneLineThatIsNoOther(_ name: String, _ plain: String) {
    #expect(SentOutcome.plain(name) == plain)
  }
}
