import ConsoleUI
import Foundation
import Testing

@Suite struct KeyReferenceTests {
  /// With `MITMILTER_RECORD_DOCS=1` the page is written instead, and the test fails on purpose.
  @Test func theKeysPageIsWhatTheTableSays() throws {
    let path = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 } + "/docs/keys.md"
    if ProcessInfo.processInfo.environment["MITMILTER_RECORD_DOCS"] == "1" {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try KeyReference.markdown.write(toFile: path, atomically: true, encoding: .utf8)
      Issue.record("recorded docs/keys.md; read its diff, then run without recording")
      return
    }
    let page = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    #expect(page == KeyReference.markdown, "MITMILTER_RECORD_DOCS=1 swift test --filter KeyReferenceTests")
  }

  @Test func noKeyHasTwoMeaningsInOnePlace() {
    for binding in Binding.table {
      for key in binding.keys {
        let others = Binding.table.filter {
          $0.keys.contains(key) && !$0.places.isDisjoint(with: binding.places)
        }
        #expect(others.count == 1, "\(key) is \(others.map(\.act.rawValue))")
      }
    }
  }

  @Test func everyActHasAKey() {
    #expect(Act.allCases.filter { act in !Binding.table.contains { $0.act == act } } == [])
  }
}
