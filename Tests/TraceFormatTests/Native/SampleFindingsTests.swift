import Foundation
import MilterProtocol
import TestSupport
import Testing
import TraceModel

@testable import TraceFormat

/// The findings in the sample sessions are those that the follower makes today of the same packets.
@Suite struct SampleFindingsTests {
  static let samples: [String] = {
    let folder = Fixtures.project.appendingPathComponent("sample-sessions")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".mtrace") }.sorted()
  }()

  @Test func thereAreSamples() { #expect(Self.samples.count > 8) }

  @Test(arguments: samples)
  func aSampleHoldsTheFindingsOfToday(_ name: String) throws {
    let source = try records(TemporaryFolder.bytes(of: Fixtures.project.path + "/sample-sessions/" + name))
    var followers: [Int: Follower] = [:]
    var found: [Finding] = []
    var recorded: [Finding] = []
    for record in source {
      var follower = followers[record.connection] ?? Follower()
      switch record.event {
      case .received(let received):
        follower.received(received.packet, number: received.number, at: record.time, findings: &found)
      case .closed(let closed):
        if closed.how == .peer { follower.closed(closed.leg, at: record.time, findings: &found) }
      case .found(let finding): recorded.append(finding)
      case .opened, .sent, .passed, .held, .released, .instructed, .noted, .marked: break
      }
      followers[record.connection] = follower
    }
    // A trace of an earlier version has no parts.
    #expect(
      found.map { "\($0.packet ?? 0) \($0.rule.id) \($0.text)" }
        == recorded.map { "\($0.packet ?? 0) \($0.rule.id) \($0.text)" })
  }

  private func records(_ trace: [UInt8]) throws -> [Record] {
    var index = TraceIndex()
    index.append(trace.span)
    return try (1..<index.count).map { try RecordReader.record(in: trace.span.extracting(index.line($0))) }
  }
}
