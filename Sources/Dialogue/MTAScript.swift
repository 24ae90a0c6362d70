import MilterProtocol

/// The MTA's side of a conversation, played: says what comes next, by what has been said.
///
/// Whoever plays it owns the dialogue and the time; the script owns what it still has to say. It may say anything: what is odd
/// is remarked on as if an MTA had said it.
package protocol MTAScript: Sendable {
  /// What the MTA does now. Asked once the milter can be talked to, again after each packet that was said, and whenever the
  /// milter said something or the time is over that was waited for.
  mutating func next(_ dialogue: Dialogue, at now: Moment) -> MTAMove

  /// What was said just now has that number in the trace.
  mutating func said(_ packet: Packet, number: Int)

  /// A packet of the milter has come, and has that number in the trace; the dialogue knows of it.
  mutating func heard(_ packet: Packet, number: Int, _ place: Placement, _ dialogue: Dialogue, at now: Moment)

  /// What it remarks on, since it was asked last.
  mutating func remarks() -> [Finding]

  /// The connection has ended, whether or not the script is over.
  mutating func ended()
}

extension MTAScript {
  package mutating func said(_ packet: Packet, number: Int) {}
  package mutating func remarks() -> [Finding] { [] }
  package mutating func ended() {}
}

/// What a played MTA does.
package enum MTAMove: Equatable, Sendable {
  /// With what the trace is to tell of it.
  case say(Packet, note: Sentence? = nil)
  /// A packet, in pieces of so many bytes with a pause between two.
  case sayPiecewise(Packet, bytes: Int, pause: Moment.Span)
  /// Bytes that make no packet.
  case sayBytes([UInt8])
  /// Nothing is said; a word for whoever reads the trace.
  case note(Sentence)
  /// It waits for the milter, at the longest until then; nil for ever.
  case wait(until: Moment?)
  /// It closes the connection: its script is over.
  case hangUp
  /// It breaks the connection off (RST): its script is over.
  case reset
  /// It closes the connection before its script is over: why.
  case giveUp(Sentence)
}
