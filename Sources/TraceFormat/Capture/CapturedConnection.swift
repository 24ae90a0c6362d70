import MilterProtocol

/// One TCP connection of a capture: both directions reassembled, holes judged, and told whether it speaks milter.
///
/// Jobs: 1. put each direction in order; 2. decide which holes will never be filled; 3. find out whether the
/// connection is milter and which end is the MTA; 4. cut packets and tell what happened, in the order of the capture.
///
/// A hole is suspected as soon as the other end acknowledges bytes that the capture has not shown: they arrived, so the
/// capture lost them, or its frames changed places. From there the connection's frames wait, for a second of capture time
/// or ``patienceFrames`` frames; if the bytes still do not come, the hole is a gap and everything goes on in order.
struct CapturedConnection {
  struct Event {
    /// The frame that brought it.
    var at: Instant
    var item: Item
  }

  /// A frame of the capture: when, and the how-manieth. Clocks may go back, frames do not.
  struct Instant {
    var time: Int64
    var frame: Int
  }

  enum Item {
    case follower(Leg, FrameFollower.Item)
    case closed(Leg, reset: Bool)
  }

  /// What is known about who talks.
  enum Kind: Equatable {
    case undecided
    case notMilter
    /// `mtaFirst`: the end of the first frame seen is the MTA.
    case milter(mtaFirst: Bool)
  }

  /// The ends in the order of the first frame: its source, its destination.
  let ends: [Endpoint]
  /// Whether the capture has the SYN.
  let sawStart: Bool
  let first: Instant
  private(set) var kind = Kind.undecided
  private(set) var cutFrames = 0
  private let firstSequence: UInt32

  private var streams = [StreamAssembler(), StreamAssembler()]
  private var followers: [FrameFollower?] = [nil, nil]
  private var closed = [false, false]
  /// Deliveries in order, while nobody knows whether this is milter.
  private var early: [(at: Instant, delivery: Delivery)] = []
  private var earlyBytes = 0
  private var backlog: [Arrived] = []
  private var suspicion: Suspicion?
  /// The frame that is being looked at.
  private var now: Instant

  private enum Delivery {
    case bytes(end: Int, ArraySlice<UInt8>)
    case gap(end: Int, Int)
    case closed(end: Int, reset: Bool)
  }

  private struct Arrived {
    var segment: TCPSegment
    var end: Int
    var at: Instant
  }

  private struct Suspicion {
    /// The direction with the hole, and the offset that was acknowledged.
    var end: Int
    var acknowledged: Int
    var since: Instant
  }

  private static let patienceFrames = 64
  private static let patienceMicroseconds: Int64 = 1_000_000
  /// Without acknowledgements (a one-way capture), a hole is a gap when so much waits beyond it.
  private static let waitingBytesLimit = 4 << 20
  private static let undecidedBytesLimit = 131_072

  init(first segment: TCPSegment, at instant: Instant) {
    ends = [segment.source, segment.destination]
    first = instant
    now = instant
    sawStart = segment.flags.contains(.syn)
    firstSequence = segment.sequence
  }

  /// Whether this SYN is the one that the connection began with, sent again.
  func begins(with segment: TCPSegment) -> Bool {
    sawStart && segment.source == ends[0] && segment.sequence == firstSequence
  }

  var isOver: Bool { closed[0] && closed[1] }

  /// The frame from which on it may still tell something; nil where it has told all so far, or will not tell anything.
  var heldSince: Instant? {
    switch kind {
    case .notMilter: nil
    case .milter: suspicion?.since
    // What begins like something else is most likely not milter: nobody waits for it.
    case .undecided: isOver || sawStart && earlyBytes >= Limits.headerBytes ? nil : first
    }
  }

