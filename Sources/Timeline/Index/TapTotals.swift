import Dialogue
import MilterProtocol
import TraceModel

/// Counts of one tap of several.
package struct TapTotals: Sendable {
  package internal(set) var connections = 0
  package internal(set) var messages = 0
  /// REJECT, TEMPFAIL and replies with a code of the milter's.
  package private(set) var refusals = 0
  package private(set) var modifications = 0
  /// Reply times at end of message.
  package private(set) var times = Histogram()

  mutating func add(_ kind: PacketKind, _ placement: Placement) {
    guard case .reply(let reply) = kind else { return }
    switch reply {
    case .reject, .tempfail, .replyCode: refusals += 1
    default: if reply.role == .modification { modifications += 1 }
    }
    if reply.settles, placement.stage == .bodyEOB, let took = placement.took { times.add(took.microseconds) }
  }
}

extension TimelineIndex {
  /// What went through each tap, in the order of ``tapNames``.
  package var tapTotals: [TapTotals] { taps.totals }
}
