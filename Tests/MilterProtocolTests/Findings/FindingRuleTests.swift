import Foundation
import MilterProtocol
import TestSupport
import Testing

@Suite struct FindingRuleTests {
  @Test func everyIDIsItsFamilysLetterAndItsPlace() {
    for family in FindingRule.families {
      let ids = family.rules.map(\.id)
      #expect(ids == ids.indices.map { "\(family.letter)\($0 < 9 ? "0" : "")\($0 + 1)" })
    }
    #expect(FindingRule.withID("R02") == .secondVerdict)
    #expect(FindingRule.withID("Z99") == nil)
  }

  @Test(arguments: FindingRule.all) func wordsAreLowerCaseWithoutFullStop(_ rule: FindingRule) {
    for text in [rule.title, rule.consequence.text, rule.source] {
      #expect(!text.isEmpty && !text.hasSuffix(".") && !text.contains("|"))
    }
  }

  /// What an MTA does is said of the one at hand; of both where nothing tells which it is, and then that it is assumed.
  @Test(arguments: FindingRule.all + FindingRule.bySenders) func whatComesOfItIsOfTheMTAAtHand(
    _ rule: FindingRule
  ) {
    guard case .always = rule.consequence else {
      for mta in KnownMTA.allCases {
        let words = rule.consequence.text(at: mta)
        #expect(words.contains(mta.name))
        #expect(!KnownMTA.allCases.contains { $0 != mta && words.contains($0.name) })
      }
      let unknown = rule.consequence.text(at: nil)
      #expect(unknown == rule.consequence.text + " (assumed: nothing tells which MTA it is)")
      return
    }
    #expect(rule.consequence.text(at: .postfix) == rule.consequence.text(at: nil))
  }

  @Test(arguments: FindingRule.all) func whatGoesWrongHasACure(_ rule: FindingRule) {
    #expect(rule.severity == .note || !rule.cure.isEmpty)
    #expect(!rule.cure.hasSuffix(".") && !rule.cure.contains("|"))
  }

  /// Rewrites the page instead where `MITMILTER_RECORD_DOCS` is set, and fails then: read the difference.
  @Test func thePageOfFindingsIsPrintedFromTheRegistry() throws {
    let page = Fixtures.project.appendingPathComponent("docs/findings.md")
    let printed = FindingTable.markdown
    guard ProcessInfo.processInfo.environment["MITMILTER_RECORD_DOCS"] != nil else {
      #expect(
        try String(contentsOf: page, encoding: .utf8) == printed, "run again with MITMILTER_RECORD_DOCS=1")
      return
    }
    try FileManager.default.createDirectory(
      at: page.deletingLastPathComponent(), withIntermediateDirectories: true)
    try printed.write(to: page, atomically: true, encoding: .utf8)
    Issue.record("docs/findings.md was written; look at it and run again")
  }
}
