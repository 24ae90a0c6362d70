import MilterProtocol
import Timeline
import TraceModel

/// The packets that go out, and the connections and messages that they belong to.
package struct ChosenPackets: Sendable {
  /// One bit of truth a row; empty where everything is chosen.
  private var rows: [Bool] = []
  private var connections: [Bool] = []
  private var messages: [Bool] = []
  /// No filter: everything goes out, connections without packets too.
  package let isEverything: Bool

  /// Whether a finding that is about no packet is chosen; nil where they go with their connection.
  private let loneFindings: LoneFindings?
  package typealias LoneFindings = @Sendable (Record) -> Bool

  package init(
    _ chosen: [UInt32]?, of index: TimelineIndex, from source: any RecordSource,
    loneFindings: LoneFindings? = nil
  ) {
    isEverything = chosen == nil
    self.loneFindings = loneFindings
    guard let chosen else { return }
    rows = [Bool](repeating: false, count: index.count)
    connections = [Bool](repeating: false, count: index.connections.count)
    messages = [Bool](repeating: false, count: index.messages.count)
    for row in chosen { choose(Int(row), of: index) }
    guard let loneFindings else { return }
    for entry in index.findings where entry.row == nil {
      guard let connection = entry.connection, !connections[connection] else { continue }
      connections[connection] = source.record(at: entry.record).map(loneFindings) ?? false
    }
  }

  /// Whether a finding that is about no packet goes out.
  func hasLone(_ finding: Record, of index: TimelineIndex) -> Bool {
    if isEverything { return true }
    if let loneFindings { return loneFindings(finding) }
    return index.connectionIndex(finding.connection).map(hasConnection) ?? false
  }

  mutating func choose(_ row: Int, of index: TimelineIndex) {
    guard !isEverything else { return }
    rows[row] = true
    connections[index.connectionIndex(at: row)] = true
    if let message = index.messageIndex(at: row) { messages[message] = true }
  }

  package func hasRow(_ row: Int) -> Bool { isEverything || rows[row] }
  /// By index in ``TimelineIndex/connections``.
  package func hasConnection(_ i: Int) -> Bool { isEverything || connections[i] }
  /// By index in ``TimelineIndex/messages``.
  package func hasMessage(_ i: Int) -> Bool { isEverything || messages[i] }

  /// Whether there is nothing to go out.
  package var isEmpty: Bool { !isEverything && !connections.contains(true) }
  /// How many packets; nil for all of them.
  package var count: Int? { isEverything ? nil : rows.count { $0 } }
}
