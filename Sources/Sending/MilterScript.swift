import MilterProtocol

/// The milter's side of a conversation, played: what it does about each packet of an MTA.
package protocol MilterScript: Sendable {
  mutating func moves(on packet: Packet) -> [MilterMove]
}

/// Plays the milter on every connection that is made, and may know on one what was said on another.
package protocol MilterCast {
  /// - Parameter connection: its number.
  mutating func moves(on packet: Packet, of connection: Int) -> [MilterMove]
  mutating func ended(_ connection: Int)
}

/// The same script on each connection, which knows nothing of the others.
package struct EachAlone<Script: MilterScript>: MilterCast {
  private let script: Script
  private var begun: [Int: Script] = [:]

  package init(_ script: Script) { self.script = script }

  package mutating func moves(on packet: Packet, of connection: Int) -> [MilterMove] {
    var own = begun.removeValue(forKey: connection) ?? script
    defer { begun[connection] = own }
    return own.moves(on: packet)
  }

  package mutating func ended(_ connection: Int) { begun[connection] = nil }
}

/// What a played milter does.
package enum MilterMove: Equatable, Sendable {
  case say(Packet)
  /// In pieces of so many bytes with a pause between two.
  case sayPiecewise(Packet, bytes: Int, pause: Moment.Span)
  /// Bytes that make no packet.
  case sayBytes([UInt8])
  /// Nothing is said; a word for whoever reads the trace.
  case note(Sentence)
  case pause(Moment.Span)
  case close
  /// The connection breaks (RST).
  case reset
}
