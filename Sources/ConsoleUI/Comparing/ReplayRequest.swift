import TraceModel

/// A mail that is to be said again to a milter, on a connection of its own.
package struct ReplayRequest: Equatable, Sendable {
  /// Numbers of the records that have it, in order.
  package let records: [Int]
  /// As the operator, or the trace, says it.
  package let milter: String
  /// What is said otherwise.
  package let changes: [Instruction]
  /// Number of the packet that the changes are for.
  package let packet: Int
}
