import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

/// Our own sentences survive redaction, word by word; what they quote of the wire does not.
@Suite struct OwnSentencesTests {
  private func redacted(_ sentence: String) -> String {
    var redactor = Redactor(key: Redacted.key)
    return redactor.sentence(sentence)
  }

  /// Where sentences come from that get into a trace.
  private static let sources = [
    "MilterProtocol/Findings", "MilterProtocol/Stages", "MilterProtocol/Coding/Malformation.swift",
    "MilterProtocol/Coding/WrongPeer.swift", "ProxyCore/Holding", "ProxyCore/Negotiating",
    "ProxyCore/Session", "ProxyRuntime/Loop", "TraceModel/Instructions",
  ]

  @Test(arguments: sources) func everyWordInTheSourcesIsKept(_ place: String) throws {
    let pieces = try Self.sentences(in: place)
    #expect(pieces.count > 3)
    for piece in pieces { #expect(redacted(piece) == piece) }
  }

  @Test func everyRuleIsKept() {
    for rule in FindingRule.all { #expect(redacted(rule.title) == rule.title) }
  }

  @Test(arguments: Redacted.recordings)
  func findingsOfTheCorpusAreTheSameButForWhatTheyQuote(_ name: String) throws {
    let before = try Redacted.recording(name)
    let old = Self.findings(before)
    guard !old.isEmpty else { return }
    let new = Self.findings(Redacted.records(before))
    try #require(old.count == new.count)
    for (a, b) in zip(old, new) {
      #expect(a.rule.id == b.rule.id)
      #expect(a.packet == b.packet)
      #expect(Self.withoutQuotes(a.text) == Self.withoutQuotes(b.text))
      // And those that were recorded say what the rules say about the redacted packets.
      #expect(Self.withoutQuotes(redacted(a.text)) == Self.withoutQuotes(a.text))
    }
  }

  @Test(arguments: [
    ("'<wilhelmina@geheim.example>' is no recipient", "is no recipient"),
    ("byte 0x0d in 'X-Geheim'", "byte 0x0d in"),
    ("the message has 'it's wilhelmina' already", "already"),
  ])
  func whatIsQuotedIsReplaced(_ text: String, _ kept: String) {
    let new = redacted(text)
    #expect(new.contains(kept))
    for secret in ["wilhelmina", "geheim", "Geheim"] { #expect(!new.contains(secret)) }
  }

  @Test func optionsAndEndingsOfTheCommandLineStay() {
    var redactor = Redactor(key: Redacted.key)
    let head = redactor.head(
      TraceHead(
        program: "0.1", startedAt: 0,
        command: [
          "/home/wilhelmina/bin/mitmilter", "proxy", "--listen", "inet:8891@127.0.0.1",
          "--on-milter-failure=tempfail",
          "--socket-mode", "0660", "--no-redact", "-w", "/home/wilhelmina/geheim.mtrace", "--mta-timeout=5m",
        ]))
    #expect(
      head.command[3...7] == [
        "inet:8891@127.0.0.1", "--on-milter-failure=tempfail", "--socket-mode", "0660", "--no-redact",
      ])
    #expect(head.command[9].hasSuffix(".mtrace"))
    #expect(head.command[0].hasSuffix("/mitmilter"))
    #expect(!head.command.joined().contains("wilhelmina") && !head.command.joined().contains("geheim"))
  }

  // MARK: reading

  private static func findings(_ records: [Record]) -> [Finding] {
    var trackers: [Int: (StageTracker, MessageLint)] = [:]
    var result: [Finding] = []
    for record in records {
      guard case .received(let received) = record.event else { continue }
      var (tracker, lint) = trackers[record.connection] ?? (StageTracker(), MessageLint())
      let place = tracker.received(
        received.packet, number: received.number, at: record.time, findings: &result)
      lint.received(received.packet, at: place, number: received.number, findings: &result)
      trackers[record.connection] = (tracker, lint)
    }
    return result
  }

  /// All that stands between single quotes is the wire's.
  private static func withoutQuotes(_ text: String) -> String {
    text.replacing(#/'.*'/#, with: "''")
  }

  /// Literals with a blank in them, cut at what is put into them.
  private static func sentences(in place: String) throws -> [String] {
    let root = Fixtures.project.appendingPathComponent("Sources/" + place)
    var files = [root.path]
    if root.pathExtension != "swift" {
      let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
      files = names.filter { $0.hasSuffix(".swift") }.map { root.path + "/" + $0 }
    }
    var pieces: Set<String> = []
    let rules = FindingRule.all
    for file in files {
      for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
        guard !line.drop(while: { $0 == " " }).hasPrefix("//") else { continue }
        for literal in literals(line) where literal.contains(where: { $0.contains(" ") }) {
          // Where a fact comes from is not said in a trace, nor are examples of addresses.
          let isSource = rules.contains { $0.source.contains(literal.joined()) }
          guard !isSource, !literal.joined().contains("::1") else { continue }
          pieces.formUnion(literal.filter { $0.contains(where: \.isLetter) })
        }
      }
    }
    return pieces.sorted()
  }

  /// The literals of a line, each as the pieces around its interpolations; escapes are cut out as well.
  private static func literals(_ line: Substring) -> [[String]] {
    var literals: [[String]] = []
    var pieces: [String]?
    var depth = 0
    var characters = line.makeIterator()
    while let character = characters.next() {
      if depth > 0 {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
      } else if character == "\\", pieces != nil {
        if characters.next() == "(" { depth = 1 }
        pieces?.append("")
      } else if character == "\"" {
        if let done = pieces { literals.append(done) }
        pieces = pieces == nil ? [""] : nil
      } else if let last = pieces?.indices.last {
        pieces?[last].append(character)
      }
    }
    return literals
  }
}
