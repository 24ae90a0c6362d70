import MilterProtocol
import TraceModel

/// What faults that were asked for have left behind on a connection; nothing where none was.
struct Faulty: Sendable {
  /// What is asked of the answer to a command that is at its turn.
  struct OfAnswer: Sendable {
    let command: Int
    let faults: [Fault]
    let cause: Cause
  }

  /// Bytes that wait for the next packet of their direction.
  struct Joined: Sendable {
    var bytes: [UInt8]
    var until: Moment
  }

  var ofAnswer: OfAnswer?
  /// Each packet has to be looked at from now on.
  private(set) var isUnderWay = false
  /// Nothing leaves on these.
  private(set) var muted = LegSet()
  /// Commands up to this one have what they get for an answer.
  private(set) var answered = 0
  private var joinedForMTA: Joined?
  private var joinedForMilter: Joined?

  mutating func mute(_ leg: Leg) {
    isUnderWay = true
    muted.insert(leg)
    if leg == .mta { answered = .max }
  }

  mutating func hasAnswer(_ command: Int) { answered = max(answered, command) }

  mutating func sentInPieces() { isUnderWay = true }

  mutating func join(_ bytes: [UInt8], on leg: Leg, until: Moment) {
    isUnderWay = true
    let joined = Joined(bytes: takeJoined(leg) + bytes, until: until)
    if leg == .mta { joinedForMTA = joined } else { joinedForMilter = joined }
  }

  mutating func takeJoined(_ leg: Leg) -> [UInt8] {
    defer { if leg == .mta { joinedForMTA = nil } else { joinedForMilter = nil } }
    return joined(leg)?.bytes ?? []
  }

  func joined(_ leg: Leg) -> Joined? { leg == .mta ? joinedForMTA : joinedForMilter }

  /// When something goes on alone.
  var nextMoment: Moment? { earlier(joinedForMTA?.until, joinedForMilter?.until) }
}