  mutating func add(_ segment: TCPSegment, at instant: Instant) -> [Event] {
    let end = segment.source == ends[0] ? 0 : 1
    if segment.missingBytes > 0 { cutFrames += 1 }
    if kind == .notMilter { return [] }
    let arrived = Arrived(segment: segment, end: end, at: instant)
    guard let suspicion else { return process([arrived]) }
    if end == suspicion.end, !segment.payload.isEmpty,
      streams[end].offset(of: segment.sequence) <= streams[end].next
    {
      var items = take(arrived)
      if streams[end].next >= suspicion.acknowledged {
        self.suspicion = nil
        items += processBacklog()
      }
      return items
    }
    backlog.append(arrived)
    let patient =
      backlog.count < Self.patienceFrames
      && instant.time - suspicion.since.time < Self.patienceMicroseconds
    return patient ? [] : giveUp(suspicion)
  }

  /// The capture ended.
  mutating func finish() -> [Event] {
    guard kind != .notMilter else { return [] }
    var items: [Event] = []
    while let suspicion { items += giveUp(suspicion) }
    for end in 0...1 { items += skipHoles(end, upTo: nil) }
    for end in 0...1 where !closed[end] { items += finishFollower(end) }
    return items
  }

  // MARK: order

  private mutating func processBacklog() -> [Event] {
    let waiting = backlog
    backlog = []
    return process(waiting)
  }

  private mutating func process(_ arrivals: [Arrived]) -> [Event] {
    var items: [Event] = []
    for (index, arrived) in arrivals.enumerated() {
      if let suspicion = holeSeen(by: arrived) {
        self.suspicion = suspicion
        backlog = Array(arrivals[index...])
        return items
      }
      items += take(arrived)
    }
    return items
  }

  /// Whether this segment acknowledges bytes of the other end that are not here.
  private func holeSeen(by arrived: Arrived) -> Suspicion? {
    let other = 1 - arrived.end
    guard arrived.segment.flags.contains(.ack), !arrived.segment.flags.contains(.syn),
      streams[other].isSynchronized, streams[arrived.end].isSynchronized || !arrived.segment.payload.isEmpty
    else { return nil }
    let acknowledged = streams[other].offset(of: arrived.segment.acknowledged)
    // One byte more than there is may be the FIN, seen or not.
    let beyond = acknowledged - streams[other].next
    guard beyond > 1 || beyond == 1 && streams[other].firstWaiting != nil else { return nil }
    return Suspicion(end: other, acknowledged: acknowledged, since: arrived.at)
  }

  private mutating func giveUp(_ suspicion: Suspicion) -> [Event] {
    self.suspicion = nil
    now = suspicion.since
    return skipHoles(suspicion.end, upTo: suspicion.acknowledged) + processBacklog()
  }

  /// Names every hole as a gap, as far as bytes wait, or up to what was acknowledged.
  private mutating func skipHoles(_ end: Int, upTo acknowledged: Int?) -> [Event] {
    var items: [Event] = []
    while true {
      let skipped = streams[end].skipHole(upTo: acknowledged)
      guard skipped > 0 else { return items }
      items += deliver(.gap(end: end, skipped))
      while let bytes = streams[end].takeWaiting() { items += deliver(.bytes(end: end, bytes)) }
      items += deliverEnd(end)
    }
  }

  private mutating func take(_ arrived: Arrived) -> [Event] {
    let (segment, end) = (arrived.segment, arrived.end)
    now = arrived.at
    if segment.flags.contains(.syn) {
      streams[end].synchronize(at: segment.sequence &+ 1)
      return []
    }
    if segment.flags.contains(.rst) {
      return closed[end] ? [] : deliver(.closed(end: end, reset: true))
    }
    if !segment.payload.isEmpty || segment.flags.contains(.fin) {
      streams[end].synchronize(at: segment.sequence)
    }
    var items: [Event] = []
    if let bytes = streams[end].insert(segment.payload, sequence: segment.sequence) {
      items += deliver(.bytes(end: end, bytes))
      while let more = streams[end].takeWaiting() { items += deliver(.bytes(end: end, more)) }
    }
    if segment.flags.contains(.fin) {
      let length = UInt32(truncatingIfNeeded: segment.payload.count + segment.missingBytes)
      streams[end].finished(at: segment.sequence &+ length)
    }
    if streams[end].waitingBytes > Self.waitingBytesLimit { items += skipHoles(end, upTo: nil) }
    return items + deliverEnd(end)
  }

