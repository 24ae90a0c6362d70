import Comparison
import MilterProtocol
import TraceModel

/// Why connections of a replay ended before their script, a line each; of many the first few.
struct ReplayFailures {
  private(set) var count = 0
  private(set) var unreachable = 0
  /// Connections whose milter ended, and whose MTA had not yet.
  private var leftByMTA: Set<Int> = []
  private static let told = 5

  mutating func take(_ record: Record) {
    guard case .closed(let closed) = record.event else { return }
    switch (closed.leg, closed.how) {
    case (.milter, .unreachable(let why)):
      unreachable += 1
      report(record.connection, "the milter cannot be reached: \(why.text)")
    case (.mta, .ours(let why)):
      // What was said of the milter already is why this one ends.
      if !leftByMTA.contains(record.connection) { report(record.connection, why.text) }
      leftByMTA.insert(record.connection)
    case (.milter, .peer):
      if leftByMTA.insert(record.connection).inserted {
        report(record.connection, "the milter closed the connection before the MTA did")
      }
    case (.milter, .error(let name)):
      if leftByMTA.insert(record.connection).inserted {
        report(record.connection, "the connection to the milter broke: \(name)")
      }
    case (.mta, _): leftByMTA.insert(record.connection)
    case (.milter, .ours): break
    }
    if case .unreachable = closed.how { leftByMTA.insert(record.connection) }
  }

  private mutating func report(_ connection: Int, _ words: String) {
    count += 1
    if count <= Self.told { tell("warning: connection \(connection) of the replay: \(words)") }
  }

  func finish() {
    if count > Self.told { tell("warning: \(count) connections of the replay ended so") }
  }
}
