import Delivery
import Foundation
import MilterProtocol
import Testing
import Timeline
import TraceModel

/// What each verdict and each form of REPLYCODE does at each stage, as a table that `Tests/Peers/test_verdicts.py` holds
/// against the real MTAs.
@Suite struct VerdictTableTests {
  private static let stages: [Stage] = [
    .connect, .helo, .mail, .rcpt, .data, .header, .eoh, .body, .bodyEOB, .unknown,
  ]

  /// Packets without their length.
  private static let replies = [
    "c", "a", "r", "t", "d", "s", "4", "y550 5.7.1 no\0", "y451 4.7.1 later\0", "y421 4.7.0 go\0",
    "y550 a\0", "y550\0", "y451\0", "y421\0", "y550 \0", "y550-\0", "y550_no\0", "y250 ok\0", "y5x0 no\0",
    "y55\0", "y\0",
    "y", "y550 5.7.1 no", "y550 5.7.1 no\0more\0", "y550 4.7.1 no\0", "y451 5.7.1 no\0",
    "y550 5.7.1 100% sure\0", "y550 5.7.1 100%% sure\0", "y451 4.7.1 100% busy\0",
    "y550-5.7.1 a\r\n550 5.7.1 b\0", "y550 5.7.1 a\r\n550 5.7.1 b\0", "y550-5.7.1 a\r\n550-5.7.1 b\0",
    "y550-5.7.1 a\r\n451 4.7.1 b\0", "y550-5.7.1 a\n550 5.7.1 b\0", "y550 5.7.1 a\n550 5.7.1 b\0",
    "y550 5.7.1 a\r\nb\0", "y550 5.7.1 a\r\n\r\n550 5.7.1 b\0", "y550-5.7.1 only\0", "y550 5.7.1 no\r\n\0",
    "y550 5.7.1 no\n\0", "y550 5.7.1 no\r\0", "y550-5.7.1 a\r\n550 5.7.1 b\r\n\0",
    "y421-4.7.0 a\r\n421 4.7.0 go\0",
  ]

  private static func line(_ rules: KnownMTA, _ stage: Stage, _ reply: [UInt8]) -> String {
    let length = UInt32(reply.count)
    let packet = Packet(
      frame: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + reply, from: .milter)
    guard case .reply(let kind) = packet.kind else { return "" }
    var text: ArraySlice<UInt8> = []
    if case .replyCode(let range) = Dissection(packet).shape { text = packet.bytes[range] }
    let effect = VerdictEffect(of: kind, at: stage, under: rules, text: text, ending: .init(of: packet))
    let hex = reply.map { String(format: "%02x", $0) }.joined()
    return [
      rules.rawValue, stage.name.lowercased(), hex, effect.clientCode.map(String.init) ?? "-", effect.words,
      effect.danger ?? "-",
    ].joined(separator: "\t")
  }

  private static let table =
    "mta\tstage\treply\tcode\twords\tdanger\n"
    + KnownMTA.measured.flatMap { rules in
      stages.flatMap { stage in replies.map { line(rules, stage, Array($0.utf8)) + "\n" } }
    }.joined()

  /// With `MITMILTER_RECORD_DOCS=1` the table is written instead, and the test fails on purpose.
  @Test func theTableThatRealMTAsAreHeldAgainstIsThis() throws {
    let path =
      #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/Peers/verdicts.tsv"
    if ProcessInfo.processInfo.environment["MITMILTER_RECORD_DOCS"] == "1" {
      try Self.table.write(toFile: path, atomically: true, encoding: .utf8)
      Issue.record(
        "recorded Tests/Peers/verdicts.tsv; run Tests/Peers/run test_verdicts, then without recording")
      return
    }
    let table = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    #expect(table == Self.table, "MITMILTER_RECORD_DOCS=1 swift test --filter VerdictTableTests")
  }
}
