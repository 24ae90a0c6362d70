import CommandLanguage
import ConsoleUI
import Foundation
import TestSupport
import Testing

/// What README shows of the screen is what the screen shows.
@Suite struct ReadmeTests {
  private static let path = Fixtures.project.path + "/README.md"

  @Test func theScreenIsWhatIsDrawn() throws {
    var driver = Driver()
    driver.press("2 4 G")
    let lines = ScreenText(driver.frame()).lines.dropFirst(2).prefix { $0 != "--- roles" }
    try expect("screen", "```\n\(lines.joined(separator: "\n"))\n```")
  }

  @Test func theTenKeysAreOfTheTable() throws {
    let acts: [Act] = [
      .help, .down, .open, .nextTab, .back, .messages, .filterPrompt, .searchPrompt, .nextFinding, .leave,
    ]
    var rows = ["| key | does |", "|---|---|"]
    for act in acts {
      let binding = try #require(Binding.table.first { $0.act == act })
      rows.append("| \(binding.keys.map { "`\($0)`" }.joined(separator: " ")) | \(binding.help) |")
    }
    try expect("keys", rows.joined(separator: "\n"))
  }

  @Test func everyFilterThatItShowsIsOne() throws {
    let rows = try block("filters").split(separator: "\n").dropFirst(2)
    #expect(rows.count >= 8)
    for row in rows {
      let filter = try #require(row.split(separator: "`").dropFirst().first, "no filter in \(row)")
      #expect(throws: Never.self, "\(filter)") { try Expression(parsing: String(filter)) }
    }
  }

  /// With `MITMILTER_RECORD_DOCS=1` the block is written instead, and the test fails on purpose.
  private func expect(_ name: String, _ wanted: String) throws {
    let found = try block(name)
    guard found != wanted else { return }
    if ProcessInfo.processInfo.environment["MITMILTER_RECORD_DOCS"] == "1" {
      var page = try String(contentsOfFile: Self.path, encoding: .utf8)
      let range = try range(of: name, in: page)
      page.replaceSubrange(range, with: wanted + "\n")
      try page.write(toFile: Self.path, atomically: true, encoding: .utf8)
      Issue.record("recorded the \(name) of README.md; read its diff, then run without recording")
    } else {
      Issue.record(
        "the \(name) of README.md are others now: MITMILTER_RECORD_DOCS=1 swift test --no-parallel --filter ReadmeTests"
      )
    }
  }

  /// What stands between the two marks of `name`.
  private func block(_ name: String) throws -> String {
    let page = try String(contentsOfFile: Self.path, encoding: .utf8)
    return page[try range(of: name, in: page)].trimmingCharacters(in: .newlines)
  }

  private func range(of name: String, in page: String) throws -> Range<String.Index> {
    let start = try #require(page.range(of: "<!-- \(name) -->\n")).upperBound
    let end = try #require(page.range(of: "<!-- /\(name) -->", range: start..<page.endIndex)).lowerBound
    return start..<end
  }
}
