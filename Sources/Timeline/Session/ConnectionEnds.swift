import MilterProtocol

/// Which connections of a trace a fold can forget: told of every end of a leg.
///
/// A connection is open until its MTA has gone. Then it lingers: the milter's end is usually told next, and what is said
/// until then is still about it. It is forgotten with its second leg, or as the oldest of too many that linger.
package struct ConnectionEnds: Sendable {
  package static let mostLingering = 64

  /// Oldest first.
  private var lingering: [Int] = []

  package init() {}

  /// - Parameter endedLegs: of the connection, this one included.
  /// - Returns: the connection to forget now; nil for none.
  package mutating func ended(_ leg: Leg, of connection: Int, endedLegs: Int) -> Int? {
    if endedLegs > 1 {
      lingering.removeAll { $0 == connection }
      return connection
    }
    guard leg == .mta else { return nil }
    lingering.append(connection)
    return lingering.count > Self.mostLingering ? lingering.removeFirst() : nil
  }
}
