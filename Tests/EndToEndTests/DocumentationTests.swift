import Foundation
import TestSupport
import Testing

/// What pages and comments name is there: pages, their sections, commands and options.
@Suite struct DocumentationTests {
  struct Page: Sendable, CustomStringConvertible {
    let path: String
    let text: String
    var description: String { path }

    /// The text without line ends and comment signs between words.
    var running: String {
      text.split(separator: "\n").map { $0.drop { " /#|".contains($0) } }.joined(separator: " ")
    }
  }

  private static func pages(in folder: String, ending suffixes: [String]) -> [Page] {
    let root = Fixtures.project.appendingPathComponent(folder)
    let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return paths.sorted().filter { path in suffixes.contains { path.hasSuffix($0) } }.compactMap { path in
      let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      return text.map { Page(path: "\(folder)/\(path)", text: $0) }
    }
  }

  private static let readme = Page(
    path: "README.md",
    text: (try? String(contentsOf: Fixtures.project.appendingPathComponent("README.md"), encoding: .utf8))
      ?? "")
  private static let docs = pages(in: "docs", ending: [".md"])
  private static let sources =
    pages(in: "Sources", ending: [".swift", ".h"])
    + pages(in: "Tests", ending: [".swift", ".py", ".packets", ".letters", "/run", "/README.md"])

  // MARK: pages and sections

  @Test func everyPageThatIsNamedIsThere() {
    #expect(Self.docs.count > 10 && Self.sources.count > 300)
    for page in Self.sources + Self.docs + [Self.readme] {
      for match in page.text.matches(of: /docs\/[a-z][a-z\/-]*\.(?:md|json|png)/) {
        let path = Fixtures.project.appendingPathComponent(String(match.output)).path
        #expect(FileManager.default.fileExists(atPath: path), "\(page): \(match.output)")
      }
    }
  }

  @Test func everyLinkLeadsToAFile() {
    for page in Self.docs + [Self.readme] {
      let folder = Fixtures.project.appendingPathComponent(page.path).deletingLastPathComponent()
      for match in page.text.matches(of: /\]\(([A-Za-z.][A-Za-z\/.-]*)(?:#[^)]*)?\)/)
      where !match.1.contains(":") {
        let path = folder.appendingPathComponent(String(match.1)).path
        #expect(FileManager.default.fileExists(atPath: path), "\(page): \(match.1)")
      }
    }
  }

  @Test func everySectionOfTheProtocolThatIsCitedIsThere() throws {
    let text = try #require(Self.docs.first { $0.path == "docs/protocol.md" }).text
    let sections = Set(text.matches(of: #/\n#{2,3} (\d+(?:\.\d+)?)\.?\s/#).map { String($0.1) })
    #expect(sections.isSuperset(of: ["2.9", "6.2", "10", "10.3"]))
    var cited = 0
    let numbers = /(?:^|[ (])(\d+(?:\.\d+)?)(?=[ ,;:.)–]|$)/
    for page in Self.sources {
      let citations = page.running.matches(
        of: /protocol\.md`?,? (?:sections? )?(\d+(?:\.\d+)?(?:(?:, | and | to |–)\d+(?:\.\d+)?)*)/)
      for citation in citations {
        let list = String(citation.1).replacing(" to ", with: " ").replacing("–", with: " ")
        for number in list.matches(of: numbers) {
          cited += 1
          #expect(sections.contains(String(number.1)), "\(page): \(citation.output.0)")
        }
      }
    }
    #expect(cited > 15)
  }

  // MARK: commands and options

  /// The options in a text: `--json`, `-v`; what stands between quotes is none.
  private static func options(_ text: some StringProtocol) -> Set<String> {
    let plain = String(text).replacing(/'[^']*'|"[^"]*"/, with: "")
    return Set(
      plain.matches(of: /(?:^|[\s\[\/,(])(--[a-z][a-z-]*|-[A-Za-z])(?=[\s\]=,\/;)]|$)/).map { String($0.1) })
  }

  /// Between back-ticks, or in a block of code: words for a shell.
  private static func code(_ page: Page) -> [Substring] {
    var isFenced = false
    return page.text.split(separator: "\n").flatMap { line -> [Substring] in
      if line.hasPrefix("```") {
        isFenced.toggle()
        return []
      }
      return isFenced || line.hasPrefix("    ") ? [line] : line.matches(of: /`+([^`]+)`+/).map(\.1)
    }
  }

  private static func help(_ command: String) throws -> Set<String> {
    options(try BuiltProgram.run([command, "--help"]).output)
  }

  private static func commands() throws -> [String] {
    let help = try BuiltProgram.run(["--help"]).output
    let list = help.split(separator: "\n").drop { $0 != "SUBCOMMANDS:" }.dropFirst()
    return list.compactMap { $0.prefixMatch(of: #/  ([a-z][a-z-]*)/#).map { String($0.1) } }
  }

  @Test func everyCommandHasARowInTheREADME() throws {
    let commands = try Self.commands()
    #expect(commands.count >= 7)
    for command in commands {
      #expect(Self.readme.text.contains("\n| `mitmilter \(command)"), "\(command)")
    }
  }

  @Test func everyOptionOfARowInTheREADMEIsInTheHelpOfItsCommand() throws {
    for row in Self.readme.text.matches(of: /\n\| `mitmilter ([a-z-]+)[^\n]*/) {
      // A command within the row is a whole line of its own.
      let spans = row.output.0.matches(of: /`([^`]+)`/).map(\.1).filter {
        !$0.dropFirst().contains("mitmilter")
      }
      let named = Self.options(spans.joined(separator: " "))
      #expect(named.subtracting(try Self.help(String(row.1))) == [], "\(row.1)")
    }
  }

  @Test func everyCommandLineInThePagesHoldsWhatTheProgramKnows() throws {
    let commands = try Self.commands()
    let known = Dictionary(uniqueKeysWithValues: try commands.map { ($0, try Self.help($0)) })
    var seen: Set<String> = []
    for page in Self.docs + [Self.readme] where page.path != "docs/performance.md" {
      for line in Self.code(page) {
        for call in line.matches(of: /mitmilter ([a-z][a-z-]*)((?:'[^']*'|"[^"]*"|[^|&;'"])*)/) {
          let command = String(call.1)
          if command == "help" { continue }
          guard let options = known[command] else {
            Issue.record("\(page): there is no 'mitmilter \(command)': \(line)")
            continue
          }
          seen.insert(command)
          #expect(Self.options(call.2).subtracting(options) == [], "\(page): \(line)")
        }
      }
    }
    #expect(seen == Set(commands))
  }
}
