import CommandLanguage
import Foundation
import TestSupport
import Testing

@Suite struct LanguagePagesTests {
  /// Rewrites the pages instead where `MITMILTER_RECORD_DOCS` is set, and fails then: read the difference.
  @Test(arguments: [("filters.md", LanguagePages.filters), ("instructions.md", LanguagePages.instructions)])
  func thePagesArePrintedFromTheTables(_ name: String, _ printed: String) throws {
    let page = Fixtures.project.appendingPathComponent("docs/" + name)
    guard ProcessInfo.processInfo.environment["MITMILTER_RECORD_DOCS"] != nil else {
      #expect(
        try String(contentsOf: page, encoding: .utf8) == printed, "run again with MITMILTER_RECORD_DOCS=1")
      return
    }
    try printed.write(to: page, atomically: true, encoding: .utf8)
    Issue.record("docs/\(name) was written; look at it and run again")
  }

  @Test(arguments: [LanguagePages.filters, LanguagePages.instructions])
  func theExamplesAtTheHeadOfAPageParse(_ page: String) throws {
    let block = page.split(separator: "```", maxSplits: 2)[1]
    for line in block.split(separator: "\n") {
      if line.hasPrefix("on ") {
        _ = try Rule(parsing: String(line))
      } else {
        _ = try Expression(parsing: String(line))
      }
    }
  }

  @Test func termsHaveNamesOfTheirOwn() {
    let names = Dictionary(grouping: Term.table, by: \.name).filter { $1.count > 1 }
    #expect(Set(names.keys) == ["macro", "body"])
  }
}
