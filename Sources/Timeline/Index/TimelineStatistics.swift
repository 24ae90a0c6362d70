import Dialogue
import MilterProtocol
import TraceModel

/// Counts of a whole trace, of bounded size.
package struct TimelineStatistics: Sendable {
  // Counted by place of the stage and letter of the reply: every packet comes through here.
  private var times = [Histogram?](repeating: nil, count: Stage.allCases.count)
  private var shares = [Histogram?](repeating: nil, count: Stage.allCases.count)
  private var replies = [Int](repeating: 0, count: Stage.allCases.count << 8)
  /// How the times at end of message went over the trace.
  package private(set) var growth = Growth()
  package private(set) var modifications: [ReplyKind: Int] = [:]
  package private(set) var packetsFromMTA = 0
  package private(set) var packetsFromMilter = 0
  package private(set) var messages = 0
  package private(set) var rates = RateRing()

  /// - Parameter share: of the MTA's patience that a reply took, in hundredths of a percent.
  mutating func add(_ kind: PacketKind, _ placement: Placement, share: Int64, at time: Moment) {
    switch kind {
    case .command: packetsFromMTA += 1
    case .reply(let reply):
      packetsFromMilter += 1
      if reply.role == .modification { modifications[reply, default: 0] += 1 }
      if reply.role == .verdict, let stage = placement.stage { replies[Self.place(stage, reply)] += 1 }
      if reply.settles, let stage = placement.stage, let took = placement.took {
        if times[stage.place] == nil {
          (times[stage.place], shares[stage.place]) = (Histogram(), Histogram())
        }
        times[stage.place]?.add(took.microseconds)
        shares[stage.place]?.add(share)
        if stage == .bodyEOB { growth.add(took) }
      }
    case .unknown, .empty: break
    }
    rates.add(.packet, at: time)
  }

  private static func place(_ stage: Stage, _ reply: ReplyKind) -> Int {
    stage.place << 8 | Int(reply.rawValue)
  }

  /// Reply times by stage, from the command leaving for the milter.
  package var replyTimes: [Stage: Histogram] {
    Dictionary(
      uniqueKeysWithValues: Stage.allCases.compactMap { stage in times[stage.place].map { (stage, $0) } })
  }

  /// What the replies of a stage took of the patience that their MTA had, in hundredths of a percent.
  package func patienceShares(at stage: Stage) -> Histogram? { shares[stage.place] }

  /// Verdicts of the milter, by stage; those that were given.
  package var verdicts: [Stage: [ReplyKind: Int]] {
    var verdicts: [Stage: [ReplyKind: Int]] = [:]
    for stage in Stage.allCases {
      for reply in ReplyKind.allCases where replies[Self.place(stage, reply)] > 0 {
        verdicts[stage, default: [:]][reply] = replies[Self.place(stage, reply)]
      }
    }
    return verdicts
  }

  mutating func addMessage(at time: Moment) {
    messages += 1
    rates.add(.message, at: time)
  }
}

/// The first and the latest reply times at end of message, whatever their connections.
package struct Growth: Sendable, Equatable {
  /// How many are compared with how many.
  package static let compared = 64

  private var first: [Moment.Span] = []
  private var latest: [Moment.Span] = []
  private var next = 0

  mutating func add(_ took: Moment.Span) {
    if first.count < Self.compared { return first.append(took) }
    if latest.count < Self.compared { return latest.append(took) }
    latest[next] = took
    next = (next + 1) % Self.compared
  }

  /// The medians of both; nil while there are too few.
  package var medians: (first: Moment.Span, latest: Moment.Span)? {
    guard latest.count == Self.compared else { return nil }
    return (Self.median(first), Self.median(latest))
  }

  private static func median(_ spans: [Moment.Span]) -> Moment.Span { spans.sorted()[spans.count / 2] }
}

/// Lengths of time in fixed buckets: four to a doubling, so that a percentile is at most a fifth too high.
package struct Histogram: Sendable, Equatable {
  /// Counts by bucket; the last takes all that is longer.
  package private(set) var buckets = [Int](repeating: 0, count: Histogram.bucketCount)
  package private(set) var count = 0
  package private(set) var largest = Moment.Span(microseconds: 0)
  private var sum: Int64 = 0

  package static let bucketCount = 132

  package init() {}

  package mutating func add(_ microseconds: Int64) {
    let value = max(0, microseconds)
    buckets[Self.bucket(value)] += 1
    count += 1
    sum &+= value
    largest = max(largest, Moment.Span(microseconds: value))
  }

  package var mean: Moment.Span { Moment.Span(microseconds: count == 0 ? 0 : sum / Int64(count)) }

  /// The upper edge of the bucket that holds the given share of all values; never above the largest value.
  package func percentile(_ share: Double) -> Moment.Span {
    guard count > 0 else { return Moment.Span(microseconds: 0) }
    let rank = max(1, Int((Double(count) * share).rounded(.up)))
    var seen = 0
    for (i, n) in buckets.enumerated() {
      seen += n
      if seen >= rank { return min(largest, Moment.Span(microseconds: Self.upperEdge(i))) }
    }
    return largest
  }

  /// 0, 1, 2, 3 have buckets of their own; from 4 on each doubling has four.
  package static func bucket(_ value: Int64) -> Int {
    guard value >= 4 else { return Int(max(0, value)) }
    let log = 63 - value.leadingZeroBitCount
    let quarter = Int(value >> Int64(log - 2)) & 3
    return min(bucketCount - 1, 4 + (log - 2) * 4 + quarter)
  }

  /// The largest value of a bucket, in microseconds.
  package static func upperEdge(_ bucket: Int) -> Int64 {
    guard bucket >= 4 else { return Int64(bucket) }
    let log = (bucket - 4) / 4
    let quarter = Int64((bucket - 4) % 4)
    return (5 + quarter) << Int64(log) - 1
  }
}

/// Packets and messages a second over the latest seconds of the trace.
package struct RateRing: Sendable, Equatable {
  package static let seconds = 120

  package enum Counted: Int, Sendable, CaseIterable { case packet, message }

  private var counts = [Int](repeating: 0, count: RateRing.seconds * Counted.allCases.count)
  private var latest: Int64 = -1

  /// Times before the window are left out.
  mutating func add(_ what: Counted, at time: Moment) {
    let second = max(0, time.microseconds / 1_000_000)
    if second > latest {
      for gone in max(latest + 1, second - Int64(Self.seconds) + 1)...second {
        for kind in Counted.allCases { counts[slot(gone, kind)] = 0 }
      }
      latest = second
    }
    guard second > latest - Int64(Self.seconds) else { return }
    counts[slot(second, what)] += 1
  }

  private func slot(_ second: Int64, _ what: Counted) -> Int {
    Int(second % Int64(Self.seconds)) * Counted.allCases.count + what.rawValue
  }

  /// Counts by second, oldest first, up to the second of `now`; seconds without any are 0.
  package func series(_ what: Counted, until now: Moment) -> [Int] {
    let end = now.microseconds / 1_000_000
    return (0..<Int64(Self.seconds)).map { back in
      let second = end - Int64(Self.seconds) + 1 + back
      guard second >= 0, second <= latest, second > latest - Int64(Self.seconds) else { return 0 }
      return counts[slot(second, what)]
    }
  }
}
