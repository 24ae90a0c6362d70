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

  /// - Returns: what is to be said about it, without the number of the connection.
  mutating func take(_ record: Record) -> String? {
    guard case .closed(let closed) = record.event else { return nil }
    defer { if case .unreachable = closed.how { leftByMTA.insert(record.connection) } }
    switch (closed.leg, closed.how) {
    case (.milter, .unreachable(let why)):
      unreachable += 1
      return count("the milter cannot be reached: \(why.text)")
    case (.mta, .ours(let why)):
      // What was said of the milter already is why this one ends.
      return leftByMTA.insert(record.connection).inserted ? count(why.text) : nil
    case (.milter, .peer):
      if leftByMTA.insert(record.connection).inserted {
        return count("the milter closed the connection before the MTA did")
      }
    case (.milter, .error(let name)):
      if leftByMTA.insert(record.connection).inserted {
        return count("the connection to the milter broke: \(name)")
      }
    case (.mta, _): leftByMTA.insert(record.connection)
    case (.milter, .ours): break
    }
    return nil
  }

  private mutating func count(_ words: String) -> String {
    count += 1
    return words
  }

  /// Takes it, and tells of the first few.
  mutating func report(_ record: Record) {
    guard let words = take(record), count <= Self.told else { return }
    tell("warning: connection \(record.connection) of the replay: \(words)")
  }

  func finish() {
    if count > Self.told { tell("warning: \(count) connections of the replay ended so") }
  }
}
