import Conformance
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
  /// Rules that are to be provoked.
  private(set) var provoking: [Provoking] = []
  /// Our answer to OPTNEG is to have these.
  var wantedFlags: ProtocolFlags = []
  /// A peer is to wait for something: nothing keeps it waiting.
  var isPausing = false
  private var joinedForMTA: Joined?
  private var joinedForMilter: Joined?

  mutating func mute(_ leg: Leg) {
    isUnderWay = true
    muted.insert(leg)
    if leg == .mta { answered = .max }
  }

  mutating func hasAnswer(_ command: Int) { answered = max(answered, command) }

  /// Once is enough: a rule on OPTNEG is asked about both peers'.
  mutating func provoke(_ rule: Provoking) {
    isUnderWay = true
    if provoking.contains(where: { $0.id == rule.id && $0.leg == rule.leg }) { return }
    provoking.append(rule)
  }

  /// The spot of that rule is done, with who hears it and on whose behalf.
  mutating func takeSpot(of place: Int) -> (spot: LiveProvocation.Spot, peer: Leg, cause: Cause)? {
    let rule = provoking[place]
    guard let spot = rule.spots.first else { return nil }
    if !spot.repeats { provoking[place].spots.removeFirst() }
    if provoking[place].spots.isEmpty { provoking.remove(at: place) }
    return (spot, rule.leg, rule.cause)
  }

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
