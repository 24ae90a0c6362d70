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
      for mta in KnownMTA.measured {
        let words = rule.consequence.text(at: mta)
        #expect(words.contains(mta.name))
        #expect(!KnownMTA.measured.contains { $0 != mta && words.contains($0.name) })
      }
      #expect(rule.consequence.text(at: .maddy) == rule.consequence.text + " (what maddy does is not known)")
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

  @Test(arguments: FindingRule.all) func whatIsLookedForAndWhyItComesAboutIsSaid(_ rule: FindingRule) throws {
    let diagnosis = try #require(rule.diagnosis)
    for words in [diagnosis.lookedFor, diagnosis.cause] {
      #expect(!words.isEmpty && !words.hasSuffix(".") && !words.contains("|"))
    }
  }
}
