import MilterProtocol
import Timeline

/// Reply times of two traces, as far as they differ by more than chance and the machine of the day.
enum ReplyTimes {
  /// Of fewer replies only what is far apart counts.
  private static let few = 5
  private static let least = Moment.Span.milliseconds(5)
  private static let leastOfFew = Moment.Span.milliseconds(100)

  static func differences(_ first: TimelineStatistics, _ second: TimelineStatistics) -> [Difference] {
    let (a, b) = (first.replyTimes, second.replyTimes)
    return Stage.allCases.compactMap { stage in
      guard let a = a[stage], let b = b[stage], areApart(a, b) else { return nil }
      return Difference(kind: .time, stage: stage, about: nil, first: said(a), second: said(b))
    }
  }

  /// Three quarters of the one took less than half of the time that three quarters of the other took.
  private static func areApart(_ a: Histogram, _ b: Histogram) -> Bool {
    let (fast, slow) = a.percentile(0.5) < b.percentile(0.5) ? (a, b) : (b, a)
    let isFew = min(a.count, b.count) < few
    let (end, start) =
      isFew ? (fast.largest, slow.percentile(0)) : (fast.percentile(0.75), slow.percentile(0.25))
    return end + end < start && end + (isFew ? leastOfFew : least) < start
  }

  private static func said(_ times: Histogram) -> Difference.Said {
    Difference.Said(
      text:
        "half of \(times.count) within \(times.percentile(0.5).words), the slowest \(times.largest.words)",
      packet: nil)
  }
}
