import MilterProtocol
import TraceModel

/// What a machine asks of the outside: records to keep, and acts to do once they are kept.
///
/// One value serves all machines of a run. `acts` are those of the last event and are done, in order, before the
/// next one; `records` pile up until the owner writes them. No act lets a byte out before the records are written.
package struct Effects {
  package enum Act: Equatable, Sendable {
    /// The bytes just handed in leave on that leg as they came.
    case forward(to: Leg)
    /// A packet leaves that was kept back, changed or made by us.
    case send(Packet, to: Leg)
    /// Bytes leave that make no packet and had to wait for what was in front of them.
    case sendBytes([UInt8], to: Leg)
    /// Reach for the milter; `milterConnected` or `milterUnreachable` follows.
    case connectMilter
    /// Once all before it has left, say on this leg that nothing more will come (half-close).
    case finish(Leg)
    /// Once all before it has left, close this leg.
    case close(Leg)
    /// The same as the peer of a broken connection sees it (RST).
    case reset(Leg)
    /// Take no more bytes from this leg, or take them again.
    case stopReading(Leg)
    case resumeReading(Leg)
    /// Hand in a `tick` at that time; replaces an earlier wish, nil takes it back.
    case wake(at: Moment?)
    /// A line among the program's messages: a rule asked for it.
    case say(String)
    /// Somebody is to be asked; `answered` follows, whatever comes of it. Elsewhere, for a question is large, and acts are many.
    indirect case ask(Question)
  }

  package var records: [Record] = []
  package var acts: [Act] = []
  /// Number of the next packet of the trace.
  package var nextPacket = 1

  private var questions = 0

  package init() {}

  mutating func takeQuestionNumber() -> Int {
    questions += 1
    return questions
  }

  /// The number for a packet that just arrived or was made.
  package mutating func takePacketNumber() -> Int {
    defer { nextPacket += 1 }
    return nextPacket
  }
}
