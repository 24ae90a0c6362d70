import Foundation
import TestSupport
import Testing

/// Section 10 of docs/protocol.md, row by row, against the fixture tables.
@Suite struct ProtocolPageTests {
  private static let page: [Substring] = {
    let url = Fixtures.project.appendingPathComponent("docs/protocol.md")
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
      preconditionFailure("docs/protocol.md is not there")
    }
    return text.split(separator: "\n").drop { !$0.hasPrefix("## 10. ") }.prefix { !$0.hasPrefix("## 11. ") }
  }()

  /// Cells of the table rows below the heading that begins with `heading`, without the table's own head.
  private static func rows(below heading: String) -> [[String]] {
    page.drop { !$0.hasPrefix("### \(heading) ") }.dropFirst().prefix { !$0.hasPrefix("#") }
      .filter { $0.hasPrefix("|") }.dropFirst(2)
      .map { $0.split(separator: "|").map(\.trimmed) }
  }

  /// A fixture of these tests, or of those of the packets themselves.
  private static func text(_ name: String) -> String {
    name == "valid.packets"
      ? Fixtures.text(name, besides: Fixtures.project.path + "/Tests/MilterProtocolTests/Tests.swift")
      : Fixtures.text(name)
  }

  /// The bytes of fixtures by the id that their titles begin with.
  private static func fixtures(_ name: String, columns: Int, bytesIn column: Int) -> [String: [[UInt8]]] {
    Dictionary(
      tableRows(text(name), columns: columns).map { row in
        (String(row[0].prefix { $0 != " " }), [hex(row[column])])
      }, uniquingKeysWith: +)
  }

  /// What stands between back-ticks in a cell; what follows it (`+ 65535 bytes`, `…`) stands for more of the packet.
  private static func bytes(_ cell: String) -> (start: [UInt8], more: String) {
    let parts = cell.split(separator: "`").map(\.trimmed)
    return (hex(parts[0]), parts.dropFirst().joined())
  }

  private func expect(_ rows: [[String]], bytesIn column: Int, among fixtures: [String: [[UInt8]]]) {
    for row in rows {
      let (start, more) = Self.bytes(row[column])
      let count = more.split(separator: " ").compactMap { Int($0) }.first.map { start.count + $0 }
      let found = (fixtures[row[0]] ?? []).contains { frame in
        guard frame.starts(with: start) else { return false }
        return more == "…" || frame.count == count ?? start.count
      }
      #expect(found, "\(row[0]) of docs/protocol.md is in no fixture, or with other bytes")
    }
  }

  @Test func everyValidExampleIsAFixture() {
    let rows = Self.rows(below: "10.1")
    #expect(rows.first?.first == "V01" && rows.count == 48)
    expect(rows, bytesIn: 1, among: Self.fixtures("valid.packets", columns: 3, bytesIn: 2))
  }

  @Test func everyMalformedExampleIsAFixture() {
    let rows = Self.rows(below: "10.2")
    #expect(rows.first?.first == "X01" && rows.count == 43)
    expect(rows, bytesIn: 2, among: Self.fixtures("odd.packets", columns: 6, bytesIn: 4))
  }

  /// The findings that the page names for an example are among those that its fixture expects.
  @Test func everyMalformedExampleGivesTheFindingsThePageNames() {
    let fixtures = tableRows(Fixtures.text("odd.packets"), columns: 6)
    for row in Self.rows(below: "10.2") {
      let expected = fixtures.filter { $0[0].hasPrefix(row[0] + " ") }
        .flatMap { $0[5].split(separator: " ").map(String.init) }
      for id in row[3].split(separator: " ") {
        #expect(expected.contains(String(id)), "\(row[0]): \(id)")
      }
    }
  }

  @Test func everySessionIsAFixtureForBothMTAs() {
    let letters = Dictionary(
      tableRows(Fixtures.text("sessions.letters"), columns: 5).map { ($0[0], $0[2]) },
      uniquingKeysWith: { first, _ in first })
    let rows = Self.rows(below: "10.3")
    #expect(rows.count == 17)
    for row in rows {
      for (mta, cell) in [("Postfix", row[1]), ("Sendmail", row[2])] where cell != "—" {
        let title = "\(row[0]), \(mta)"
        guard let fixture = letters[title] else {
          Issue.record("no session '\(title)' among the fixtures")
          continue
        }
        #expect(Self.steps(cell).match(Self.steps(fixture)), "\(title): \(cell)")
      }
    }
  }

  /// The letters of a session; `…` by itself for whatever may stand there, and a group that repeats is itself once.
  private static func steps(_ text: String) -> ArraySlice<Substring> {
    let plain = text.filter { !"`()".contains($0) }.replacingOccurrences(of: "…", with: " … ")
    return plain.split(separator: " ").filter { $0 != "close" }[...]
  }
}

extension ArraySlice<Substring> {
  /// Whether `steps` are these, `…` standing for any number of them.
  fileprivate func match(_ steps: ArraySlice<Substring>) -> Bool {
    guard let first else { return steps.isEmpty }
    if first == "…" {
      return dropFirst().match(steps) || !steps.isEmpty && match(steps.dropFirst())
    }
    return steps.first == first && dropFirst().match(steps.dropFirst())
  }
}
