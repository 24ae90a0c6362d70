import Foundation
import MilterProtocol
import TestSupport
import Testing

@testable import LogLines

@Suite struct FindingPageTests {
  /// Rewrites the page instead where `MITMILTER_RECORD_DOCS` is set, and fails then: read the difference.
  @Test func thePageOfFindingsIsPrintedFromItsTables() throws {
    let page = Fixtures.project.appendingPathComponent("docs/findings.md")
    let printed = FindingPage.markdown
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
