import Dialogue
import MilterProtocol
import TraceModel

/// One connection of an MTA to a milter that is played: numbered, recorded, followed and remarked on as where a real milter is.
package struct StagedSession: Sendable {
  package let connection: Int
  private var passing = Passing(patience: Patience())

  package init(connection: Int, _ opened: Opened, _ turn: inout Turn) {
    self.connection = connection
    turn.record(.opened(opened), of: connection)
  }

  /// A word for whoever reads the trace.
  package func note(_ text: Sentence, _ turn: inout Turn) {
    turn.record(.noted(text: text, packet: nil), of: connection)
  }

  /// A whole packet, of either side.
  package mutating func travelled(_ packet: Packet, _ turn: inout Turn) {
    passing.follow(packet, of: connection, &turn)
  }

  /// Bytes that make no packet.
  package mutating func passed(_ bytes: [UInt8], from leg: Leg, _ turn: inout Turn) {
    turn.record(.passed(Passed(sender: leg, bytes: bytes, reason: .incomplete)), of: connection)
  }

  package mutating func ended(_ leg: Leg, _ how: Closed.Ending, _ turn: inout Turn) {
    passing.noteEnd(of: leg, how, unfinished: 0, of: connection, &turn)
  }
}
