import MilterProtocol

/// Which connections of a trace a fold can forget: told of every end of a leg.
///
/// A connection is open until its MTA has gone. Then it lingers: the milter's end is usually told next, and what is said
/// until then is still about it. It is forgotten with its second leg, or as the oldest of too many that linger. Of a stranger's trace
/// that only opens connections, the oldest of too many are forgotten as well: a proxy has some thousands at most.
package struct ConnectionEnds: Sendable {
  package static let mostLingering = 64
  /// Each is remembered with 2 or 3 kB.
  package static let mostOpen = 65_536

  /// Oldest first.
  private var lingering: [Int] = []
  /// In the order in which they began, those that ended among them.
  private var begun: [Int] = []
  private var oldest = 0

  package init() {}

  /// Something of a connection is to be remembered from now on.
  ///
  /// - Parameters:
  ///   - count: of connections that are remembered, this one included.
  ///   - isRemembered: whether that one still is.
  /// - Returns: the connection to forget for it; nil for none.
  package mutating func began(_ connection: Int, remembered count: Int, _ isRemembered: (Int) -> Bool) -> Int?
  {
    begun.append(connection)
    if begun.count > 4 * max(count, 1024) {
      begun = begun[oldest...].filter { $0 == connection || isRemembered($0) }
      oldest = 0
    }
    guard count > Self.mostOpen else { return nil }
    while oldest < begun.count - 1 {
      oldest += 1
      if isRemembered(begun[oldest - 1]) { return begun[oldest - 1] }
    }
    return nil
  }

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
