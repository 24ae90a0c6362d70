import Conformance
import Foundation
import MilterProtocol
import TestSupport
import Testing

@Suite struct FaultPageTests {
  /// With `MITMILTER_RECORD_DOCS` set they are written instead, and the test fails then: read the difference.
  @Test func theTablesOfFaultsArePrintedFromTheCode() throws {
    let page = Fixtures.project.appendingPathComponent("docs/faults.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    var printed = text
    for (start, end, tables) in [
      ("<!-- milter -->\n", "<!-- end -->", Self.milterTables),
      ("<!-- mta -->\n", "<!-- end of mta -->", Self.mtaTables),
      ("<!-- rules -->\n", "<!-- end of rules -->", Self.rules),
    ] {
      let first = try #require(printed.range(of: start)).upperBound
      let last = try #require(printed.range(of: end)).lowerBound
      printed.replaceSubrange(first..<last, with: tables)
    }
    guard ProcessInfo.processInfo.environment["MITMILTER_RECORD_DOCS"] != nil else {
      #expect(text == printed, "run again with MITMILTER_RECORD_DOCS=1")
      return
    }
    try printed.write(to: page, atomically: true, encoding: .utf8)
    Issue.record("docs/faults.md was written; look at it and run again")
  }

  private static var milterTables: String {
    tables(
      MilterTrial.Group.allCases.map { group in
        (
          group.title,
          MilterTrial.table.filter { $0.group == group }.map { ($0.id, $0.what, expectation($0.bar)) }
        )
      })
  }

  private static var mtaTables: String {
    tables(
      MTATrial.Group.allCases.map { group in
        (
          group.title,
          MTATrial.table.filter { $0.group == group }.map { ($0.id, $0.what, expectation($0.bar)) }
        )
      })
  }

  private static var rules: String {
    let rows = FindingRule.all.map(\.id).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      .compactMap { Provocation.of($0) }
      .map { rule in
        let who = rule.takesBoth ? "both" : rule.isEither ? "either" : rule.mta == nil ? "milter" : "MTA"
        let title = FindingRule.all.first { $0.id == rule.id }?.title ?? ""
        return "| \(rule.id) | \(who) | \(title) |\n"
      }
    return "\n| rule | provoked by | finding |\n|---|---|---|\n" + rows.joined() + "\n"
  }

  private static func tables(_ groups: [(String, [(String, String, String)])]) -> String {
    groups.map { title, rows in
      "\n### \(title)\n\n| fault | what is done | what is expected |\n|---|---|---|\n"
        + rows.map { "| `\($0)` | \($1) | \($2) |\n" }.joined()
    }.joined() + "\n"
  }

  private static func expectation(_ bar: MilterTrial.Bar) -> String {
    switch bar {
    case .goesOn, .fares: bar.words
    case .closes: "it closes its end"
    case .survives(let libmilter): "libmilter \(libmilter)"
    }
  }

  private static func expectation(_ bar: MTATrial.Bar) -> String {
    if case .survives(let both) = bar { both } else { bar.words }
  }
}
