import Cells
import MilterProtocol
import Timeline
import TraceModel

/// What the milters of a chain made of one mail, side by side.
enum MailByTap {
  /// One a milter, as far as there is room; none where a run has but one.
  static func columns(_ trace: TraceView) -> [Column] {
    taps(trace).enumerated().map { place, tap in
      Column(DisplayText(tap), .fixed(columns(tap)), priority: 7 + place)
    }
  }

  private static func columns(_ tap: String) -> Int { min(20, max(16, tap.utf8.count)) }

  /// How much room they want, the blanks before them included.
  static func width(_ trace: TraceView) -> Int { taps(trace).reduce(0) { $0 + columns($1) + 1 } }

  /// Verdict, time and changes at each.
  static func cells(of chain: [Int], _ trace: TraceView) -> [DisplayText] {
    taps(trace).map { tap in
      let name = Array(tap.utf8)
      let own = chain.first { i in
        trace.index.tap(ofConnection: trace.messages[i].connection).map { $0 == name } ?? false
      }
      return own.map { cell($0, trace) } ?? DisplayText("·", style: .dim)
    }
  }

  private static func cell(_ i: Int, _ trace: TraceView) -> DisplayText {
    let message = trace.messages[i]
    var text = DisplayText(
      message.outcome == .accepted ? "ok" : message.outcome.rawValue,
      style: Style(MailOutcome.role(message.outcome)))
    if let took = message.decision?.row.flatMap({ trace.index[$0].took }) {
      text += DisplayText(" " + TimeText.span(took), style: .dim)
    }
    let changes = message.modificationCount
    return changes == 0 ? text : text + DisplayText(" ±\(changes)", style: Style(.changed))
  }

  /// The one by which it ended: the first that did not take it as it was, else the last.
  ///
  /// - Parameter chain: not empty, in the order of the milters.
  static func decisive(of chain: [Int], _ trace: TraceView) -> Int {
    let refusing = chain.first { i in
      switch trace.messages[i].outcome {
      case .rejected, .tempfailed, .discarded, .lost: true
      case .open, .accepted, .quarantined, .aborted: false
      }
    }
    let held = chain.first { trace.messages[$0].outcome == .quarantined }
    return refusing ?? held ?? chain[chain.count - 1]
  }

  /// More would leave no room for the mail.
  private static func taps(_ trace: TraceView) -> ArraySlice<String> {
    let names = trace.index.tapNames
    return names.count > 1 ? names.prefix(6) : []
  }
}
