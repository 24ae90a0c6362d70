import MilterProtocol
import Timeline
import TraceModel

/// In which order Messages lists the mails.
enum MailOrder: CaseIterable {
  /// The newest last, as packets in the Timeline.
  case time
  case size, replyTime, outcome

  /// What comes first, for the bottom line.
  var words: String {
    switch self {
    case .time: "by time, the newest last"
    case .size: "by size, the largest first"
    case .replyTime: "by time to the verdict, the slowest first"
    case .outcome: "by outcome, what went wrong first"
    }
  }

  /// For the headings; empty for the usual order.
  var short: String {
    switch self {
    case .time: ""
    case .size: "by size"
    case .replyTime: "by reply time"
    case .outcome: "by outcome"
    }
  }

  var next: MailOrder {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }

  /// What it goes by, the smallest first.
  func rank(of mail: MessageEntry, in trace: TraceView) -> Int64 {
    switch self {
    case .time: Int64(mail.rows.lowerBound)
    case .size: -Int64(mail.bytes)
    case .replyTime: -(mail.decision?.row.flatMap { trace.index[$0].took }?.microseconds ?? -1)
    case .outcome: Self.rank(of: mail.outcome)
    }
  }

  private static func rank(of outcome: MessageEntry.Outcome) -> Int64 {
    switch outcome {
    case .lost: 0
    case .aborted: 1
    case .tempfailed: 2
    case .rejected: 3
    case .discarded: 4
    case .quarantined: 5
    case .open: 6
    case .accepted: 7
    }
  }
}
