import CommandLanguage
import Delivery
import Foundation
import Mail
import MilterProtocol
import TestSupport
import Timeline
import TraceModel

@testable import TraceFormat

/// What the tests of redaction start from.
enum Redacted {
  static let key = RedactionKey(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210)

  static let language = OperatorLanguage(
    words: LanguageWords.all,
    pieces: { LanguageWords.pieces(of: $0).map { .init($0.bytes, isValue: $0.isValue) } }
  ) { $0.text }

  static func redactor(keeping: [String] = []) -> Redactor {
    Redactor(key: key, keeping: keeping, language: language)
  }

  static func records(
    _ records: [Record], keeping: [String] = [], bodyLimit: Int = RecordRedactor.bodyLimit
  ) -> [Record] {
    var redactor = RecordRedactor(redactor(keeping: keeping), bodyLimit: bodyLimit)
    var result: [Record] = []
    for record in records { result += redactor.take(record) }
    return result + redactor.finish()
  }

  static func text(_ text: String, header: String? = nil) -> String {
    var redactor = redactor()
    let bytes = Array(text.utf8)
    guard let header else { return redactor.text(text) }
    return String(decoding: redactor.headerValue(Array(header.utf8), bytes), as: UTF8.self)
  }

  /// Every sample, and every capture beside the project.
  static let recordings: [String] = {
    let folder = Fixtures.project.appendingPathComponent("sample-sessions").path
    let samples = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return samples.filter { $0.hasSuffix(".mtrace") }.sorted() + DeliveredCapture.names(containing: "-")
  }()

  static func recording(_ name: String) throws -> [Record] {
    guard name.hasSuffix(".mtrace") else { return try DeliveredCapture(name).records }
    let file = Fixtures.project.appendingPathComponent("sample-sessions/\(name)")
    return try Data(contentsOf: file).split(separator: 0x0A).dropFirst().map {
      try RecordReader.record(in: Array($0).span).read
    }
  }

  /// What the rules say about each packet on the MTA's leg, without the words that quote it.
  static func findings(_ records: [Record]) -> [String] {
    var followers: [Int: Follower] = [:]
    var result: [String] = []
    for record in records {
      guard case .received(let received) = record.event else { continue }
      var follower = followers[record.connection] ?? Follower()
      var findings: [Finding] = []
      follower.received(
        received.packet, number: received.number, at: record.time, findings: &findings)
      followers[record.connection] = follower
      result += findings.map { "\($0.packet ?? 0) \($0.rule.id)" }
    }
    return result
  }

  /// What each mail comes to, without its words.
  static func effects(_ records: [Record]) -> [String] {
    let source = MemoryRecords(records)
    var index = TimelineIndex()
    index.catchUp(with: source)
    return index.messages.indices.flatMap { i in
      let content = index.content(ofMessage: i, from: source)
      return KnownMTA.allCases.map { rules in
        let result = EffectiveResult(of: content, under: rules)
        let headers = result.headers.map { "\($0.name) \($0.text.count) \($0.change) \($0.isOwnReceived)" }
        let recipients = result.recipients.map { "\($0.envelope.address.count) \($0.change)" }
        let diff = BodyDiff(from: result.bodyBefore, to: result.body).lines
        let parts = MIMEPart(headers: content.headers.map(\.header), body: content.body).flattened
          .map { "\($0.part.type.type) \($0.part.encoding) \($0.part.header) \($0.part.content) \($0.depth)" }
        return "\(headers)\(recipients)\(result.fate)\(result.sender?.change ?? .kept)\(diff)\(parts)"
      }
    }
  }
}
