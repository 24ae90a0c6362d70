import Dialogue
import MilterProtocol
import TraceModel

/// One packet with what a listing says about it.
package struct ListedPacket: Equatable, Sendable {
  /// Of the packet in the trace; what left in the place of a packet has that packet's number.
  package var number: Int
  package var time: Moment
  package var connection: Int
  /// Of its connection, where a run has several.
  package var tap: String?
  /// Within the connection, from 1; 0 outside any.
  package var message: Int
  package var packet: Packet
  package var stage: Stage?
  /// How long the milter took for this reply.
  package var took: Moment.Span?
  /// A reply: number of the command that it answers.
  package var answers: Int?
  package var findings: [Finding] = []
  /// What logs say about it, where that was asked for.
  package var logs: [ExpectedLog] = []
  package var origin: Origin

  package enum Origin: Equatable, Sendable {
    /// It came in; whether it went on at once.
    case received(forwarded: Bool)
    /// It left in the place of the packet of that number.
    case changed(Cause)
    /// It is of our own making.
    case made(Cause)
  }

  init(_ record: Record, _ packet: Packet, number: Int, _ placement: Placement?, _ origin: Origin) {
    self.number = number
    time = record.time
    connection = record.connection
    message = placement?.message ?? 0
    self.packet = packet
    stage = placement?.stage
    took = placement?.took
    answers = placement?.answers
    self.origin = origin
  }

  /// The finding that weighs most.
  package var severity: Finding.Severity? { findings.map(\.severity).max() }
}
