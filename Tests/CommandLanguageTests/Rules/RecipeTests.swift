import CommandLanguage
import Foundation
import TestSupport
import Testing

/// The files of docs/recipes; what they do is tested with a real Postfix (`Tests/Peers/test_recipes.py`).
@Suite struct RecipeTests {
  private static let folder = Fixtures.project.appendingPathComponent("docs/recipes")
  private static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".rules") }.sorted()

  @Test func thereAreSome() { #expect(Self.names.count >= 12) }

  @Test(arguments: names) func aRecipeIsRulesThatPrintBack(_ name: String) throws {
    let bytes = Array(try Data(contentsOf: Self.folder.appendingPathComponent(name)))
    let rules = try RuleFile.rules(bytes, name: name)
    #expect(!rules.isEmpty)
    for rule in rules { #expect(try Rule(parsing: rule.text) == rule) }
    #expect(bytes.starts(with: Array("# ".utf8)), "it begins by saying what it does")
  }

  @Test func theIndexNamesEachAndNoOther() throws {
    let index = try String(contentsOf: Self.folder.appendingPathComponent("README.md"), encoding: .utf8)
    let named = index.split(separator: "\n").filter { $0.hasPrefix("| [") }
      .compactMap { $0.split(separator: "]").first.map { String($0.dropFirst(3)) } }
    #expect(named.sorted() == Self.names)
  }
}
