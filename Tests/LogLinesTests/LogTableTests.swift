import Foundation
import MilterProtocol
import TestSupport
import Testing

@testable import LogLines

/// The table of texts: each is found by its own words, and says something.
@Suite struct LogTableTests {
  /// The format with something in each gap, of the kind that stands there.
  private static func line(of text: LogText) -> String {
    var line = ""
    var rest = text.format[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let name = String(rest[rest.index(after: open)..<close])
      line += rest[..<open] + (fillings[name] ?? "word")
      rest = rest[rest.index(after: close)...]
    }
    return line + rest
  }

  private static let fillings = [
    "milter": "inet:127.0.0.1:8891", "event": "SMFIC_MAIL", "number": "7", "size": "5", "code": "m",
    "length": "7",
    "error": "Connection refused", "client": "client.example[192.0.2.1]", "stage": "MAIL",
    "what": "some words here",
  ]

  static let places = Array(LogText.all.indices)

  @Test(arguments: places) func everyTextIsFoundByItsOwnWords(_ place: Int) throws {
    let text = LogText.all[place]
    let match = try #require(LogTable.shared.match(Array(Self.line(of: text).utf8)[...], by: text.speaker))
    #expect(match.fit == .whole)
    // One line may be of two texts, where one of them has a gap in place of a word; then both mean the same.
    #expect(match.text.format == text.format || match.text.meaning == text.meaning, "\(match.text.format)")
  }

  @Test(arguments: places) func everyTextIsExplained(_ place: Int) throws {
    let text = LogText.all[place]
    var explainer = Explainer()
    let program =
      text.speaker == .postfix ? "postfix/smtpd" : text.speaker == .sendmail ? "sm-mta" : "opendkim"
    let answers =
      explainer.take(Array("\(program)[1]: \(Self.line(of: text))".utf8)[...]) + explainer.flush()
    guard case .explained(let explanation, _)? = answers.first else {
      Issue.record("not explained: \(Self.line(of: text))")
      return
    }
    #expect(!explanation.meaning.contains("{") && !explanation.meaning.contains("…"))
    switch explanation.text.advice {
    case .progress: #expect(explanation.causes.isEmpty)
    case .verdict: #expect(explanation.decided != nil && explanation.check != nil)
    case .connecting, .reading, .length, .finding, .consequence, .told:
      #expect(!explanation.causes.isEmpty && explanation.check != nil && explanation.write != nil)
    }
  }

  @Test func findingsThatTextsNameAreInTheRegistry() {
    for text in LogText.all {
      guard case .finding(let id) = text.advice else { continue }
      #expect(FindingRule.withID(id).map { !$0.cure.isEmpty } == true, "\(id) of \(text.format)")
    }
  }

  @Test func keysAreFoundAsASearchForEachWouldFindThem() {
    let keys = ["he", "she", "his", "hers", "ers", "a"].map { Array($0.utf8) }
    let search = KeySearch(keys)
    for text in ["ushers", "ahishers", "", "xyz", "hhee", "sssshe"] {
      let bytes = Array(text.utf8)
      let expected = keys.indices.filter { ByteText.firstIndex(of: keys[$0], in: bytes[...]) != nil }
      #expect(search.keys(in: bytes[...]).sorted() == expected)
      #expect(search.hasKey(in: bytes[...]) == !expected.isEmpty)
    }
  }

  /// Rewrites the page instead where `MITMILTER_RECORD_DOCS` is set, and fails then: read the difference.
  @Test func thePageOfTextsIsPrintedFromTheTable() throws {
    let page = Fixtures.project.appendingPathComponent("docs/log-lines.md")
    let printed = LogTextPage.markdown
    guard ProcessInfo.processInfo.environment["MITMILTER_RECORD_DOCS"] != nil else {
      #expect(
        try String(contentsOf: page, encoding: .utf8) == printed, "run again with MITMILTER_RECORD_DOCS=1")
      return
    }
    try printed.write(to: page, atomically: true, encoding: .utf8)
    Issue.record("docs/log-lines.md was written; look at it and run again")
  }
}
