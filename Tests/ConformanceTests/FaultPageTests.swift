import Conformance
import Foundation
import TestSupport
import Testing

@Suite struct FaultPageTests {
  /// With `MITMILTER_RECORD_DOCS` set it is written instead, and the test fails then: read the difference.
  @Test func theTablesOfFaultsArePrintedFromTheCode() throws {
    let page = Fixtures.project.appendingPathComponent("docs/faults.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let start = try #require(text.range(of: "<!-- milter -->\n")).upperBound
    let end = try #require(text.range(of: "<!-- end -->")).lowerBound
    guard ProcessInfo.processInfo.environment["MITMILTER_RECORD_DOCS"] != nil else {
      #expect(text[start..<end] == Self.milterTables, "run again with MITMILTER_RECORD_DOCS=1")
      return
    }
    try text.replacingCharacters(in: start..<end, with: Self.milterTables)
      .write(to: page, atomically: true, encoding: .utf8)
    Issue.record("docs/faults.md was written; look at it and run again")
  }

  private static var milterTables: String {
    MilterTrial.Group.allCases.map { group in
      let rows = MilterTrial.table.filter { $0.group == group }.map { trial in
        "| `\(trial.id)` | \(trial.what) | \(expectation(trial.bar)) |\n"
      }
      return "\n### \(group.title)\n\n| fault | what is done | what is expected |\n|---|---|---|\n"
        + rows.joined()
    }.joined() + "\n"
  }

  private static func expectation(_ bar: MilterTrial.Bar) -> String {
    switch bar {
    case .goesOn, .fares: bar.words
    case .closes: "it closes its end"
    case .survives(let libmilter): "libmilter \(libmilter)"
    }
  }
}
