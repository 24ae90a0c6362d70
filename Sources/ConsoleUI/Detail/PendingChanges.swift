import Mail
import MilterProtocol
import Timeline
import TraceModel

/// What will change a mail that waits and has not reached the MTA: modifications of the milter's that are held with it, and
/// changes asked for, which are kept and sent only before its final reply.
struct PendingChanges {
  private var changes: [(change: Change, packet: Int, cause: Cause)] = []
  private var held: [MessageContent.AskedModification] = []

  init(ofMessage message: Int, in trace: TraceView) {
    for row in trace.index.rows(ofMessage: message) {
      let remarks = trace.remarks(about: row)
      if let modification = Self.held(row, remarks, in: trace) { held.append(modification) }
      for asked in [Instructed](in: remarks).standing {
        guard case .change(let change)? = asked.instruction else { continue }
        changes.append((change, asked.packet ?? trace.index.number(at: row), asked.cause))
      }
    }
  }

  /// A modification that came and has not left.
  private static func held(
    _ row: Int, _ remarks: [Record], in trace: TraceView
  ) -> MessageContent.AskedModification? {
    guard trace.index[row].sender == .milter,
      case .received(let received)? = trace.index.record(at: row, from: trace.source)?.event,
      !received.forwarded, !remarks.contains(where: \.isDeparture),
      case .reply(.modification(let modification)) = PacketValue(decoding: received.packet)
    else { return nil }
    return .init(modification, packet: received.number)
  }

  var isEmpty: Bool { changes.isEmpty && held.isEmpty }

  /// As they would reach the MTA if the mail were let go now.
  func modifications(of content: MessageContent) -> [MessageContent.AskedModification] {
    let plan = ChangePlan(
      changes.map(\.change), headers: content.headers.map(\.header),
      body: content.bodyIsCut ? nil : content.body)
    let asked = plan.steps.flatMap { step in
      step.modifications.map {
        MessageContent.AskedModification(
          content.keepsLeadingSpace ? $0.withLeadingSpace : $0, packet: changes[step.change].packet,
          author: .ours(changes[step.change].cause))
      }
    }
    return held + asked
  }
}

extension Record {
  /// Whether a packet is gone with it, to where it was meant or to nowhere.
  fileprivate var isDeparture: Bool {
    switch event {
    case .sent, .released: true
    case .opened, .received, .passed, .held, .instructed, .found, .noted, .marked, .closed: false
    }
  }
}