  private mutating func deliverEnd(_ end: Int) -> [Event] {
    streams[end].isAtEnd && !closed[end] ? deliver(.closed(end: end, reset: false)) : []
  }

  // MARK: meaning

  private mutating func deliver(_ delivery: Delivery) -> [Event] {
    if case .closed(let end, _) = delivery { closed[end] = true }
    switch kind {
    case .notMilter: return []
    case .milter: return follow(delivery)
    case .undecided:
      early.append((now, delivery))
      if case .bytes(_, let bytes) = delivery { earlyBytes += bytes.count }
      kind = judged()
      guard kind != .undecided else { return [] }
      let waiting = early
      early = []
      let latest = now
      defer { now = latest }
      return waiting.flatMap { instant, delivery in
        now = instant
        return follow(delivery)
      }
    }
  }

  private mutating func follow(_ delivery: Delivery) -> [Event] {
    guard case .milter(let mtaFirst) = kind else { return [] }
    func leg(_ end: Int) -> Leg { (end == 0) == mtaFirst ? .mta : .milter }
    switch delivery {
    case .bytes(let end, let bytes):
      return follower(end, leg(end)) { $0.append(bytes) }
    case .gap(let end, let bytes):
      return follower(end, leg(end)) { $0.gap(bytes) }
    case .closed(let end, let reset):
      return finishFollower(end) + [Event(at: now, item: .closed(leg(end), reset: reset))]
    }
  }

  private mutating func follower(
    _ end: Int, _ leg: Leg, _ body: (inout FrameFollower) -> [FrameFollower.Item]
  ) -> [Event] {
    var follower = followers[end] ?? FrameFollower(sender: leg, midway: !sawStart)
    defer { followers[end] = follower }
    return body(&follower).map { Event(at: now, item: .follower(leg, $0)) }
  }

  private mutating func finishFollower(_ end: Int) -> [Event] {
    guard var follower = followers[end] else { return [] }
    defer { followers[end] = follower }
    return follower.finish().map { Event(at: now, item: .follower(follower.sender, $0)) }
  }

  /// With a start, OPTNEG from whoever talks first tells at once. Else the reading of both directions counts that
  /// gives two packets or more, at least one of them of the MTA; with a start it has to fit from the first byte.
  private func judged() -> Kind {
    if sawStart, let first = firstTalker() {
      let start: [UInt8] = [0, 0, 0]
      if first.bytes.starts(with: start), first.bytes[4] == CommandKind.optNeg.rawValue {
        return .milter(mtaFirst: first.end == 0)
      }
    }
    guard earlyBytes > 0 else { return .undecided }
    for mtaFirst in [true, false] where isMilter(mtaFirst: mtaFirst) { return .milter(mtaFirst: mtaFirst) }
    let limit = sawStart ? Limits.headerBytes * 200 : Self.undecidedBytesLimit
    return earlyBytes > limit ? .notMilter : .undecided
  }

  /// The end that sent the first bytes, with its first five.
  private func firstTalker() -> (end: Int, bytes: [UInt8])? {
    var talker: Int?
    var bytes: [UInt8] = []
    for case (_, .bytes(let end, let part)) in early where talker ?? end == end {
      talker = end
      bytes += part.prefix(Limits.headerBytes)
    }
    guard let talker, bytes.count >= Limits.headerBytes else { return nil }
    return (talker, bytes)
  }

  private func isMilter(mtaFirst: Bool) -> Bool {
    var trial = [
      FrameFollower(sender: mtaFirst ? .mta : .milter, midway: !sawStart),
      FrameFollower(sender: mtaFirst ? .milter : .mta, midway: !sawStart),
    ]
    var packets = [0, 0]
    for case (_, .bytes(let end, let bytes)) in early {
      for item in trial[end].append(bytes) {
        switch item {
        case .packet(let packet, _):
          guard Dissection(packet).malformation == nil else { return false }
          packets[end] += 1
        case .passed: if sawStart { return false }
        case .gap: break
        }
      }
    }
    return packets[0] + packets[1] >= 2 && packets[mtaFirst ? 0 : 1] >= 1
  }
}
