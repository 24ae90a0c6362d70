import MilterProtocol

/// A packet that has to stand in a message, or in a connection, for any packet from there on to match: a filter does not
/// fold the facts of those that have none.
package struct Evidence: Hashable, Sendable {
  package enum Scope: Hashable, Sendable { case message, connection }

  package let scope: Scope
  package let kinds: [PacketKind]
  /// In its record, all of them.
  package let texts: [TextProbe]

  package init(_ scope: Scope, kinds: [PacketKind], texts: [TextProbe]) {
    self.scope = scope
    self.kinds = kinds
    self.texts = texts
  }
}
