/// What happened to a packet on its way, by the records about it.
package struct PacketFlags: OptionSet, Equatable, Sendable {
  package var rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// It was stopped at some time, whether or not it still is.
  package static let held = PacketFlags(rawValue: 1 << 0)
  /// It is still stopped.
  package static let waiting = PacketFlags(rawValue: 1 << 1)
  /// What left is not what came.
  package static let edited = PacketFlags(rawValue: 1 << 2)
  /// It is of our own making.
  package static let injected = PacketFlags(rawValue: 1 << 3)
  /// It never left.
  package static let dropped = PacketFlags(rawValue: 1 << 4)
  /// A command that we answered in the milter's place.
  package static let answered = PacketFlags(rawValue: 1 << 5)
  package static let marked = PacketFlags(rawValue: 1 << 6)
  /// The operator wrote words about it.
  package static let noted = PacketFlags(rawValue: 1 << 7)
  /// A rule acted on it.
  package static let ruled = PacketFlags(rawValue: 1 << 8)

  /// Flags with the words that name them in expressions, in the order of badges.
  package static let table: [(flag: PacketFlags, name: String)] = [
    (.held, "held"), (.waiting, "waiting"), (.edited, "edited"), (.injected, "injected"),
    (.dropped, "dropped"), (.answered, "answered"), (.marked, "marked"), (.noted, "noted"),
    (.ruled, "ruled"),
  ]
}
