import TraceModel

/// A connection that ended before any packet came on it, at its place among the packets.
package struct SilentConnection: Equatable, Sendable {
  /// Index of the connection.
  package let connection: Int
  /// Packets that there were at its end.
  package let row: Int
  /// The record of its end.
  package let record: Int
}
