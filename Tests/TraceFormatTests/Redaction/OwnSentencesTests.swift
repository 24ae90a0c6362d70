import CommandLanguage
import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

/// Our own sentences survive redaction, word by word; what they quote of the wire does not.
@Suite struct OwnSentencesTests {
  private func redacted(_ sentence: Sentence) -> Sentence {
    var redactor = Redacted.redactor()
    return redactor.sentence(sentence)
  }

  /// The same rules find the same in the redacted packets, and say it in the same words: so nothing of the wire hides in
  /// what counts as ours.
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
      #expect(Self.withoutQuotes(a.sentence) == Self.withoutQuotes(b.sentence))
      #expect(Self.withoutQuotes(redacted(a.sentence)) == Self.withoutQuotes(a.sentence))
    }
  }

  private static let secret = Array("<wilhelmina@geheim.example>".utf8)

  @Test func whatIsQuotedIsReplacedAndTheRestStays() {
    let old: Sentence = "'\(wire: Self.secret)' in packet \(packet: 12) is no recipient of 7345101"
    let new = redacted(old)
    #expect(new.text.hasSuffix("' in packet 12 is no recipient of 7345101"))
    #expect(new.text.utf8.count == old.text.utf8.count)
    for secret in ["wilhelmina", "geheim"] { #expect(!new.text.contains(secret)) }
  }

  /// So that its hits can still be counted.
  @Test(arguments: ["on rcpt do add-header X-Seen yes", "on mail named \"my rule 12\" do reject"])
  func aRuleAndItsNameStayTogether(_ text: String) throws {
    let rule = try Rule(parsing: text)
    var play = Recording()
    play.append(.instructed(Instructed(text: rule.text, cause: .operator)))
    play.greet()
    for _ in 0..<2 {
      let held = play.hold(Milter.addHeader("X-Seen", "yes"))
      play.append(.instructed(Instructed(.forward, cause: .rule(rule.label), packet: held)))
    }
    var labels: [String] = []
    var texts: [String] = []
    for record in Redacted.records(play.records) {
      guard case .instructed(let instructed) = record.event else { continue }
      if case .rule(let label) = instructed.cause {
        labels.append(label)
      } else {
        texts.append(instructed.text)
      }
    }
    let new = try Rule(parsing: try #require(texts.first))
    #expect(labels == [new.label, new.label] && new.label != rule.label)
  }

  @Test func ofASentenceWithoutPartsNothingIsTrusted() {
    let new = redacted(Sentence(others: "RCPT names '<wilhelmina@geheim.example>' and geheim")).text
    #expect(new.contains("RCPT") && new.contains(" and "))
    for secret in ["wilhelmina", "geheim"] { #expect(!new.contains(secret)) }
  }

  @Test func optionsAndEndingsOfTheCommandLineStay() {
    var redactor = Redacted.redactor()
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
    var followers: [Int: Follower] = [:]
    var result: [Finding] = []
    for record in records {
      guard case .received(let received) = record.event else { continue }
      var follower = followers[record.connection] ?? Follower()
      follower.received(
        received.packet, number: received.number, at: record.time, findings: &result)
      followers[record.connection] = follower
    }
    return result
  }

  /// What is ours in it.
  private static func withoutQuotes(_ sentence: Sentence) -> Sentence {
    sentence.map { part in
      switch part {
      case .words, .packet: part
      case .wire, .others: .wire([])
      }
    }
  }
}
