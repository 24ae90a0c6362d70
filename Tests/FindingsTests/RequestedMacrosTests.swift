import MilterProtocol
import TestSupport
import Testing

/// Macros that the milter asked for and that do not come.
@Suite struct RequestedMacrosTests {
  @Test(arguments: [
    ("f", "Postfix 3.7.11", ["N21"]), ("{f}", "Postfix 3.7.11", ["N21"]), ("f", "8.17.1.9", []),
    ("{tls_sni}", "8.17.1.9", ["N21"]), ("{tls_sni}", "Postfix 3.7.11", []),
    ("{auth_author}", "Postfix 3.7.11", []),
    ("{clinet_ptr}", "Postfix 3.7.11", ["N16"]), ("f r s", "Postfix 3.7.11", ["N21"]), ("f", "", []),
  ])
  func isJudgedByTheMTA(_ names: String, version: String, ids: [String]) {
    var play = LegPlay()
    play.play(MTA.optNeg(), Milter.optNeg(symbols: [(2, names)]))
    if !version.isEmpty { play.play(MTA.macro("C", ["v": version])) }
    play.play(MTA.connect(), Milter.continue, MTA.helo(), Milter.continue)
    play.play(MTA.macro("M", ["{mail_addr}": "a@b"]), MTA.mail(), Milter.continue)
    #expect(Self.judged(play.findings).ids() == ids)
  }

  /// The macros of CONNECT tell which MTA it is, and are judged once that is known.
  @Test func isJudgedOnceTheMTAIsKnown() throws {
    var play = LegPlay()
    play.play(MTA.optNeg(), Milter.optNeg(symbols: [(0, "v {if_name}")]))
    play.play(MTA.macro("C", ["v": "Postfix 3.7.11"]), MTA.connect(), Milter.continue)
    #expect(Self.judged(play.findings).isEmpty)
    play.play(MTA.macro("H"), MTA.helo(), Milter.continue, MTA.macro("M"), MTA.mail())
    let finding = try #require(Self.judged(play.findings).first)
    #expect(Self.judged(play.findings).count == 1 && finding.packet == 3)
    #expect(finding.text.contains("if_name") && finding.text.contains("Postfix"))
  }

  @Test func whatCameIsNoMatter() {
    var play = LegPlay()
    play.play(MTA.optNeg(), Milter.optNeg(symbols: [(2, "{f}")]), MTA.macro("C", ["v": "Postfix 3.7.11"]))
    play.play(MTA.connect(), Milter.continue, MTA.macro("M", ["f": "by milter_macro_defaults"]), MTA.mail())
    #expect(Self.judged(play.findings).isEmpty)
  }

  @Test(arguments: [
    ("Authentication-Results", "mx.example.org", true), ("Authentication-Results", "mx.example.org;", true),
    ("Authentication-Results", "mx.example.org; none", false),
    ("Authentication-Results", "mx 1; dkim=pass", false),
    ("arc-authentication-results", "i=1; mx.example.org", true),
    ("ARC-Authentication-Results", "i=1; mx; spf=none", false),
    ("X-Results", "mx", false), ("Authentication-Results", "", false),
  ])
  func resultsNeedAResult(_ name: String, _ value: String, isFound: Bool) {
    var play = LegPlay("O/O C/c M/c R/c T/c L/c N/c E")
    let found = play.play(Milter.addHeader(name, value))
    #expect(found.ids().contains("H13") == isFound)
  }

  private static func judged(_ findings: [Finding]) -> [Finding] {
    findings.filter { ["N16", "N21"].contains($0.rule.id) }
  }
}
