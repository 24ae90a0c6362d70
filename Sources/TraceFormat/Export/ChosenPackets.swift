import TraceModel

/// The packets that go out, and the connections and messages that they belong to.
package struct ChosenPackets: Sendable {
  /// One bit of truth a row; empty where everything is chosen.
  private var rows: [Bool] = []
  private var connections: [Bool] = []
  private var messages: [Bool] = []
  /// No filter: everything goes out, connections without packets too.
  package let isEverything: Bool

  package init(_ chosen: [UInt32]?, of index: TimelineIndex) {
    isEverything = chosen == nil
    guard let chosen else { return }
    rows = [Bool](repeating: false, count: index.count)
    connections = [Bool](repeating: false, count: index.connections.count)
    messages = [Bool](repeating: false, count: index.messages.count)
    for row in chosen { choose(Int(row), of: index) }
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

  /// How many packets; nil for all of them.
  package var count: Int? { isEverything ? nil : rows.count { $0 } }
}
