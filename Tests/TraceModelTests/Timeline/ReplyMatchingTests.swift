import MilterProtocol
import TestSupport
import Testing
import TraceModel

/// Facts and tracker see the same command behind every reply, whatever real MTAs and milters said to each other.
@Suite struct ReplyMatchingTests {
  static let captures = DeliveredCapture.names(containing: "-")

  @Test(.enabled(if: !captures.isEmpty, "no captures beside the project"), arguments: captures)
  func everyReplyOfACaptureBelongsToOneCommand(_ name: String) throws {
    var connections: [Int: ReplyMatching] = [:]
    for record in try DeliveredCapture(name).records {
      connections[record.connection, default: ReplyMatching()].apply(record)
    }
    for (connection, matching) in connections { #expect(matching.differences == [], "c\(connection)") }
  }
}
