import CommandLanguage
import Foundation
import MilterProtocol
import TestSupport
import Testing

/// The documentation that is in the program.
@Suite struct HelpTests {
  private static func help(_ words: String...) throws -> String {
    let outcome = try BuiltProgram.run(["help"] + words)
    #expect(outcome.status == 0 && outcome.messages.isEmpty)
    return outcome.output
  }

  private static var topics: [String] {
    get throws {
      let list = Self.running(try BuiltProgram.run(["--help"]).output)
      let names = try #require(list.firstMatch(of: /The topics are ([a-z, -]+)\./))
      return names.1.split(separator: ", ").map(String.init)
    }
  }

  /// But those for whoever works on the program itself.
  @Test func everyPageIsATopic() throws {
    let folder = Fixtures.project.appendingPathComponent("docs").path
    let pages = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }
    let left: Set = ["architecture", "changes", "performance"]
    #expect(Set(try Self.topics) == Set(pages + ["recipes"]).subtracting(left))
  }

  @Test func aPageIsSetForATerminalOf80Columns() throws {
    for topic in try Self.topics {
      let lines = try Self.help(topic).split(separator: "\n")
      #expect(lines.count > 10, "\(topic)")
      for line in lines {
        #expect(!line.hasPrefix("|") && !line.contains("](") && !line.contains("\u{1B}"), "\(topic): \(line)")
        // Code stands as it is, and so does what has no space in it, or ArgumentParser's usage.
        let isLong =
          line.count > 80 && !line.hasPrefix("    ") && !line.hasPrefix("USAGE")
          && line.dropFirst(8).contains(" ")
        #expect(!isLong, "\(topic): \(line)")
      }
    }
  }

  @Test func everyTermInstructionAndFindingIsThere() throws {
    let filters = try Self.help("filters")
    for term in Term.table { #expect(filters.contains("  \(term.spelling)"), "\(term.name)") }
    let instructions = Self.running(try Self.help("rules"))
    for term in InstructionTerm.table { #expect(instructions.contains(term.syntax), "\(term.syntax)") }
    let findings = try Self.help("findings")
    for rule in FindingRule.all { #expect(findings.contains("  \(rule.id)\n"), "\(rule.id)") }
  }

  /// Without line ends between words.
  private static func running(_ text: String) -> String {
    text.split { $0 == "\n" || $0 == " " }.joined(separator: " ")
  }

  @Test func aWordOfAPageIsPrintedAlone() throws {
    let rule = try #require(FindingRule.withID("R02"))
    let text = Self.running(try Self.help("findings", "R02"))
    #expect(text.hasPrefix("R02") && text.contains(rule.title) && text.contains(rule.cure))
    #expect(!text.contains("R03"))
    #expect(try Self.help("filters", "took").contains("how long the milter took to reply"))
    #expect(try Self.help("instructions", "add-header").contains("add-header X-Seen"))
    #expect(try Self.help("holding", "when somebody goes").count > 300)
  }

  @Test func aCommandHasItsOptionsAndItsPage() throws {
    let text = try Self.help("doctor")
    #expect(
      text.contains("USAGE: mitmilter doctor") && text.contains("--postfix") && text.contains("THE DOCTOR"))
    #expect(try Self.help("show").contains("USAGE: mitmilter show"))
  }

  @Test func theVersionSaysWhatIsKnown() throws {
    let text = try BuiltProgram.run(["--version"]).output
    #expect(
      text.wholeMatch(of: /mitmilter \d+\.\d+\.\d+ \((?:commit \w+, )?(?:build \S+, )?trace format 2\)\n/)
        != nil)
  }
}
