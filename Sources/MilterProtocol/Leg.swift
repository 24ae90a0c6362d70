/// One of the two connections of a session; as the origin of a packet, the peer at its far end.
///
/// "Client" and "server" are reversed for milters (the MTA connects, the milter answers), so neither word is used.
public enum Leg: UInt8, Sendable, Equatable, CaseIterable {
  /// The connection to the MTA, which sends commands.
  case mta
  /// The connection to the mail filter, which sends replies.
  case milter

  public var other: Leg { self == .mta ? .milter : .mta }

  /// The word used in traces, JSON output and expressions.
  public var name: String { self == .mta ? "mta" : "milter" }
}
