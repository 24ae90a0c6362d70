import Cells
import MilterProtocol
import Timeline
import TraceModel

/// What the Timeline says of a connection that ended without a packet.
struct ConnectionLine {
  let number: Int
  /// Of its end.
  let time: Moment
  let severity: Finding.Severity?
  private let closed: Closed?
  private let peer: String?

  init(_ silent: SilentConnection, _ trace: TraceView) {
    let entry = trace.connections[silent.connection]
    number = entry.number
    time = entry.closedAt ?? entry.openedAt ?? .zero
    severity = entry.severity
    closed = trace.ending(ofConnection: silent.connection)?.closed
    peer = trace.opening(ofConnection: silent.connection)?.peer
  }

  /// In plain letters, for the search.
  var words: String {
    (closed?.words ?? "ended") + "  without a packet" + (peer.map { ", from " + $0 } ?? "")
  }

  var text: DisplayText {
    let all = words
    let end = closed?.words ?? "ended"
    return DisplayText("✕ " + end, style: Style(.warn))
      + DisplayText(String(all.dropFirst(end.count)), style: .dim)
  }
}
